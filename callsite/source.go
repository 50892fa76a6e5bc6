package callsite

import (
	"path"
	"reflect"
	"runtime"
	"strings"
	"sync"
)

// A function's full name starts with its import path, and the name of its file
// with a folder of the machine that built the program. So packages are told by the
// function's name, with one exception: up to Go 1.26 a closure of a function that
// was inlined is named after the function it was inlined into, which may be of
// another package. There the file decides, if it can be said whose it is.

// sources says where the modules lie that were compiled into the program.
type sources struct {
	*build
	roots []root
}

// root is the folder of a module.
type root struct{ module, folder string }

// newSources finds the folders by frames whose package is certain.
func newSources(b *build, frames []runtime.Frame) sources {
	s := sources{build: b}
	for _, f := range frames {
		// A template's file, named by a comment, need not lie with its package.
		if !namesItsPackage(f.Function) || !strings.HasSuffix(f.File, ".go") {
			continue
		}
		pkg := s.declared(f.Function, f.File)
		name, m, ok := b.moduleOf(pkg)
		dir := path.Dir(f.File)
		if !ok || !m.application || s.folderOf(name) != "" || strings.Contains(dir, vendorFolder) {
			continue
		}
		if folder, ok := strings.CutSuffix(dir+"/", strings.TrimPrefix(pkg+"/", name)); ok {
			s.roots = append(s.roots, root{name, folder})
		}
	}
	main := s.folderOf(b.main)
	for _, r := range b.folders {
		if !isAbsolute(r.folder) && main != "" {
			r.folder = path.Join(main, r.folder)
		}
		s.roots = append(s.roots, r)
	}
	s.roots = append(s.roots, root{strings.TrimSuffix(thisModule, "/"), thisFolder()})
	return s
}

const vendorFolder = "/vendor/"

func isAbsolute(file string) bool { return path.IsAbs(file) || strings.Contains(file, ":") }

// isApplication reports whether a package that is not the standard library's is the
// application's.
func (s sources) isApplication(pkg, file string) bool {
	if isCommand(pkg) {
		return true
	}
	if _, m, ok := s.moduleOf(pkg); ok {
		return m.application
	}
	// Without a main module, its packages are those of no other module.
	return s.main == "" && !within(pkg, knownLibraries) && !s.isFetched(path.Dir(file))
}

// folderOf returns the folder of a module, empty if it is not known.
func (s sources) folderOf(module string) string {
	for _, r := range s.roots {
		if r.module == module {
			return r.folder
		}
	}
	return ""
}

// packageOf returns the import path of the source of a function.
func (s sources) packageOf(function, file string) string {
	if !namesItsPackage(function) {
		if pkg := s.packageOfFolder(path.Dir(file)); pkg != "" {
			return pkg
		}
	}
	return s.declared(function, file)
}

// declared returns the import path that a function's name tells, and those of main
// and of external tests, which it does not tell.
func (s sources) declared(function, file string) string {
	pkg := importPath(function)
	if strings.HasSuffix(file, "_test.go") {
		pkg = strings.TrimSuffix(pkg, "_test")
	}
	if pkg == "main" && s.command != "" {
		return s.command
	}
	return pkg
}

// packageOfFolder returns the import path of a folder of source files, empty if it
// cannot be said.
func (s sources) packageOfFolder(dir string) string {
	// A downloaded toolchain lies in the module cache, so this comes first.
	if rel, ok := strings.CutPrefix(dir, standardRoot()); ok && standardRoot() != "" {
		return rel
	}
	if pkg := s.vendored(dir); pkg != "" {
		return pkg
	}
	if pkg := s.downloaded(dir); pkg != "" {
		return pkg
	}
	if pkg := s.belowRoot(dir); pkg != "" {
		return pkg
	}
	// With -trimpath, folders are named by import paths.
	if _, _, ok := s.moduleOf(dir); ok || s.main != "" && s.isStandard(dir, "") && !isAbsolute(dir) && dir[0] != '.' {
		return dir
	}
	return ""
}

// isFetched reports whether a folder has a name that those of other people's modules
// have. It is for builders that do not tell the modules.
func (s sources) isFetched(dir string) bool {
	const bazelModules = "external/"
	return strings.HasPrefix(dir, bazelModules) || s.vendored(dir) != "" || s.downloaded(dir) != ""
}

// vendored returns the import path of a folder below a folder "vendor".
func (s sources) vendored(dir string) string {
	i := strings.LastIndex(dir, vendorFolder)
	if i < 0 {
		return ""
	}
	pkg := dir[i+len(vendorFolder):]
	if _, _, ok := s.moduleOf(pkg); ok || !s.knowsModules() && hasDomain(pkg) {
		return pkg
	}
	return ""
}

// downloaded returns the import path of a folder in the module cache, where
// github.com/Data/x/y is in .../github.com/!data/x@v1.2.3/y.
func (s sources) downloaded(dir string) string {
	before, after, ok := strings.Cut(dir, "@v")
	if !ok {
		return ""
	}
	version, below, _ := strings.Cut(after, "/")
	name, version := unescape(before), "v"+unescape(version)
	if below != "" {
		below = "/" + below
	}
	// Where the cache is cannot be known: the longest path that is a module's.
	for p := name; ; {
		if module, ok := s.downloads[p+"@"+version]; ok {
			return module + below
		}
		_, rest, ok := strings.Cut(p, "/")
		if !ok {
			break
		}
		p = rest
	}
	if i := strings.LastIndex(name, "/pkg/mod/"); i >= 0 {
		name = name[i+len("/pkg/mod/"):]
	}
	if hasDomain(name) {
		return name + below
	}
	return ""
}

// unescape undoes the module cache's writing of capitals: "!data" is "Data".
func unescape(s string) string {
	for i := strings.IndexByte(s, '!'); i >= 0 && i+1 < len(s); i = strings.IndexByte(s, '!') {
		s = s[:i] + strings.ToUpper(s[i+1:i+2]) + s[i+2:]
	}
	return s
}

// belowRoot returns the import path of a folder below the nearest module's.
func (s sources) belowRoot(dir string) string {
	var nearest root
	for _, r := range s.roots {
		if within(dir, []string{r.folder}) && len(r.folder) > len(nearest.folder) {
			nearest = r
		}
	}
	if nearest.folder == "" {
		return ""
	}
	return nearest.module + dir[len(nearest.folder):]
}

// frame names a frame. Its file is named by the import path of its package, relative
// to the main module; where a comment says that the source is another file, such as
// a template's, by the folder of the main module.
func (s sources) frame(c *call) Frame {
	out := Frame{Function: c.Function, Line: c.Line}
	if c.File == "" {
		return out
	}
	pkg := c.pkg
	if rel, ok := s.inMain(pkg); ok {
		pkg = rel
		below, ok := strings.CutPrefix(c.File, s.folderOf(s.main)+"/")
		if ok && len(below) < len(c.File)-1 && !strings.Contains(c.File, vendorFolder) {
			out.File = below
			return out
		}
	}
	if isCommand(pkg) {
		pkg = ""
	}
	// Either separator: the path is one of the machine that built the program.
	out.File = path.Join(pkg, c.File[strings.LastIndexAny(c.File, `/\`)+1:])
	return out
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

// standardRoot is the folder of the standard library's sources, with a slash
// behind it; empty in a program that was built with -trimpath.
var standardRoot = sync.OnceValue(func() string {
	root, ok := strings.CutSuffix(fileOf(strings.Cut), "strings/strings.go")
	if !ok {
		return ""
	}
	return root
})

// thisFolder is the folder of this module's sources.
var thisFolder = sync.OnceValue(func() string {
	return path.Dir(path.Dir(fileOf(fileOf)))
})

func fileOf(function any) string {
	pc := reflect.ValueOf(function).Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	return file
}
