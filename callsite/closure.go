package callsite

import "strings"

// namesItsPackage reports whether the package in a function's name is that of its
// source. It is for functions that were declared, F or T.M or (*T).M, and for their
// closures, F.func1.2. A closure that was inlined has the names of both functions,
// as in F.G.func1 or F.(*T).M.func1.2, and with them one that looks like a closure
// of a method T.M: there it cannot be told.
func namesItsPackage(function string) bool {
	dot := packageEnd(function)
	if dot < 0 {
		return false
	}
	name := strings.ReplaceAll(function[dot+1:], "[...]", "")
	if strings.HasPrefix(name, "(") { // (*T).M and its closures
		_, name, _ = strings.Cut(name, ").")
	}
	declared, rest, _ := strings.Cut(name, ".")
	if declared == "" || strings.HasPrefix(rest, "(") {
		return false
	}
	if !strings.Contains(rest, ".") && !isClosureName(rest) {
		return true // T.M
	}
	for part := range strings.SplitSeq(rest, ".") {
		if !isClosureName(part) {
			return false
		}
	}
	return true
}

// isClosureName reports whether a part of a function's name is one that the
// compiler gave: func1, 2, gowrap3, deferwrap4, and with a range body func1-range5.
func isClosureName(part string) bool {
	part, _, _ = strings.Cut(part, "-range")
	for _, prefix := range []string{"func", "gowrap", "deferwrap"} {
		if number, ok := strings.CutPrefix(part, prefix); ok && number != "" {
			part = number
		}
	}
	return strings.Trim(part, "0123456789") == ""
}
