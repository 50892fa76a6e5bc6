package packages

import (
	"bufio"
	"fmt"
	"go/build/constraint"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/format"
)

// Tagged says which tests were left out because nobody named their tags: those that need a
// database often have one.
func (all List) Tagged() (say []string) {
	files := map[string][]string{} // by their tags
	for _, p := range all {
		if !p.isOwn() || p.DepOnly || p.isVariant() {
			continue
		}
		for _, name := range p.IgnoredGoFiles {
			if !strings.HasSuffix(name, "_test.go") {
				continue
			}
			if tags := tagsOf(filepath.Join(p.Dir, name)); tags != "" {
				files[tags] = append(files[tags], name)
			}
		}
	}
	for tags, names := range files {
		say = append(say, fmt.Sprintf("%s left out by build constraints: -- -tags %s", format.Plural(len(names), "test file"), tags))
	}
	slices.Sort(say)
	return say
}

// tagsOf returns the tags that a file asks for, with commas between them; "" if it asks for
// none, or is not built for another reason.
func tagsOf(name string) string {
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close() //nolint:errcheck // it is only read
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if constraint.IsGoBuild(line) {
			expr, err := constraint.Parse(line)
			if err != nil {
				return ""
			}
			return strings.Join(wanted(expr), ",")
		}
		if strings.HasPrefix(line, "package ") {
			return ""
		}
	}
	return ""
}

// wanted returns the tags of an expression that is a tag, or all of several.
func wanted(expr constraint.Expr) []string {
	switch e := expr.(type) {
	case *constraint.TagExpr:
		if isOfGo(e.Tag) {
			return nil
		}
		return []string{e.Tag}
	case *constraint.AndExpr:
		return append(wanted(e.X), wanted(e.Y)...)
	}
	return nil // one of several, or one that must not be there
}

// isOfGo reports whether a tag is set by go itself.
func isOfGo(tag string) bool {
	switch tag {
	case "ignore", "cgo", "gc", "gccgo", "race", "msan", "asan", "unix", "linux", "darwin", "windows", "freebsd", "netbsd", "openbsd",
		"dragonfly", "solaris", "illumos", "aix", "plan9", "js", "wasip1", "android", "ios",
		"amd64", "arm64", "arm", "386", "riscv64", "ppc64", "ppc64le", "s390x", "mips", "mipsle", "mips64", "mips64le", "loong64", "wasm":
		return true
	}
	return strings.HasPrefix(tag, "go1.")
}
