package slogbudget

import (
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// callers finds, for a call site whose line says little because other queries of the
// report come from it too, the first frame around it that differs: of a helper that sends
// every query, the function that called it. The levels of a recursion do not differ.
type callers struct {
	sites  []callsite.CallSite // that share their line with another one
	frames []callsite.Frame    // of sites; filled when the first one is asked for
}

func callersIn(report *budget.Report, exceeded []*budget.ExceededError) *callers {
	var all []callsite.CallSite
	for i := range report.Groups {
		all = append(all, report.Groups[i].CallSite())
	}
	for i := range report.Findings {
		all = append(all, report.Findings[i].CallSite())
	}
	for _, e := range exceeded {
		all = append(all, e.CallSite())
	}
	first, shared := make(map[callsite.Frame]int, len(all)), make(map[callsite.Frame]bool)
	for i, site := range all {
		at, known := first[site.Frame]
		if !known {
			first[site.Frame] = i
		} else if !isSame(site, all[at]) {
			shared[site.Frame] = true
		}
	}
	c := &callers{}
	for _, site := range all {
		if shared[site.Frame] && !site.IsZero() && c.index(site) < 0 {
			c.sites = append(c.sites, site)
		}
	}
	return c
}

func isSame(a, b callsite.CallSite) bool {
	return a.Frame == b.Frame && slices.Equal(a.Outer, b.Outer)
}

func (c *callers) index(site callsite.CallSite) int {
	return slices.IndexFunc(c.sites, func(other callsite.CallSite) bool { return isSame(site, other) })
}

// of returns the frame, nil if the line says enough.
func (c *callers) of(site callsite.CallSite) *callsite.Frame {
	at := c.index(site)
	if at < 0 {
		return nil
	}
	if c.frames == nil {
		folded := make([]callsite.CallSite, len(c.sites))
		for i := range c.sites {
			folded[i] = c.sites[i].Fold()
		}
		c.frames = callsite.Distinguish(folded)
	}
	if c.frames[at] == site.Frame {
		return nil
	}
	return frame(c.frames[at])
}
