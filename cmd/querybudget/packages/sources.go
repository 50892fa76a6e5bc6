package packages

import (
	"path"
	"path/filepath"
	"slices"

	"github.com/querybudget/querybudget/cmd/querybudget/source"
)

// Code reads the files of the application.
func (all List) Code() source.Code {
	all = all.once()
	of := make([]source.Code, len(all))
	source.InParallel(len(all), func(i int) { of[i] = all[i].code() })
	return source.Join(of)
}

// once returns each package once.
func (all List) once() (out List) {
	seen := map[string]bool{}
	for _, p := range all {
		if !seen[p.ImportPath] {
			out = append(out, p)
		}
		seen[p.ImportPath] = true
	}
	return out
}

// code reads the files of a package, if it is one of the application.
func (p *Package) code() source.Code {
	found := source.New()
	if p.isVariant() || !p.isOfApplication() {
		return found
	}
	folder := p.ImportPath
	if p.Name == "main" { // which is what a stack has
		folder = path.Join("main", p.folder())
	}
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		found.Read(p.ImportPath, folder+"/"+name, filepath.Join(p.Dir, name), nil)
	}
	if !source.HasMocks(slices.Concat(p.TestImports, p.XTestImports)) {
		clear(found.Mocks)
	}
	return found
}
