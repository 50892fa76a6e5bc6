package source

import (
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"testing"
)

// Functions that are named for tests are test code unless something else mentions them: an interface only
// says that there is one.
func TestNamesForTests(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "", `package shop

type Store interface {
	TestingAll(ctx context.Context) []Row
	Books() []Row
}

func (s *store) TestingAll(ctx context.Context) []Row { return s.TestingRows(ctx) }

func (s *store) TestingRows(ctx context.Context) []Row { return nil }

func CreateUsersForTest() {}

func ReagentsForTest() {}

func Testing() {}

func Testings() {}

func plan() { ReagentsForTest() }
`, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := NewNamesForTests()
	names.read(file)
	if got := slices.Sorted(maps.Keys(names.Unused())); !slices.Equal(got, []string{"CreateUsersForTest", "TestingAll", "TestingRows"}) {
		t.Errorf("got %v", got)
	}
}
