package callsite

import (
	"path"
	"slices"
	"strings"
)

// StableName shortens the function's full name to "store.(*Store).List", in a way that
// stays the same when the code around it changes: for files that people keep. A closure
// takes the name of the function around it, and the package from its file: its own
// name changes with the code, and with what the compiler inlines where. Of
// store.List.func1, inlined into main.handler, that name is main.handler.List.func1.
func (f Frame) StableName() string {
	name := strings.ReplaceAll(f.Function[strings.LastIndexByte(f.Function, '/')+1:], "[...]", "")
	pkg, function, _ := strings.Cut(name, ".")
	function, _, isLoop := strings.Cut(function, "-range")
	parts := strings.Split(function, ".")
	closure := slices.IndexFunc(parts, isClosure)
	switch {
	case closure < 0 && !isLoop:
		return name
	case closure >= 0:
		parts = parts[:closure]
	}
	if dir := path.Base(path.Dir(f.File)); dir != "." {
		pkg = dir
	}
	// A type without a pointer cannot be told from a function around an inlined one.
	last := len(parts) - 1
	if last > 0 && strings.HasPrefix(parts[last-1], "(*") {
		return pkg + "." + parts[last-1] + "." + parts[last]
	}
	if last < 0 {
		return pkg
	}
	return pkg + "." + parts[last]
}

// Package is the import path of the function's package: "example.com/shop/store" of
// "example.com/shop/store.(*Books).List". It is empty where no function is known.
func (f Frame) Package() string { return importPath(f.Function) }

// isClosure reports whether a part of a function's name is the compiler's: func1,
// gowrap2, deferwrap1, 3, or List-range1 of a loop over a function.
func isClosure(part string) bool {
	for _, prefix := range []string{"func", "gowrap", "deferwrap", ""} {
		if rest, ok := strings.CutPrefix(part, prefix); ok && rest != "" && strings.Trim(rest, "0123456789") == "" {
			return true
		}
	}
	return false
}
