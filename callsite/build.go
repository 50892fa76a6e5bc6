package callsite

import (
	"path"
	"runtime/debug"
	"strings"
	"sync"
)

// build is what the program's build information says of its modules. It is nearly
// nothing for some builders (Bazel), who leave no information, and without modules.
type build struct {
	main    string // the path of the main module: empty for "go run file.go"
	command string // the import path of package main, where it has one
	modules map[string]module
	// downloads are the paths of modules by "path@version", the name of a folder in
	// the module cache. A module that is replaced lies in the folder of another.
	downloads map[string]string
	// folders are where replacements lie, absolute or relative to the main module.
	folders []root
}

// module is one of the program's modules.
type module struct {
	// application is set for the main module and for those whose source is not
	// fetched: siblings in a workspace, and replacements by a folder.
	application bool
}

// thisBuild is that of the running program, which does not change.
var thisBuild = sync.OnceValue(func() *build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return newBuild(info)
})

func newBuild(info *debug.BuildInfo) *build {
	b := &build{
		main: info.Main.Path, command: info.Path, modules: map[string]module{}, downloads: map[string]string{},
	}
	if b.command == filesOnCommandLine {
		b.command = ""
	}
	for _, dep := range info.Deps {
		m, source := module{application: dep.Version == develVersion}, dep
		if dep.Replace != nil {
			source = dep.Replace
			m.application = isFolder(source.Path)
		}
		if m.application && dep.Replace != nil {
			b.folders = append(b.folders, root{dep.Path, strings.ReplaceAll(source.Path, `\`, "/")})
		}
		b.modules[dep.Path] = m
		b.downloads[dep.Path+"@"+dep.Version] = dep.Path
		b.downloads[source.Path+"@"+source.Version] = dep.Path
	}
	if b.main != "" {
		b.modules[b.main] = module{application: true}
		b.downloads[b.main+"@"+info.Main.Version] = b.main
	}
	return b
}

const (
	// filesOnCommandLine is the import path of what "go run file.go" compiles.
	filesOnCommandLine = "command-line-arguments"
	// develVersion is that of a module whose source was not fetched.
	develVersion = "(devel)"
)

// isFolder tells a replacement by a folder from one by another module, whose path
// has a dot in its first element, which is not the first character.
func isFolder(replacement string) bool {
	return strings.HasPrefix(replacement, ".") || path.IsAbs(replacement) ||
		strings.ContainsAny(replacement, `:\`) // of Windows
}

// knowsModules reports whether a package of none of the modules can only be the
// main module's or the standard library's.
func (b *build) knowsModules() bool { return len(b.modules) > 0 }

// moduleOf returns the module of a package: the longest path that contains it.
func (b *build) moduleOf(pkg string) (string, module, bool) {
	for p := pkg; p != ""; {
		if m, ok := b.modules[p]; ok {
			return p, m, true
		}
		p = p[:max(0, strings.LastIndexByte(p, '/'))]
	}
	return "", module{}, false
}

// inMain returns the path of a package below the main module.
func (b *build) inMain(pkg string) (rel string, ok bool) {
	if m, _, found := b.moduleOf(pkg); !found || m != b.main {
		return "", false
	}
	return strings.TrimPrefix(pkg[len(b.main):], "/"), true
}

// isStandard reports whether a package is the standard library's: its path has no
// dot in the first element, and no module of the program contains it.
func (b *build) isStandard(pkg, file string) bool {
	if isCommand(pkg) || hasDomain(pkg) {
		return false
	}
	if _, _, ok := b.moduleOf(pkg); ok {
		return false
	}
	if b.main != "" || within(pkg, callingStandard) {
		return true
	}
	// The main module's path is not known, and may have no dot either.
	root := standardRoot()
	return root != "" && strings.HasPrefix(file, root)
}

// isCommand reports whether pkg is a package main, or was given by its files.
func isCommand(pkg string) bool {
	return pkg == "main" || pkg == filesOnCommandLine
}

// hasDomain reports whether an import path starts with a domain, as those of all
// modules that can be fetched do.
func hasDomain(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return strings.Contains(first, ".")
}
