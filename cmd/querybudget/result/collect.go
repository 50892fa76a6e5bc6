package result

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/callsite"
)

// Origin says where a report comes from. The zero Origin is that of a running service.
type Origin struct {
	Package string `json:"package,omitempty"`
	Test    string `json:"test,omitempty"`
	// Check is the function of budgettest that saw it.
	Check string `json:"check,omitempty"`
	// Size is that of the data, where Check is "scale"; Grows is the growth that the test
	// accepts.
	Size   int                `json:"size,omitempty"`
	Grows  []budgettest.Grows `json:"grows,omitempty"`
	Failed bool               `json:"failed,omitempty"`
}

// test is the full name of the test, empty without one.
func (o *Origin) test() string {
	if o.Test == "" || o.Package == "" {
		return o.Test
	}
	return o.Package + "." + o.Test
}

// Unit is the name of the unit that a report is about: its route, else the test, else the
// report's own name.
func (o *Origin) Unit(r *budget.Report) string {
	if r.Route.Pattern != "" && r.Name != "" {
		return r.Name
	}
	return cmp.Or(o.test(), r.Name, "(no name)")
}

// Collector makes a result of reports. The zero Collector is empty.
type Collector struct {
	// Max is the number of units that are told apart, and a tenth of that of entries, for an
	// endless stream of reports. 0 is no limit. Skipped counts the reports
	// and entries for which there was no room.
	Max     int
	Skipped int64

	units   map[string]*Unit
	entries map[Key]*Entry
	scales  map[string]*scale
	order   []string // of scales
}

// Add takes a report. Reports of units that go on are passed over: what they say is part of
// the final one.
func (c *Collector) Add(o Origin, r *budget.Report) {
	if r == nil || r.Stage == budget.Running {
		return
	}
	if c.units == nil {
		c.units, c.entries, c.scales = map[string]*Unit{}, map[Key]*Entry{}, map[string]*scale{}
	}
	name := o.Unit(r)
	u := c.units[name]
	if u == nil {
		if c.Max > 0 && len(c.units) >= c.Max {
			c.Skipped++
			return
		}
		u = &Unit{Name: name}
		c.units[name] = u
	}
	u.add(&o, r)
	if o.Check == "scale" {
		c.addSize(&o, r)
	}
	found := map[Key]*Entry{}
	put := func(e Entry) {
		e.Unit, e.Places = name, 1
		if t := o.test(); t != "" {
			e.Tests = []string{t}
		}
		if old := found[e.Key]; old != nil {
			old.again(&e)
		} else {
			found[e.Key] = &e
		}
	}
	entriesOf(&o, r, put)
	for _, key := range slices.SortedFunc(maps.Keys(found), Key.Compare) {
		c.Put(*found[key])
	}
}

// Put takes an entry that somebody made of reports. Of several with one key the most
// counts.
func (c *Collector) Put(e Entry) {
	if c.entries == nil {
		c.entries = map[Key]*Entry{}
	}
	e.Least = e.Count
	if old := c.entries[e.Key]; old != nil {
		old.merge(&e)
	} else if c.Max > 0 && len(c.entries) >= 10*c.Max {
		c.Skipped++
	} else {
		c.entries[e.Key] = &e
	}
}

// again adds what one report has twice under a key.
func (e *Entry) again(o *Entry) {
	e.Places++
	count := e.Count + o.Count
	if o.Count > e.Count {
		places := e.Places
		*e = *o
		e.Places = places
	}
	e.Count = count
	e.Rows += o.Rows
	if o.Allowed == "" {
		e.Allowed = ""
	}
}

// add takes the largest numbers.
func (u *Unit) add(o *Origin, r *budget.Report) {
	if t := o.test(); t != "" && !slices.Contains(u.Tests, t) {
		u.Tests = slices.Sorted(slices.Values(append(u.Tests, t)))
	}
	u.Reports++
	u.Package = firstOf(u.Package, o.Package)
	_, repeats := r.MostRepeated()
	u.Queries, u.Repeats, u.Rows = max(u.Queries, r.Totals.Queries), max(u.Repeats, repeats), max(u.Rows, r.Totals.Rows)
	u.Duplicates, u.Time = max(u.Duplicates, r.Totals.Duplicates), max(u.Time, r.Totals.WallTime)
	u.Untold = max(u.Untold, r.Truncated.Grouped)
	u.Failed = u.Failed || o.Failed
	findings := 0
	for f := range r.Statements() { // as they are listed
		if f.Allowed == nil && f.Confidence != budget.Hint {
			findings++
		}
	}
	u.Findings = max(u.Findings, findings)
	for _, use := range r.Budget.Uses(r) {
		u.use(use)
	}
}

// use keeps the least that was allowed and the most that was used.
func (u *Unit) use(use budget.Use) {
	i := slices.IndexFunc(u.Budget, func(old budget.Use) bool { return old.Limit == use.Limit })
	if i < 0 {
		u.Budget = append(u.Budget, use)
		return
	}
	old := &u.Budget[i]
	old.Allowed, old.Observed = min(old.Allowed, use.Allowed), max(old.Observed, use.Observed)
}

// entriesOf makes entries of statements, findings and limits that were exceeded.
func entriesOf(o *Origin, r *budget.Report, put func(Entry)) {
	for i := range r.Groups {
		g := &r.Groups[i]
		if g.Overflow || g.Queries == 0 || g.Statement == nil {
			continue
		}
		e := at(Statement, g.Shape, g.CallSite())
		e.Summary, e.Database, e.Count, e.Rows = g.Summary, g.Database, g.Queries, g.Rows
		put(e)
	}
	if o.Check == "scale" {
		return // it judges growth, and neither findings nor budgets
	}
	for f := range r.Statements() {
		put(ofFinding(f))
	}
	for _, x := range r.AllExceeded() {
		e := at(Limit+string(x.Limit), "", x.CallSite())
		e.Function = "" // which query crosses the line is chance
		e.Summary, e.Count, e.Confidence = x.Summary, x.Observed, budget.Certain
		e.Message, e.Repair = exceededText(x)
		put(e)
	}
}

// at makes an entry of a place.
func at(kind, shape string, site callsite.CallSite) Entry {
	return Entry{
		Key:  Key{Kind: kind, Function: site.StableName(), Shape: strings.Join(strings.Fields(shape), " ")},
		File: site.File, Line: site.Line, Callers: site.Outer, FullFunction: site.Function,
	}
}

func ofFinding(f *budget.Finding) Entry {
	e := at(string(f.Kind), f.Shape, f.CallSite())
	e.Summary, e.Database, e.Count, e.Rows = f.Summary, f.Database, f.Count, f.Rows
	e.Confidence, e.Repair, e.Message = f.Confidence, f.Repair, findingText(f)
	if f.Kind == budget.NPlusOne || f.Kind == budget.WriteLoop {
		e.Grows, e.GrowthKnown = budgettest.Linear, true
	}
	if f.Allowed != nil {
		e.Allowed = cmp.Or(f.Allowed.Reason, "allowed")
	}
	return e
}

func findingText(f *budget.Finding) string {
	text := fmt.Sprintf("%dx %s", f.Count, cmp.Or(f.Summary, "a statement"))
	if f.Parent != nil {
		text += fmt.Sprintf(", for the %d rows of %s", f.Parent.Rows, f.Parent.Summary)
	}
	for _, more := range []string{f.Proof, f.Note} {
		if more != "" {
			text += ": " + more
		}
	}
	return text
}

// exceededText is what an error says without the names that stand beside it.
func exceededText(e *budget.ExceededError) (message, repair string) {
	short := budget.ExceededError{Limit: e.Limit, Allowed: e.Allowed, Observed: e.Observed, Refused: e.Refused}
	text := strings.TrimPrefix(short.Error(), "budget: ")
	if i := strings.LastIndex(text, ": "); i > 0 {
		text, repair = text[:i], text[i+2:]
	}
	return text, repair
}

// Result returns what was added. It fails if reports of growing data do not fit together.
func (c *Collector) Result() (*Result, error) {
	if err := c.fitScales(); err != nil {
		return nil, err
	}
	out := &Result{Version: Version, Runs: 1, Units: []Unit{}, Entries: []*Entry{}}
	for _, name := range slices.Sorted(maps.Keys(c.units)) {
		out.Units = append(out.Units, *c.units[name])
	}
	for _, key := range slices.SortedFunc(maps.Keys(c.entries), Key.Compare) {
		out.Entries = append(out.Entries, c.entries[key])
	}
	return out, nil
}

// count writes a number of things: "1 package", "2 packages".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// firstOf is the first of two names in their order, whatever came first.
func firstOf(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}
