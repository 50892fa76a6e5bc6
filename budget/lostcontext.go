package budget

import "slices"

func mayBeLost(s *suspect) bool {
	return slices.ContainsFunc(s.account.databases, func(d seenDatabase) bool { return d.mayHaveLost(s.unit) }) ||
		slices.ContainsFunc(s.unit.bounds.Databases, func(d *Database) bool { return d.mayHaveLost(s.unit) })
}

// lostContexts: queries without a recorder that the unit's goroutine sent.
func (f *finder) lostContexts() {
	for i := range f.report.Lost {
		l := &f.report.Lost[i]
		f.add(Finding{
			Kind: Unattributed, Confidence: Certain, Shape: l.Shape, Summary: l.Summary, Database: l.Database, System: l.System, Count: l.Count,
			Repair: "pass the request's context: use the methods that end in Context, with the ctx of the handler", stack: l.stack,
		}, noGroup)
	}
}
