package budgettest_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/statement"
)

// forged begins a line that go test would print, clears it, and turns the rest around.
const forged = "x\n--- PASS: TestAll (0.00s)\r\x1b[2K\u202e\u2028\u009b\xff"

// Names are whatever the application or its users make them. None of them begins a line
// or moves the cursor, in no text of this package.
func TestNamesForgeNoText(t *testing.T) {
	hasher := statement.NewHasher()
	reader := statement.NewReader(statement.PostgreSQL, hasher, 2048)
	database := budget.NewDatabase(budget.DatabaseOptions{Name: "db" + forged})
	ask := func(ctx context.Context, text string, arguments ...any) {
		st := reader.Read(text)
		call := budget.Call{Database: database, Statement: st}
		for _, a := range arguments {
			call.Arguments.Add(st, hasher, a)
		}
		call.Arguments.End(st)
		x, err := budget.FromContext(ctx).Start(call)
		if err != nil {
			t.Logf("refused: %v", err)
			return
		}
		x.Open()
		x.Close(1, nil)
	}
	loop := func(ctx context.Context) {
		for i := range 5 {
			ask(ctx, `SELECT "a`+forged+`" FROM "t`+forged+`" WHERE id = $1`, i)
			ask(ctx, `UPDATE "t`+forged+`" SET a = 1`)
		}
	}
	for name, test := range map[string]func(tb *fakeTB){
		"run": func(tb *fakeTB) {
			budgettest.Run(tb, budgettest.Want{
				Budget: budget.Budget{Queries: 1}, Writes: budgettest.AtMost(1), Never: []string{"t"}, Runs: []string{forged},
				Tables: []string{}, OneTransaction: true,
				Allow: []budget.Allowance{{Kind: budget.NPlusOne, Max: 1, Reason: forged}},
			}, loop)
		},
		"scale": func(tb *fakeTB) {
			budgettest.Scale(tb, nil, func(_ budgettest.TB, n int) (int, error) { return n, nil }, func(ctx context.Context, n int) error {
				for i := range n {
					ask(ctx, `SELECT "a`+forged+`" FROM "t`+forged+`" WHERE id = $1`, i)
				}
				return nil
			})
		},
		"golden": func(tb *fakeTB) {
			ctx, r := budget.NewContext(t.Context())
			loop(ctx)
			budgettest.GoldenFile(tb, filepath.Join("testdata", "texts", "golden-file.txt"), r.Report())
		},
		"context": func(tb *fakeTB) {
			loop(budgettest.Context(tb))
		},
	} {
		t.Run(name, func(t *testing.T) {
			tb := try(t, func(tb *fakeTB) {
				tb.name = "Test" + forged
				test(tb)
			})
			text := tb.text.String() + tb.logged.String()
			if !strings.Contains(text, "--- PASS") || !utf8.ValidString(text) {
				t.Errorf("the name is not in\n%s", text)
			}
			for _, r := range text {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Fatalf("%q in\n%s", r, text)
				}
			}
			for line := range strings.Lines(text) {
				if strings.HasPrefix(strings.TrimSpace(line), "--- PASS") {
					t.Errorf("a line is forged in\n%s", text)
				}
			}
		})
	}
}
