package budget

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// schema is the version of the form of an encoded report. It grows when a field
// changes its meaning or goes. A reader takes no notice of fields and kinds that it
// does not know.
const schema = 2

// encodedReport is a report as it is encoded: what queries have in common stands in
// their group, and call sites stand once, in lists that the rest refers to by index.
type encodedReport struct {
	Schema int `json:"schema"`
	*plainReport
	Verdict    encodedVerdict     `json:"verdict"`
	Groups     []encodedGroup     `json:"groups,omitempty"`
	Queries    []encodedQuery     `json:"queries,omitempty"`
	Open       []encodedQuery     `json:"open,omitempty"`
	Lost       []encodedLost      `json:"lost,omitempty"`
	Allowances []encodedAllowance `json:"allowances,omitempty"`
	Findings   []encodedFinding   `json:"findings,omitempty"`
	Scopes     []encodedScope     `json:"scopes,omitempty"`
	// CallSites are lists of indices in Frames, from the inside out.
	CallSites []encodedSite    `json:"call_sites,omitempty"`
	Frames    []callsite.Frame `json:"frames,omitempty"`
}

type (
	plainReport    Report
	plainGroup     Group
	plainLost      Lost
	plainFinding   Finding
	plainRelated   Related
	plainExceeded  ExceededError
	plainAllowance Allowance
)

type encodedSite struct {
	Frames  []int `json:"frames"`
	Library bool  `json:"library,omitempty"`
	Cut     bool  `json:"cut,omitempty"`
}

// siteRef is the index of a call site, from 0; nil without one.
type siteRef = *int

type encodedGroup struct {
	plainGroup
	CallSite siteRef `json:"call_site,omitempty"`
}

type encodedLost struct {
	plainLost
	CallSite siteRef `json:"call_site,omitempty"`
}

type encodedAllowance struct {
	plainAllowance
	CallSite siteRef `json:"call_site,omitempty"`
}

type encodedFinding struct {
	plainFinding
	Parent   *encodedRelated  `json:"parent,omitempty"`
	Also     []encodedRelated `json:"also,omitempty"`
	CallSite siteRef          `json:"call_site,omitempty"`
}

type encodedRelated struct {
	plainRelated
	CallSite siteRef `json:"call_site,omitempty"`
}

type encodedVerdict struct {
	Outcome  Outcome           `json:"outcome"`
	Exceeded []encodedExceeded `json:"exceeded,omitempty"`
}

type encodedExceeded struct {
	plainExceeded
	CallSite siteRef `json:"call_site,omitempty"`
}

type encodedScope struct {
	Name    string         `json:"name"`
	Route   Route          `json:"route,omitzero"`
	Totals  Totals         `json:"totals"`
	Budget  Budget         `json:"budget,omitzero"`
	Verdict encodedVerdict `json:"verdict"`
	Scopes  []encodedScope `json:"scopes,omitempty"`
}

// encodedQuery is a query without what its group says. One that counts in the overflow
// group says it itself.
type encodedQuery struct {
	Group        int                  `json:"group"`
	Position     int64                `json:"position"`
	Start        time.Duration        `json:"start_ns"`
	Waited       time.Duration        `json:"waited_ns,omitempty"`
	Exec         time.Duration        `json:"exec_ns"`
	Fetch        time.Duration        `json:"fetch_ns"`
	Rows         int64                `json:"rows"`
	RowsAffected int64                `json:"rows_affected"`
	Open         bool                 `json:"open,omitempty"`
	Arguments    int                  `json:"arguments,omitempty"`
	Row          int                  `json:"row,omitempty"`
	Transaction  int                  `json:"transaction,omitempty"`
	Retries      int                  `json:"retries,omitempty"`
	Duplicate    bool                 `json:"duplicate,omitempty"`
	Failed       string               `json:"failed,omitempty"`
	Statement    *statement.Statement `json:"statement,omitempty"`
	Database     string               `json:"database,omitempty"`
	Handle       int                  `json:"handle,omitempty"`
	CallSite     siteRef              `json:"call_site,omitempty"`
}

// MarshalJSON encodes the report without texts and argument values as sent.
func (r Report) MarshalJSON() ([]byte, error) {
	e := encoder{sites: map[uint64]int{}, frames: map[callsite.Frame]int{}}
	out := encodedReport{Schema: schema, plainReport: (*plainReport)(&r)}
	for i := range r.Groups {
		g := &r.Groups[i]
		out.Groups = append(out.Groups, encodedGroup{plainGroup(*g), e.site(g.stack)})
	}
	out.Queries, out.Open = e.queries(&r, r.Queries), e.queries(&r, r.Open)
	for i := range r.Lost {
		out.Lost = append(out.Lost, encodedLost{plainLost(r.Lost[i]), e.site(r.Lost[i].stack)})
	}
	for i := range r.Allowances {
		a := &r.Allowances[i]
		out.Allowances = append(out.Allowances, encodedAllowance{plainAllowance(a.Allowance), e.site(a.stack)})
	}
	for i := range r.Findings {
		out.Findings = append(out.Findings, e.finding(&r.Findings[i]))
	}
	out.Verdict, out.Scopes = e.verdict(r.Verdict), e.scopes(r.Scopes)
	out.CallSites, out.Frames = e.outSites, e.outFrames
	return json.Marshal(out)
}

// encoder collects call sites.
type encoder struct {
	sites     map[uint64]int
	frames    map[callsite.Frame]int
	outSites  []encodedSite
	outFrames []callsite.Frame
}

func (e *encoder) site(s *callsite.Stack) siteRef {
	site := s.CallSite()
	if site.IsZero() {
		return nil
	}
	at, known := e.sites[s.Key()]
	if !known {
		at = len(e.outSites)
		e.sites[s.Key()] = at
		out := encodedSite{Library: site.Library, Cut: site.Cut}
		for _, f := range site.Frames() {
			out.Frames = append(out.Frames, e.frame(f))
		}
		e.outSites = append(e.outSites, out)
	}
	return &at
}

func (e *encoder) frame(f callsite.Frame) int {
	at, known := e.frames[f]
	if !known {
		at = len(e.outFrames)
		e.frames[f] = at
		e.outFrames = append(e.outFrames, f)
	}
	return at
}

func (e *encoder) queries(r *Report, queries []Query) (out []encodedQuery) {
	for i := range queries {
		q := &queries[i]
		o := encodedQuery{
			Group: q.Group, Position: q.Position, Start: q.Start, Waited: q.Waited, Exec: q.Exec, Fetch: q.Fetch, Rows: q.Rows,
			RowsAffected: q.RowsAffected, Open: q.Open, Arguments: q.Arguments, Row: q.Row, Transaction: q.Transaction,
			Retries: q.Retries, Duplicate: q.Duplicate, Failed: q.Failed,
		}
		if q.Group < 0 || q.Group >= len(r.Groups) || r.Groups[q.Group].Overflow {
			o.Statement, o.Database, o.Handle, o.CallSite = q.Statement, q.Database, q.Handle, e.site(q.stack)
		}
		out = append(out, o)
	}
	return out
}

func (e *encoder) finding(f *Finding) encodedFinding {
	out := encodedFinding{plainFinding: plainFinding(*f), CallSite: e.site(f.stack)}
	if f.Parent != nil {
		out.Parent = &encodedRelated{plainRelated(*f.Parent), e.site(f.Parent.stack)}
	}
	for i := range f.Also {
		out.Also = append(out.Also, encodedRelated{plainRelated(f.Also[i]), e.site(f.Also[i].stack)})
	}
	return out
}

func (e *encoder) verdict(v Verdict) encodedVerdict {
	out := encodedVerdict{Outcome: v.Outcome}
	for _, x := range v.Exceeded {
		out.Exceeded = append(out.Exceeded, encodedExceeded{plainExceeded(*x), e.site(x.stack)})
	}
	return out
}

func (e *encoder) scopes(scopes []Scope) (out []encodedScope) {
	for _, s := range scopes {
		out = append(out, encodedScope{s.Name, s.Route, s.Totals, s.Budget, e.verdict(s.Verdict), e.scopes(s.Scopes)})
	}
	return out
}

// UnmarshalJSON decodes a report. It returns an error for one of an older or newer
// schema, and for one whose parts do not fit together.
func (r *Report) UnmarshalJSON(data []byte) error {
	*r = Report{}
	in := encodedReport{plainReport: (*plainReport)(r)}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	if in.Schema != schema {
		return fmt.Errorf("budget: a report of schema %d: this version reads schema %d", in.Schema, schema)
	}
	d := decoder{}
	d.readSites(in.CallSites, in.Frames)
	for i := range in.Groups {
		g := Group(in.Groups[i].plainGroup)
		if g.Statement == nil {
			g.Statement = &statement.Statement{}
		}
		g.stack = d.site(in.Groups[i].CallSite)
		r.Groups = append(r.Groups, g)
	}
	r.Queries, r.Open = d.queries(r, in.Queries), d.queries(r, in.Open)
	for i := range in.Lost {
		l := Lost(in.Lost[i].plainLost)
		if l.Statement == nil {
			l.Statement = &statement.Statement{}
		}
		l.stack = d.site(in.Lost[i].CallSite)
		r.Lost = append(r.Lost, l)
	}
	for _, a := range in.Allowances {
		r.Allowances = append(r.Allowances, AllowanceUse{Allowance(a.plainAllowance), d.site(a.CallSite)})
	}
	for i := range in.Findings {
		r.Findings = append(r.Findings, d.finding(&in.Findings[i]))
	}
	r.Verdict, r.Scopes = d.verdict(in.Verdict), d.scopes(in.Scopes)
	d.checkIndices(r)
	return d.err
}

// decoder hands out call sites.
type decoder struct {
	sites []*callsite.Stack
	err   error
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = errors.New("budget: a broken report: " + what)
	}
}

func (d *decoder) readSites(sites []encodedSite, frames []callsite.Frame) {
	for _, s := range sites {
		site := callsite.CallSite{Library: s.Library, Cut: s.Cut}
		for i, f := range s.Frames {
			switch {
			case f < 0 || f >= len(frames):
				d.fail("a call site refers to a frame that is not there")
			case i == 0:
				site.Frame = frames[f]
			default:
				site.Outer = append(site.Outer, frames[f])
			}
		}
		d.sites = append(d.sites, callsite.New(site))
	}
}

func (d *decoder) site(ref siteRef) *callsite.Stack {
	if ref == nil {
		return nil
	}
	if *ref < 0 || *ref >= len(d.sites) {
		d.fail("a call site that is not there")
		return nil
	}
	return d.sites[*ref]
}

func (d *decoder) queries(r *Report, in []encodedQuery) (out []Query) {
	for i := range in {
		q := &in[i]
		o := Query{
			Statement: q.Statement, Group: q.Group, Database: q.Database, Handle: q.Handle, Position: q.Position, Start: q.Start, Waited: q.Waited,
			Exec: q.Exec, Fetch: q.Fetch, Rows: q.Rows, RowsAffected: q.RowsAffected, Open: q.Open, Arguments: q.Arguments, Row: q.Row,
			Transaction: q.Transaction, Retries: q.Retries, Duplicate: q.Duplicate, Failed: q.Failed, stack: d.site(q.CallSite),
		}
		switch {
		case o.Statement != nil:
		case q.Group < 0 || q.Group >= len(r.Groups):
			d.fail("a query of a group that is not there")
			o.Statement = &statement.Statement{}
		default:
			g := &r.Groups[q.Group]
			o.Statement, o.Database, o.Handle, o.stack = g.Statement, g.Database, g.Handle, g.stack
		}
		out = append(out, o)
	}
	return out
}

func (d *decoder) finding(in *encodedFinding) Finding {
	f := Finding(in.plainFinding)
	f.stack, f.Parent, f.Also = d.site(in.CallSite), nil, nil
	if in.Parent != nil {
		p := d.related(in.Parent)
		f.Parent = &p
	}
	for i := range in.Also {
		f.Also = append(f.Also, d.related(&in.Also[i]))
	}
	return f
}

func (d *decoder) related(in *encodedRelated) Related {
	out := Related(in.plainRelated)
	out.stack = d.site(in.CallSite)
	return out
}

func (d *decoder) verdict(in encodedVerdict) Verdict {
	out := Verdict{Outcome: in.Outcome}
	for i := range in.Exceeded {
		e := ExceededError(in.Exceeded[i].plainExceeded)
		e.stack = d.site(in.Exceeded[i].CallSite)
		out.Exceeded = append(out.Exceeded, &e)
	}
	return out
}

func (d *decoder) scopes(in []encodedScope) (out []Scope) {
	for _, s := range in {
		out = append(out, Scope{s.Name, s.Route, s.Totals, s.Budget, d.verdict(s.Verdict), d.scopes(s.Scopes)})
	}
	return out
}

// checkIndices keeps the rules from looking where nothing is.
func (d *decoder) checkIndices(r *Report) {
	for _, n := range r.Nested {
		if min(n.Outer, n.Inner) < 0 || max(n.Outer, n.Inner) >= len(r.Groups) {
			d.fail("nested queries of a group that is not there")
		}
	}
	for i := range r.Groups {
		for _, a := range r.Groups[i].Allowances {
			if a < 0 || a >= len(r.Allowances) {
				d.fail("an allowance that is not there")
			}
		}
	}
}

// standaloneSite is a call site beside what it is the site of, outside of a report.
type standaloneSite struct {
	CallSite callsite.CallSite `json:"call_site,omitzero"`
}

func (s standaloneSite) stack() *callsite.Stack {
	if s.CallSite.IsZero() {
		return nil
	}
	return callsite.New(s.CallSite)
}

// MarshalJSON encodes the finding with its call site.
func (f Finding) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainFinding
		standaloneSite
	}{plainFinding(f), standaloneSite{f.CallSite()}})
}

// UnmarshalJSON decodes a finding that stands alone, as in a log.
func (f *Finding) UnmarshalJSON(data []byte) error {
	var in struct {
		plainFinding
		standaloneSite
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*f = Finding(in.plainFinding)
	f.stack = in.standaloneSite.stack()
	return nil
}

// MarshalJSON encodes the query with its call site.
func (r Related) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainRelated
		standaloneSite
	}{plainRelated(r), standaloneSite{r.CallSite()}})
}

// UnmarshalJSON decodes a query of a finding that stands alone.
func (r *Related) UnmarshalJSON(data []byte) error {
	var in struct {
		plainRelated
		standaloneSite
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*r = Related(in.plainRelated)
	r.stack = in.standaloneSite.stack()
	return nil
}

// MarshalJSON encodes the error with its call site.
func (e *ExceededError) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainExceeded
		standaloneSite
	}{plainExceeded(*e), standaloneSite{e.CallSite()}})
}

// UnmarshalJSON decodes an error that stands alone.
func (e *ExceededError) UnmarshalJSON(data []byte) error {
	var in struct {
		plainExceeded
		standaloneSite
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*e = ExceededError(in.plainExceeded)
	e.stack = in.standaloneSite.stack()
	return nil
}
