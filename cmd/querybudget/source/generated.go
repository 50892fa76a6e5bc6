package source

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// IsGenerated reports whether a file says so, in Go's words for it or in others, or by the endings that
// generators without words use.
func IsGenerated(dir, name string) bool {
	for _, ending := range []string{".gen.go", "_gen.go", ".generated.go", "_generated.go"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
	return err == nil && (ast.IsGenerated(file) || saysGenerated(file))
}

// saysGenerated reports whether a line of the comments before the package clause says that a file was
// generated, and that line or the next ends with not to edit it.
func saysGenerated(file *ast.File) bool {
	isSaid := false
	for _, c := range file.Comments {
		if c.End() >= file.Package {
			break
		}
		for line := range strings.Lines(strings.ToLower(c.Text())) {
			says := strings.Contains(line, "generated")
			if (says || isSaid) && strings.HasSuffix(strings.Trim(line, ". \n"), "do not edit") {
				return true
			}
			isSaid = says
		}
	}
	return false
}
