package budget

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

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
		g := in.Groups[i].decoded()
		if g.Statement == nil {
			g.Statement = &statement.Statement{}
		}
		if g.Batched && g.Batches == 0 { // a report of a version that did not count them
			g.Batches = g.Queries
		}
		g.stack = d.site(in.Groups[i].CallSite)
		r.Groups = append(r.Groups, g)
	}
	r.Queries, r.Executing, r.Open = d.queries(r, in.Queries), d.queries(r, in.Executing), d.queries(r, in.Open)
	for _, h := range in.Held {
		held := Held(h.plainHeld)
		held.waiter, held.began = d.site(h.Waiter), d.site(h.Began)
		r.Held = append(r.Held, held)
	}
	for _, i := range in.Idle {
		idle := Idle(i.plainIdle)
		idle.began, idle.after = d.site(i.Began), d.site(i.After)
		r.Idle = append(r.Idle, idle)
	}
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
			Transaction: q.Transaction, Serializable: q.Serializable, Changed: q.Changed, AfterLock: q.AfterLock, Retries: q.Retries, Duplicate: q.Duplicate, Failed: q.Failed, stack: d.site(q.CallSite),
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
	f.stack, f.Parent, f.Before, f.Also, f.Reads = d.site(in.CallSite), nil, nil, nil, nil
	if in.Parent != nil {
		p := d.related(in.Parent)
		f.Parent = &p
	}
	if in.Before != nil {
		b := d.related(in.Before)
		f.Before = &b
	}
	for i := range in.Also {
		f.Also = append(f.Also, d.related(&in.Also[i]))
	}
	if in.Reads != nil {
		reads := d.finding(in.Reads)
		reads.Reads = nil
		f.Reads = &reads
	}
	return f
}

func (d *decoder) related(in *encodedRelated) Related {
	out := Related(in.plainRelated)
	out.stack = d.site(in.CallSite)
	return out
}

func (d *decoder) verdict(in encodedVerdict) Verdict {
	out := Verdict{Outcome: in.Outcome, Invalid: in.Invalid}
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
	if slices.ContainsFunc(r.Idle, r.isElsewhere) {
		d.fail("an idle transaction between groups that are not there")
	}
	for i := range r.Groups {
		for _, a := range r.Groups[i].Allowances {
			if a < 0 || a >= len(r.Allowances) {
				d.fail("an allowance that is not there")
			}
		}
	}
}
