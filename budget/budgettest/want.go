package budgettest

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/explain"
)

// Want is what a request or a block of code may do to the database, and what it
// must do. The zero Want asks only for what [Check] and [Run] always ask for: at
// least one query, and no finding.
type Want struct {
	// Budget is held to in addition to the budget of the route.
	Budget budget.Budget
	// Enforce refuses the query over a limit of mode [budget.Enforce], here and at the route,
	// for tests of what happens then. Default: limits are observed to the end, so that the
	// test shows all that runs.
	Enforce bool
	// Status is the status of the answer, for [Want.Check]. Zero is any from 200 to 299:
	// a redirect, a 404 or an error is not the page, and says nothing of its queries.
	Status int
	// Errors are queries that fail, as in [budget.Totals]. The zero Count allows none:
	// what comes behind a failed query did not run.
	Errors Count
	// Empty accepts an answer for which no row was read, for [Want.Check]. Default: it fails,
	// because a page without data has no loop. A page that writes may be empty, and so
	// may one that Rows is about.
	Empty bool
	// Queries, Reads, Writes, Transactions and Rows (fetched) are counts of the
	// whole, each as in [budget.Totals]. The zero Count allows any.
	Queries, Reads, Writes, Transactions, Rows Count
	// Runs are statements that must run, Never those that must not: a shape as
	// reports print it, a part of one, or how its summary begins: "SELECT books". Spaces
	// and the case of letters do not matter.
	Runs, Never []string
	// Tables are the only tables that may be touched. Nil allows all.
	Tables []string
	// OneTransaction asks that all queries run in one transaction.
	OneTransaction bool
	// Allow accepts findings, each with a ceiling and a reason. One that nothing
	// matches is a failure: it would hide the next finding.
	Allow []budget.Allowance
	// Hints fails on hints too, such as SELECT *. Default: they are left alone.
	Hints bool
	// Indexed fails on statements that read all of a table although a condition could narrow
	// it, however little data the test has: explain.SQL(db), or explain.Tx(tx) where the
	// test's data is in a transaction. After the block, each distinct statement is planned
	// once, on a connection of its own, and executed never. Findings are of kind missing-index
	// and can be allowed; of what depends on a value they are hints. Nil: no plans are made.
	Indexed explain.Planner
	// SmallTables are tables that stay small: reading them whole is right. It needs Indexed.
	SmallTables []string
	// Repairs says of each n+1 that fails the test whether the one query that it names gives
	// the same rows: explain.SQL(db). The loop is run again beside it, in a transaction that writes
	// nothing. It needs a handle of sqlwrap.Config{Arguments: true}. A repair that gives other
	// rows is taken back. Nil: repairs are named, and not tried.
	Repairs explain.Planner
	// DB also counts the queries that DB runs without the context of the test, for
	// code that takes none. The handle must be in use by nobody else meanwhile;
	// queries of goroutines that the block did not start fail the test. Nil: only
	// queries with the test's context count.
	DB *sql.DB
	// Handle is like DB, for a handle that is no *sql.DB: pgxwrap.Handle(pool). One of the two
	// may be set.
	Handle Handle
	// Attributed asks that every query has the test's context. It needs DB or Handle.
	Attributed bool
}

// Verify returns an error that names everything in which a report is not as
// wanted, nil if nothing is. It does not change the report. Allow is judged by
// what the report marks as allowed; [Want.DB], [Want.Handle] and [Want.Attributed] are not
// judged, because a report does not show them, and [Want.Indexed] makes no plans. A nil report is an error.
func (w Want) Verify(report *budget.Report) error {
	if report == nil {
		return errors.New("budgettest: Verify of a nil *budget.Report")
	}
	if err := w.validate(); err != nil {
		return err
	}
	if problems := w.judge(report); len(problems) > 0 {
		return &failure{subject: cmp.Or(report.Name, "the code"), problems: problems, report: report}
	}
	return nil
}

// validate returns an error for what no report can satisfy.
func (w *Want) validate() error {
	if err := w.Budget.Validate(); err != nil {
		return err
	}
	for _, c := range w.counts(&budget.Totals{}) {
		if !c.want.valid() {
			return fmt.Errorf("budgettest: Want.%s can never be: from %d to %d", c.field, c.want.min, c.want.max)
		}
	}
	for i, a := range w.Allow {
		if err := a.Validate(); err != nil {
			return fmt.Errorf("budgettest: Want.Allow[%d]: %w", i, err)
		}
	}
	if w.Status != 0 && (w.Status < 200 || w.Status > 599) {
		return fmt.Errorf("budgettest: Want.Status is %d: no handler answers with that", w.Status)
	}
	if !w.Errors.valid() {
		return fmt.Errorf("budgettest: Want.Errors can never be: from %d to %d", w.Errors.min, w.Errors.max)
	}
	for _, part := range slices.Concat(w.Runs, w.Never) {
		if strings.TrimSpace(part) == "" {
			return errors.New("budgettest: an empty text in Want.Runs or Want.Never matches every statement")
		}
	}
	if w.Indexed == nil && (len(w.SmallTables) > 0 || slices.ContainsFunc(w.Allow, isOfPlans)) {
		return errors.New("budgettest: Want.SmallTables and allowances of missing-index need Want.Indexed: without plans there are none")
	}
	if w.DB != nil && w.Handle != nil {
		return errors.New("budgettest: Want.DB and Want.Handle are both set: a test watches one handle")
	}
	if w.Attributed && w.handle() == nil {
		return errors.New(
			"budgettest: Want.Attributed needs Want.DB or Want.Handle: without the handle, queries without a context cannot be seen",
		)
	}
	return nil
}

// counted is a Count of a Want beside what it is held against.
type counted struct {
	field string
	want  Count
	seen  int64
}

func (w *Want) counts(t *budget.Totals) []counted {
	return []counted{
		{"Queries", w.Queries, t.Queries}, {"Reads", w.Reads, t.Reads}, {"Writes", w.Writes, t.Writes},
		{"Transactions", w.Transactions, t.Transactions}, {"Rows", w.Rows, t.Rows},
	}
}

// limits reports whether w limits anything by itself.
func (w *Want) limits() bool {
	return !w.Budget.IsZero() ||
		slices.ContainsFunc(w.counts(&budget.Totals{}), func(c counted) bool { return c.want.set })
}

// zero reports whether w says that there may be no query.
func (w *Want) zero() bool {
	return w.Queries.set && w.Queries.allows(0) || w.Budget.Queries < 0
}

// problem is one thing that is not as wanted.
type problem struct {
	name string // in a few letters, for the column
	text string
	more []string // further lines
	// isLimit is set for a number that was not kept to: the advice is where it stands.
	isLimit bool
}

// judge holds a report against w.
func (w *Want) judge(r *budget.Report) (out []problem) {
	out = append(out, exceeded(r.AllExceeded())...)
	if r.Verdict.Invalid != "" {
		out = append(out, problem{name: "budget", text: r.Verdict.Invalid})
	}
	for _, c := range w.counts(&r.Totals) {
		if !c.want.allows(c.seen) {
			out = append(
				out,
				problem{
					name:    strings.ToLower(c.field),
					text:    fmt.Sprintf("%s wanted, %d seen", c.want, c.seen),
					isLimit: true,
				},
			)
		}
	}
	if r.Totals.Queries+r.Totals.Blocked == 0 && !w.zero() {
		out = append(out, problem{name: "nothing", text: noQueries})
	}
	out = append(out, w.judgeErrors(r)...)
	out = append(out, w.judgeStatements(r)...)
	out = append(out, w.judgeTransaction(r)...)
	return append(out, w.judgeFindings(r)...)
}

// judgeErrors fails on queries that failed, the first of which is named.
func (w *Want) judgeErrors(r *budget.Report) []problem {
	n := r.Totals.Errors
	if w.Errors.set && w.Errors.allows(n) || !w.Errors.set && n == 0 {
		return nil
	}
	p := problem{name: "errors", text: fmt.Sprintf("%s failed: what comes behind it did not run. If that is right, say so in Want.Errors", plural(n, "query", "queries"))}
	if w.Errors.set {
		p.text = fmt.Sprintf("%s wanted, %s failed", w.Errors, plural(n, "query", "queries"))
	}
	for i := range r.Queries {
		if q := &r.Queries[i]; q.Failed != "" {
			p.more = append(p.more, fmt.Sprintf("%s at %s: %s", q.Summary, q.CallSite(), q.Failed))
			break
		}
	}
	return []problem{p}
}

// noQueries is what a test is told that watched nothing.
const noQueries = "0 queries were seen: does it use a database opened with sqlwrap or pgxwrap, and pass on the context it is given?"

// exceeded lists limits that were exceeded. Time is left out: it belongs to the
// machine.
func exceeded(all []*budget.ExceededError) (out []problem) {
	for _, e := range all {
		if e.Limit == budget.LimitTime && !e.Refused {
			continue
		}
		text := fmt.Sprintf("%d allowed, %d seen", e.Allowed, e.Observed)
		if e.Refused {
			text = fmt.Sprintf("%d allowed, number %d was refused", e.Allowed, e.Observed)
		}
		if e.Limit == budget.LimitTime {
			text = "a query was refused because the time was up"
		}
		if site := e.CallSite(); !site.IsZero() {
			text += fmt.Sprintf(", crossed by %s at %s", e.Summary, site)
		}
		out = append(out, problem{name: string(e.Limit), text: text, isLimit: e.Limit != budget.LimitTime})
	}
	return out
}

func (w *Want) judgeStatements(r *budget.Report) (out []problem) {
	for _, part := range w.Runs {
		if !slices.ContainsFunc(
			r.Groups,
			func(g budget.Group) bool { return g.Queries > 0 && matches(g.Shape, g.Summary, part) },
		) {
			out = append(out, problem{name: "missing", text: fmt.Sprintf("%q did not run", part)})
		}
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		for _, part := range w.Never {
			if matches(g.Shape, g.Summary, part) {
				out = append(
					out,
					problem{
						name: "unwanted",
						text: fmt.Sprintf("%q ran %s at %s", part, times(g.Queries), g.CallSite()),
					},
				)
			}
		}
		for _, table := range g.Tables {
			if w.Tables != nil &&
				!slices.ContainsFunc(w.Tables, func(t string) bool { return strings.EqualFold(t, table) }) {
				out = append(
					out,
					problem{name: "tables", text: fmt.Sprintf("%s was touched at %s", table, g.CallSite())},
				)
			}
		}
	}
	if r.Truncated.Grouped > 0 && (len(w.Runs)+len(w.Never) > 0 || w.Tables != nil) {
		out = append(
			out,
			problem{
				name: "too many",
				text: fmt.Sprintf("%d queries were more than a report tells apart", r.Truncated.Grouped),
			},
		)
	}
	return out
}

// matches reports whether a statement is the one that part means.
func matches(shape, summary, part string) bool {
	part = fold(part)
	return part != "" && (strings.Contains(fold(shape), part) || strings.HasPrefix(fold(summary)+" ", part+" "))
}

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

func (w *Want) judgeTransaction(r *budget.Report) (out []problem) {
	if !w.OneTransaction {
		return nil
	}
	if r.Truncated.Queries > 0 {
		return []problem{
			{name: "transaction", text: fmt.Sprintf("only the first %d queries are kept one by one", len(r.Queries))},
		}
	}
	for i := range r.Queries {
		q := &r.Queries[i]
		p := problem{name: "transaction"}
		switch {
		case q.Transaction == 0:
			p.text = fmt.Sprintf("%s ran outside of one at %s", q.Summary, q.CallSite())
		case q.Transaction != r.Queries[0].Transaction:
			p.text = fmt.Sprintf("%s ran in another one than the first query, at %s", q.Summary, q.CallSite())
		}
		if p.text != "" && !slices.ContainsFunc(out, func(o problem) bool { return o.text == p.text }) {
			out = append(out, p)
		}
	}
	return out
}

// judgeFindings fails on what is neither allowed nor a hint, and on allowances
// of w that nothing matched.
func (w *Want) judgeFindings(r *budget.Report) (out []problem) {
	for _, f := range inOrder(r.Findings) {
		isStale := f.Kind == budget.StaleAllowance && f.Confidence == budget.Hint // a matter of all requests
		if f.Allowed == nil && !isStale && (w.Hints || f.Confidence != budget.Hint) {
			out = append(out, findingProblem(f))
		}
	}
	for _, a := range w.Allow {
		if !slices.ContainsFunc(r.Findings, func(f budget.Finding) bool {
			return f.Kind == a.Kind && (f.Allowed == nil && f.Note != "" || f.Allowed != nil && *f.Allowed == a)
		}) {
			out = append(
				out,
				problem{
					name: "stale",
					text: fmt.Sprintf(
						"nothing of kind %s was found for the allowance %q: take it out",
						a.Kind,
						a.Reason,
					),
				},
			)
		}
	}
	return out
}

// inOrder puts findings in the order that a test prints them in: a report's own is by
// the time they cost, which is another one each time.
func inOrder(findings []budget.Finding) []*budget.Finding {
	out := make([]*budget.Finding, len(findings))
	for i := range findings {
		out[i] = &findings[i]
	}
	isHint := func(f *budget.Finding) int {
		if f.Confidence == budget.Hint {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b *budget.Finding) int {
		return cmp.Or(cmp.Compare(isHint(a), isHint(b)), cmp.Compare(b.Count, a.Count), cmp.Compare(a.First, b.First),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Shape, b.Shape))
	})
	return out
}

// findingProblem tells a finding with its parent and its repair, a line each.
func findingProblem(f *budget.Finding) problem {
	p := problem{name: string(f.Kind), text: fmt.Sprintf("%s %s", times(f.Count), f.Summary)}
	if site := f.CallSite(); !site.IsZero() {
		p.text += " at " + site.String()
	}
	if f.Parent != nil {
		p.more = append(
			p.more,
			fmt.Sprintf("for the %d rows of %s at %s", f.Parent.Rows, f.Parent.Summary, apart(f.Parent, f)),
		)
	}
	if f.Before != nil {
		p.more = append(p.more, readBefore(f))
	}
	for _, line := range []string{f.Proof, f.Note} {
		if line != "" {
			p.more = append(p.more, line)
		}
	}
	if r := f.Reads; r != nil {
		p.more = append(p.more, fmt.Sprintf("the same loop sends %s %s at %s", times(r.Count), r.Summary, r.CallSite()), "   -> "+r.Repair)
	}
	p.more = append(p.more, "-> "+f.Repair)
	return p
}

// apart returns the line that tells a query that a finding names from the finding's own.
func apart(other *budget.Related, f *budget.Finding) callsite.Frame {
	return callsite.Distinguish([]callsite.CallSite{other.CallSite(), f.CallSite()})[0]
}

// readBefore says where the answer was read first.
func readBefore(f *budget.Finding) string {
	at := apart(f.Before, f)
	if f.Before.Shape != f.Shape {
		return fmt.Sprintf("the row was read by %s at %s", f.Before.Summary, at)
	}
	return fmt.Sprintf("first read at %s", at)
}

func times(n int64) string { return fmt.Sprintf("%dx", n) }
