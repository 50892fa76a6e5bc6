package budgettest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
)

// unstable is what changes with every edit of the files of this test.
var unstable = regexp.MustCompile(`_test\.go:\d+|\.func\d+[.\d]*`)

func hide(s string) string {
	if strings.HasPrefix(s, ".func") {
		return ".funcN"
	}
	return "_test.go:N"
}

// The texts of failures, whole. UPDATE_TEXTS=1 writes them, for review.
func TestFailureTexts(t *testing.T) {
	s := newShop(t, 5)
	for name, test := range map[string]func(tb *fakeTB){
		"check": func(tb *fakeTB) {
			budgettest.Check(tb, s.routes(budget.Budget{Queries: 3, Repeats: 1}), get("/bad/authors"))
		},
		"run": func(tb *fakeTB) {
			budgettest.Run(tb, budgettest.Want{Writes: budgettest.AtMost(1), Runs: []string{"INSERT"}, OneTransaction: true}, func(ctx context.Context) {
				_ = s.rename(ctx, 2)
				_ = s.joined(ctx)
			})
		},
		"scale": func(tb *fakeTB) {
			budgettest.Scale(tb, nil, makeShop, func(ctx context.Context, s *shop) error {
				_ = s.joined(ctx)
				return s.slowly(ctx)
			})
		},
		"scale-recursion": func(tb *fakeTB) {
			budgettest.Scale(tb, []int{2, 8, 24}, makeShop, func(ctx context.Context, s *shop) error {
				_ = s.joined(ctx)
				return s.walk(ctx, s.authors)
			})
		},
		"scale-in-all": func(tb *fakeTB) {
			budgettest.Scale(tb, nil, makeShop, func(ctx context.Context, s *shop) error { return s.tables(ctx, s.authors) })
		},
		"golden": func(tb *fakeTB) {
			tb.name = "TestGoldenText"
			r := budgettest.Run(t, budgettest.Want{}, func(ctx context.Context) { _ = s.joined(ctx) })
			budgettest.GoldenFile(tb, filepath.Join("testdata", "texts", "golden-file.txt"), r)
		},
		"twice": func(tb *fakeTB) {
			budgettest.Run(tb, budgettest.Want{}, func(ctx context.Context) {
				const query = "SELECT publisher_id FROM authors WHERE id = ?"
				_, _ = s.ints(ctx, query, 1)
				_, _ = s.ints(ctx, query, 1)
			})
		},
		"nothing": func(tb *fakeTB) {
			budgettest.Check(tb, s.routes(budget.Budget{Queries: 3}), get("/lost"))
		},
		"many-loops": func(tb *fakeTB) {
			budgettest.Run(tb, budgettest.Want{}, func(ctx context.Context) {
				for i := range 8 {
					ids, _ := s.ints(ctx, "SELECT id FROM authors WHERE publisher_id = ?", i)
					for _, id := range ids {
						_, _ = s.ints(ctx, fmt.Sprintf("SELECT id FROM t%d WHERE author_id = ?", i), id)
					}
				}
			})
		},
		"a-lot": func(tb *fakeTB) {
			budgettest.Run(tb, budgettest.Want{Hints: true, Writes: budgettest.AtMost(3)}, func(ctx context.Context) {
				for i := range 50 {
					_, _ = s.db.ExecContext(ctx, fmt.Sprintf("UPDATE t%d SET %s = 1", i, strings.Repeat("long_", 100)))
					_, _ = s.ints(ctx, fmt.Sprintf("SELECT * FROM t%d", i))
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := try(t, func(tb *fakeTB) {
				tb.name = "TestSomething"
				test(tb)
			})
			got := unstable.ReplaceAllStringFunc(f.text.String(), hide)
			if lines := strings.Count(got, "\n"); lines == 0 || lines > 40 || strings.Contains(got, "\x1b") {
				t.Errorf("%d lines, and a screen has 40; or colours:\n%s", lines, got)
			}
			file := filepath.Join("testdata", "texts", name+".txt")
			if os.Getenv("UPDATE_TEXTS") != "" {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Verify tells the same as an error.
func TestVerify(t *testing.T) {
	s := newShop(t, 5)
	ctx, r := budget.NewContext(t.Context())
	_ = s.joined(ctx)
	if err := (budgettest.Want{Queries: budgettest.Exactly(1)}).Verify(r.Report()); err != nil {
		t.Error(err)
	}
	if err := (budgettest.Want{}).Verify(nil); err == nil {
		t.Error("a nil report is as wanted")
	}
	err := budgettest.Want{Queries: budgettest.Exactly(2)}.Verify(r.Report())
	if err == nil || !strings.HasPrefix(err.Error(), "budgettest: the code is not as wanted:\n  queries  exactly 2 wanted, 1 seen\n") {
		t.Errorf("got %v", err)
	}
}

func TestCountString(t *testing.T) {
	for want, c := range map[string]budgettest.Count{
		"any": {}, "exactly 0": budgettest.Exactly(0), "exactly 3": budgettest.Exactly(3), "2 to 4": budgettest.Between(2, 4),
		"at most 3": budgettest.AtMost(3), "at least 1": budgettest.AtLeast(1),
	} {
		if c.String() != want {
			t.Errorf("got %q, want %q", c, want)
		}
	}
}
