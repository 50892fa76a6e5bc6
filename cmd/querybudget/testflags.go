package main

import "strings"

// howTestsRun are flags of go test that say how tests run, and not what they do: one test shows a
// finding without them. True for those with a value.
var howTestsRun = map[string]bool{
	"run": true, "skip": true, "count": true, "p": true, "parallel": true, "timeout": true, "shuffle": true, "list": true, "cpu": true,
	"v": false, "json": false, "failfast": false, "x": false, "n": false, "a": false, "work": false, "fullpath": false, "artifacts": false,
	"cover": false, "covermode": true, "coverpkg": true, "coverprofile": true, "vet": true, "o": true, "outputdir": true, "C": true,
	"bench": true, "benchtime": true, "benchmem": false, "cpuprofile": true, "memprofile": true, "memprofilerate": true, "trace": true,
	"blockprofile": true, "blockprofilerate": true, "mutexprofile": true, "mutexprofilefraction": true, "fuzz": true, "fuzztime": true, "fuzzminimizetime": true,
}

// buildTakes are flags with a value that say how a test is built.
var buildTakes = map[string]bool{
	"tags": true, "mod": true, "modfile": true, "ldflags": true, "gcflags": true, "asmflags": true, "gccgoflags": true, "exec": true,
	"toolexec": true, "pkgdir": true, "overlay": true, "buildmode": true, "compiler": true, "installsuffix": true,
}

// buildSwitches are those without one.
var buildSwitches = map[string]bool{"race": true, "msan": true, "asan": true, "short": true, "trimpath": true, "linkshared": true, "modcacherw": true, "buildvcs": true, "benchmem": true}

// knowsAll reports whether the command go knows all flags: packages may stand behind those.
func knowsAll(flags []string) bool {
	for _, f := range flags {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimLeft(f, "-"), "test."), "=")
		if _, known := howTestsRun[name]; strings.HasPrefix(f, "-") && !known && !buildTakes[name] && !buildSwitches[name] && name != "args" {
			return false
		}
	}
	return true
}

// needed returns the flags without which a test may not be built, or does something else: tags,
// and those of the test's own.
func needed(flags []string) (rest []string) {
	for i := 0; i < len(flags); i++ {
		if flags[i] == "-args" || flags[i] == "--args" {
			return append(rest, flags[i:]...)
		}
		name, _, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimLeft(flags[i], "-"), "test."), "=")
		takesValue, known := howTestsRun[name]
		switch {
		case !strings.HasPrefix(flags[i], "-"):
			rest = append(rest, flags[i])
		case !known:
			rest = append(rest, flags[i])
			if buildTakes[name] && !hasValue && i+1 < len(flags) {
				i++
				rest = append(rest, flags[i])
			}
		case takesValue && !hasValue:
			i++
		}
	}
	return rest
}
