package budget

import (
	"encoding/json"
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
	Executing  []encodedQuery     `json:"executing,omitempty"`
	Open       []encodedQuery     `json:"open,omitempty"`
	Held       []encodedHeld      `json:"held,omitempty"`
	Idle       []encodedIdle      `json:"idle,omitempty"`
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
	plainHeld      Held
	plainIdle      Idle
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

func (e *encoder) group(g *Group) encodedGroup {
	out := encodedGroup{plainGroup: plainGroup(*g), CallSite: e.site(g.stack), Via: encodedVia(g), Last: g.Last, Slowest: g.Slowest}
	if g.Last == g.First {
		out.Last = 0
	}
	if g.Slowest == g.Time {
		out.Slowest = 0
	}
	return out
}

// decoded is the group that was encoded, but for its call site.
func (e *encodedGroup) decoded() Group {
	g := Group(e.plainGroup)
	g.via, g.Last, g.Slowest = e.Via, e.Last, e.Slowest
	if e.Last == 0 {
		g.Last = g.First
	}
	if e.Slowest == 0 {
		g.Slowest = g.Time
	}
	return g
}

// encodedVia leaves out what most groups have.
func encodedVia(g *Group) string {
	if via := g.Via(); via != "database/sql" {
		return via
	}
	return ""
}

// siteRef is the index of a call site, from 0; nil without one.
type siteRef = *int

type encodedGroup struct {
	plainGroup
	CallSite siteRef `json:"call_site,omitempty"`
	Via      string  `json:"via,omitempty"`
	// Of one query, these are what First and Time are.
	Last    int64         `json:"last,omitempty"`
	Slowest time.Duration `json:"slowest_ns,omitempty"`
}

type encodedHeld struct {
	plainHeld
	Waiter siteRef `json:"waiter,omitempty"`
	Began  siteRef `json:"began,omitempty"`
}

type encodedIdle struct {
	plainIdle
	Began siteRef `json:"began,omitempty"`
	After siteRef `json:"after,omitempty"`
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
	Before   *encodedRelated  `json:"before,omitempty"`
	Also     []encodedRelated `json:"also,omitempty"`
	Reads    *encodedFinding  `json:"reads,omitempty"`
	CallSite siteRef          `json:"call_site,omitempty"`
}

type encodedRelated struct {
	plainRelated
	CallSite siteRef `json:"call_site,omitempty"`
}

type encodedVerdict struct {
	Outcome  Outcome           `json:"outcome"`
	Exceeded []encodedExceeded `json:"exceeded,omitempty"`
	Invalid  string            `json:"invalid,omitempty"`
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
	Fetch        time.Duration        `json:"fetch_ns,omitempty"`
	Rows         int64                `json:"rows,omitempty"`
	RowsAffected int64                `json:"rows_affected,omitempty"`
	Open         bool                 `json:"open,omitempty"`
	Arguments    int                  `json:"arguments,omitempty"`
	Row          int                  `json:"row,omitempty"`
	Transaction  int                  `json:"transaction,omitempty"`
	Serializable bool                 `json:"serializable,omitempty"`
	Retries      int                  `json:"retries,omitempty"`
	Duplicate    bool                 `json:"duplicate,omitempty"`
	Changed      bool                 `json:"changed,omitempty"`
	AfterLock    bool                 `json:"after_lock,omitempty"`
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
		out.Groups = append(out.Groups, e.group(g))
	}
	out.Queries, out.Executing, out.Open = e.queries(&r, r.Queries), e.queries(&r, r.Executing), e.queries(&r, r.Open)
	for i := range r.Held {
		out.Held = append(out.Held, encodedHeld{plainHeld(r.Held[i]), e.site(r.Held[i].waiter), e.site(r.Held[i].began)})
	}
	for i := range r.Idle {
		idle := &r.Idle[i]
		out.Idle = append(out.Idle, encodedIdle{plainIdle(*idle), e.site(idle.began), e.site(idle.after)})
	}
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
			RowsAffected: q.RowsAffected, Open: q.Open, Arguments: q.Arguments, Row: q.Row, Transaction: q.Transaction, Serializable: q.Serializable, Changed: q.Changed, AfterLock: q.AfterLock,
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
	if f.Before != nil {
		out.Before = &encodedRelated{plainRelated(*f.Before), e.site(f.Before.stack)}
	}
	for i := range f.Also {
		out.Also = append(out.Also, encodedRelated{plainRelated(f.Also[i]), e.site(f.Also[i].stack)})
	}
	if f.Reads != nil {
		reads := e.finding(f.Reads)
		out.Reads = &reads
	}
	return out
}

func (e *encoder) verdict(v Verdict) encodedVerdict {
	out := encodedVerdict{Outcome: v.Outcome, Invalid: v.Invalid}
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
