package callsite

import (
	"path"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
)

// A function's full name starts with its import path, and the name of its file
// with a folder of the machine that built the program. So packages and files
// are told by the function's name, with one exception: a closure of a function
// that was inlined is named after the function it was inlined into, in another
// package. There the file decides.

// packageOf returns the import path of the source of a function.
func packageOf(function, file string) string {
	pkg := importPath(function)
	if isPlain(function) {
		return pkg
	}
	dir := path.Dir(file)
	// A downloaded toolchain lies in the module cache, so this comes first.
	if rel, ok := strings.CutPrefix(dir, standardRoot()); ok && within(rel, internalPackages) {
		return rel
	}
	if strings.Contains(dir, "@") {
		return modulePackage(dir)
	}
	return pkg
}

// importPath returns the import path in a function's full name.
func importPath(function string) string {
	dot := packageEnd(function)
	if dot < 0 {
		return function
	}
	// The linker writes dots in the last element as %2e.
	return strings.ReplaceAll(function[:dot], "%2e", ".")
}

// packageEnd returns the index of the dot behind the import path, or -1.
func packageEnd(function string) int {
	// The slash in a type argument is none of the path.
	path, _, _ := strings.Cut(function, "[")
	slash := strings.LastIndexByte(path, '/') + 1
	dot := strings.IndexByte(path[slash:], '.')
	if dot < 0 {
		return -1
	}
	return slash + dot
}

// isPlain reports whether a function is one that was declared, F or T.M or
// (*T).M, and no closure: those are F.func1, or F.T.M.1 after inlining.
func isPlain(function string) bool {
	dot := packageEnd(function)
	if dot < 0 {
		return false
	}
	name := function[dot+1:]
	if open := strings.IndexByte(name, '['); open >= 0 {
		name = name[:open] + name[strings.LastIndexByte(name, ']')+1:]
	}
	receiver, method, isMethod := strings.Cut(name, ".")
	if !isMethod {
		return true
	}
	closure := strings.HasPrefix(method, "func") || strings.HasPrefix(method, "gowrap") ||
		strings.ContainsAny(method, ".0123456789")
	return receiver != "" && !closure
}

// modulePackage returns the import path of a folder in the module cache:
// /home/me/go/pkg/mod/github.com/!data/x@v1.2.3/y is github.com/Data/x/y.
func modulePackage(dir string) string {
	if i := strings.LastIndex(dir, "/pkg/mod/"); i >= 0 {
		dir = dir[i+len("/pkg/mod/"):]
	}
	module, rest, _ := strings.Cut(dir, "@")
	if _, below, ok := strings.Cut(rest, "/"); ok {
		module += "/" + below
	}
	for i := strings.IndexByte(module, '!'); i >= 0 && i+1 < len(module); i = strings.IndexByte(module, '!') {
		module = module[:i] + strings.ToUpper(module[i+1:i+2]) + module[i+2:]
	}
	return module
}

// standardRoot is the folder of the standard library's sources, with a slash
// behind it; empty in a program that was built with -trimpath.
var standardRoot = sync.OnceValue(func() string {
	file, _ := runtime.FuncForPC(
		reflect.ValueOf(strings.Cut).Pointer(),
	).FileLine(
		reflect.ValueOf(strings.Cut).Pointer(),
	)
	root, ok := strings.CutSuffix(file, "strings/strings.go")
	if !ok {
		return "?" // no file is below it
	}
	return root
})

// moduleRoot finds the folder of the program's module by a frame whose package
// is certain.
func moduleRoot(frames []runtime.Frame) string {
	for _, f := range frames {
		if !isPlain(f.Function) {
			continue
		}
		rel, ok := inModule(programPackage(f.Function, f.File))
		if !ok {
			continue
		}
		dir := path.Dir(f.File)
		if rel == "" {
			return dir
		}
		if root, ok := strings.CutSuffix(dir, "/"+rel); ok {
			return root
		}
	}
	return ""
}

// moduleFile names a source file by the import path of its package and its base
// name, relative to the program's module.
func moduleFile(function, file string) string {
	if file == "" {
		return ""
	}
	pkg := programPackage(function, file)
	if rel, ok := inModule(pkg); ok {
		pkg = rel
	}
	// Either separator: the path is one of the machine that built the program.
	return path.Join(pkg, file[strings.LastIndexAny(file, `/\`)+1:])
}

// programPackage is packageOf with the import paths of main and of external
// tests, which a function's name does not tell.
func programPackage(function, file string) string {
	pkg := packageOf(function, file)
	if strings.HasSuffix(file, "_test.go") {
		pkg = strings.TrimSuffix(pkg, "_test")
	}
	if pkg == "main" {
		return program().main
	}
	return pkg
}

// inModule returns the path of a package in the program's module.
func inModule(pkg string) (rel string, ok bool) {
	module := program().module
	if module == "" || pkg == "" {
		return "", false
	}
	rel, ok = strings.CutPrefix(pkg, module)
	if !ok || rel != "" && rel[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rel, "/"), true
}

type programInfo struct{ module, main string }

// program says which module the running program is of, and the import path of
// its main package. Both are empty for "go run file.go".
var program = sync.OnceValue(func() programInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return programInfo{}
	}
	p := programInfo{module: info.Main.Path, main: info.Path}
	if p.main == "command-line-arguments" {
		p.main = ""
	}
	return p
})
