package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs/options.md has a table for each struct of options, with each of its fields and none
// that is not there.
func TestOptionsAreDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "options.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(text), "\n## ")[1:]
	for _, section := range sections {
		name, table, _ := strings.Cut(section, "\n")
		pkg, typ, _ := strings.Cut(name, ".")
		documented := map[string]bool{}
		for _, line := range strings.Split(table, "\n") {
			if rest, isRow := strings.CutPrefix(line, "| `"); isRow {
				field, _, _ := strings.Cut(rest, "`")
				documented[field] = true
			}
		}
		fields := fieldsOf(t, folderOf(t, pkg), typ)
		for _, field := range fields {
			if !documented[field] {
				t.Errorf("docs/options.md: %s has no row for %s", name, field)
			}
			delete(documented, field)
		}
		for field := range documented {
			t.Errorf("docs/options.md: %s has no field %s", name, field)
		}
	}
	if len(sections) < 15 {
		t.Errorf("%d structs of options", len(sections))
	}
}

// folderOf finds the package that is imported by a name.
func folderOf(t *testing.T, pkg string) string {
	t.Helper()
	for _, folder := range []string{pkg, "exporters/" + pkg, "budget/" + pkg} {
		if _, err := os.Stat(filepath.Join(root(t), filepath.FromSlash(folder))); err == nil {
			return filepath.Join(root(t), filepath.FromSlash(folder))
		}
	}
	t.Fatalf("there is no package %s", pkg)
	return ""
}

func fieldsOf(t *testing.T, folder, typ string) (out []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != typ {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					for _, name := range f.Names {
						if name.IsExported() {
							out = append(out, name.Name)
						}
					}
				}
			}
			return false
		})
	}
	if len(out) == 0 {
		t.Errorf("%s has no fields", typ)
	}
	return out
}
