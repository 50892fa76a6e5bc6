package explain_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/statement"
)

// loopReport is the report of a loop over authors on SQLite, with arguments of a kind.
func loopReport(t *testing.T, text string, args func(i int) []any) (*budget.Report, *budget.Finding) {
	t.Helper()
	ctx, r := budget.NewContext(context.Background())
	d := budget.NewDatabase(budget.DatabaseOptions{System: "sqlite"})
	hasher := statement.NewHasher()
	reader := statement.NewReader(statement.SQLite, hasher, 2048)
	for i := range 6 {
		st := reader.Read(text)
		call := budget.Call{Database: d, Statement: st}
		if values := args(i); values != nil {
			call.Detail = &budget.CallDetail{SQL: text, Values: values}
			for _, v := range values {
				call.Arguments.Add(st, hasher, v)
			}
		} else {
			call.Arguments.Add(st, hasher, i)
		}
		call.Arguments.End(st)
		x, err := budget.FromContext(ctx).Start(call)
		if err != nil {
			t.Fatal(err)
		}
		x.Close(1, nil)
	}
	report := r.Report()
	if len(report.Findings) != 1 || report.Findings[0].Kind != budget.NPlusOne {
		t.Fatalf("%+v", report.Findings)
	}
	return report, &report.Findings[0]
}

// What a loop reads beside its writes is proven as an n+1 is.
func TestRepairOfReadsBesideWrites(t *testing.T) {
	report, reads := loopReport(t, titles, keys)
	both := *reads
	both.Kind, both.Shape, both.Reads = budget.WriteLoop, "UPDATE authors SET n = ? WHERE id = ?", reads
	got, err := explain.Repair(t.Context(), loopShop(rowsOf("t", "t", "t", "t", "t", "t")...), report, &both)
	if err != nil || !got.Same || got.Queries != 6 {
		t.Errorf("%+v, %v", got, err)
	}
	both.Reads = nil
	if _, err := explain.Repair(t.Context(), loopShop(), report, &both); err == nil || !strings.Contains(err.Error(), "this write-loop") {
		t.Errorf("of writes alone: %v", err)
	}
}

const titles = "SELECT title FROM books WHERE author_id = ?"

func keys(i int) []any { return []any{i} }

// loopShop answers each query of a loop with one row, and the one query with some.
func loopShop(batch ...[]any) fake {
	f := sqliteShop("SEARCH books USING INDEX i (author_id=?)")
	f.answers["BEGIN"], f.answers["ROLLBACK"], f.answers["SELECT 1"] = answer{}, answer{}, one(1)
	f.answers[titles] = answer{columns: []string{"title"}, rows: [][]any{{"t"}}}
	f.answers["SELECT title, author_id FROM books WHERE author_id IN (?, ?, ?, ?, ?, ?)"] = answer{columns: []string{"title", "author_id"}, rows: batch}
	return f
}

func rowsOf(titles ...string) (out [][]any) {
	for i, t := range titles {
		out = append(out, []any{[]byte(t), i})
	}
	return out
}

func TestRepair(t *testing.T) {
	report, finding := loopReport(t, titles, keys)
	for _, test := range []struct {
		name  string
		batch [][]any
		same  bool
		text  string
	}{
		{"the same rows", rowsOf("t", "t", "t", "t", "t", "t"), true, "one query gives the same 6 rows: "},
		{"a row that is another one", rowsOf("t", "t", "t", "t", "t", "u"), false, "of the 6 rows of the loop it lacks 1, and has 1 others"},
		{"a row twice", rowsOf("t", "t", "t", "t", "t", "t", "t"), false, "it lacks 0, and has 1 others"},
		{"no rows", nil, false, "it lacks 6, and has 0 others"},
	} {
		t.Run(test.name, func(t *testing.T) {
			planner := loopShop(test.batch...)
			proof, err := explain.Repair(t.Context(), planner, report, finding)
			if err != nil {
				t.Fatal(err)
			}
			if proof.Same != test.same || !strings.Contains(proof.String(), test.text) || proof.Queries != 6 {
				t.Errorf("%+v: %v", proof, proof)
			}
			if last := (*planner.sent)[len(*planner.sent)-1]; last != "ROLLBACK" {
				t.Errorf("the last statement is %s", last)
			}
		})
	}
}

// No rows on both sides prove nothing.
func TestRepairOfNothing(t *testing.T) {
	report, finding := loopReport(t, titles, keys)
	planner := loopShop()
	planner.answers[titles] = answer{columns: []string{"title"}}
	proof, err := explain.Repair(t.Context(), planner, report, finding)
	if err != nil || proof.Same || !strings.Contains(proof.String(), "proves nothing") {
		t.Errorf("%v, %v", proof, err)
	}
}

func TestRepairSaysWhatIsMissing(t *testing.T) {
	for _, test := range []struct {
		name, text string
		args       func(int) []any
		want       string
	}{
		{"no arguments", titles, func(int) []any { return nil }, "Arguments: true"},
		{"a long argument", titles, func(i int) []any { return []any{strings.Repeat("x", 256) + string(rune('a'+i))} }, "not kept whole"},
		{"other arguments", "SELECT title FROM books WHERE author_id = ? AND tenant = ?", func(i int) []any { return []any{i, i} }, "no one query is right for sure"},
	} {
		t.Run(test.name, func(t *testing.T) {
			report, finding := loopReport(t, test.text, test.args)
			_, err := explain.Repair(t.Context(), loopShop(), report, finding)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
	report, finding := loopReport(t, titles, keys)
	if _, err := explain.Repair(t.Context(), nil, report, finding); err == nil {
		t.Error("no error without a Planner")
	}
	if _, err := explain.Repair(t.Context(), loopShop(), report, &budget.Finding{Kind: budget.Slow}); err == nil {
		t.Error("no error of another kind of finding")
	}
}

// What a loop reads with a lock, or a function that may do something, is not run again.
func TestRepairRunsReadsOnly(t *testing.T) {
	text := "SELECT title FROM books WHERE author_id = ? AND pay(id) = 1"
	report, finding := loopReport(t, "SELECT title FROM books WHERE author_id = ?", keys)
	for i := range report.Queries {
		report.Queries[i].SQL = text // the shape says one thing, the text another
	}
	_, err := explain.Repair(t.Context(), loopShop(), report, finding)
	if err == nil {
		t.Error("no error")
	}
	for i := range report.Queries {
		report.Queries[i].SQL = titles + " FOR UPDATE"
	}
	if _, err = explain.Repair(t.Context(), loopShop(), report, finding); !errors.Is(err, explain.ErrRefused) {
		t.Errorf("%v, want ErrRefused", err)
	}
}

func TestProofIsASentence(t *testing.T) {
	p := explain.Proof{Same: true, Queries: 50, Rows: 50, BatchRows: 50, Loop: 3412 * time.Microsecond, Batch: 512345, RoundTrip: 299 * time.Microsecond}
	const want = "one query gives the same 50 rows: 510µs in place of 3.4ms, of which 49 round trips of 300µs each are saved"
	if got := p.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Queries that differ in more than their keys are no loop that one query could answer.
func TestRepairOfDifferentQuestions(t *testing.T) {
	const text = "SELECT title FROM books WHERE author_id = ? AND state <> 'sold'"
	report, finding := loopReport(t, text, keys)
	report.Queries[2].SQL = strings.Replace(text, "sold", "open", 1)
	planner := loopShop()
	_, err := explain.Repair(t.Context(), planner, report, finding)
	if err == nil || !strings.Contains(err.Error(), "differ in more than their keys") {
		t.Errorf("%v", err)
	}
	for _, sent := range *planner.sent {
		if strings.Contains(sent, "author_id") {
			t.Errorf("sent: %s", sent)
		}
	}
}
