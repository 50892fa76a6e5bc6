package packages

import (
	"path/filepath"
	"slices"

	"github.com/querybudget/querybudget/cmd/querybudget/source"
)

// TestCode names what is test code outside of test files: packages that serve tests, and in
// others the files and functions that do. The whole
// application has more packages than those that are tested.
func (all List) TestCode(whole List) []string {
	names, forTests := all.testOnly(whole), all.NamedForTests()
	for _, p := range all { // their folders in the module, as call sites have them
		if p.Module == nil {
			continue
		}
		if folder := p.folder(); folder != "" && slices.Contains(names, p.ImportPath) {
			names = append(names, folder)
		}
	}
	for _, p := range all {
		if p.isVariant() || !p.isOwn() || slices.Contains(names, p.ImportPath) {
			continue
		}
		for _, name := range p.GoFiles {
			names = append(names, source.TestCodeOf(p.ImportPath, filepath.Join(p.Dir, name), forTests)...)
		}
	}
	return names
}

// NamedForTests returns the names of functions that are named for tests, and that nothing else of the application
// mentions.
func (all List) NamedForTests() map[string]bool {
	names := source.NewNamesForTests()
	for _, p := range all {
		if p.isVariant() || !p.isOwn() {
			continue
		}
		for _, name := range p.GoFiles {
			names.Read(filepath.Join(p.Dir, name))
		}
	}
	return names.Unused()
}
