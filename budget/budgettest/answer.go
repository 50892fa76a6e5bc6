package budgettest

import (
	"fmt"
	"net/http"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// A bad page must not pass because the test saw something else: an error, a redirect, a
// page without data.

// judgeAnswer fails on an answer that is not the page. What may be missing is logged.
func (w *Want) judgeAnswer(t TB, r *budget.Report, status int) (out []problem) {
	t.Helper()
	if p, ok := w.judgeStatus(status); ok {
		out = append(out, p)
	}
	if r.Totals.Blocked > 0 && status < http.StatusBadRequest && w.Status == 0 {
		out = append(out, problem{
			name: "refused",
			text: fmt.Sprintf("a query was refused and the answer is %d: answer with middleware.AnswerExceeded, "+
				"or say with Want.Status that the page is right without it", status),
		})
	}
	read, empty := reads(r)
	switch {
	case empty == 0 || w.Empty || w.Rows.set || r.Totals.Writes > 0:
	case empty == read:
		out = append(out, problem{
			name: "no rows",
			text: "no statement returned a row, and a page without data has no loop: seed rows, or accept it with Want.Empty",
		})
	case 2*empty > read:
		t.Logf("budgettest: %d of %d statements returned no row: seed rows, or use Scale", empty, read)
	}
	return out
}

func (w *Want) judgeStatus(status int) (problem, bool) {
	isPage := status >= http.StatusOK && status < http.StatusMultipleChoices
	if w.Status == status || w.Status == 0 && isPage {
		return problem{}, false
	}
	wanted := "which is not the page. If it is, say so: Want.Status"
	if w.Status != 0 {
		wanted = fmt.Sprintf("%d was wanted", w.Status)
	}
	return problem{name: "status", text: fmt.Sprintf("the answer is %d %s, %s", status, http.StatusText(status), wanted)}, true
}

// reads counts the statements that read tables, and those of them that returned no row.
func reads(r *budget.Report) (all, empty int) {
	for i := range r.Groups {
		g := &r.Groups[i]
		if g.Overflow || g.Kind != statement.Read || g.Queries == 0 || len(g.Tables) == 0 {
			continue
		}
		if all++; g.Rows == 0 {
			empty++
		}
	}
	return all, empty
}

// showPanic logs what ran, if the function that it returns is called by a panic.
func showPanic(t TB, r *budget.Recorder) (deferred func()) {
	t.Helper()
	return func() {
		if p := recover(); p != nil {
			t.Logf("%s", summary(finalReport(r)))
			panic(p)
		}
	}
}

// watchLate fails the test if a request sends more after its answer: no check sees that.
func watchLate(t TB, subject string, r *budget.Recorder, seen int64) {
	t.Helper()
	t.Cleanup(func() {
		t.Helper()
		if late := r.Totals().Queries - seen; late > 0 {
			t.Errorf("budgettest: %s: %s came after the answer, from a goroutine that goes on: no limit was held to for them; "+
				"wait for it before the handler returns, or give it a context of budget.Without", subject, plural(late, "query", "queries"))
		}
	})
}
