package budget

import "slices"

func mayBeLost(s *suspect) bool {
	mayHaveLost := func(d *Database) bool { return d.mayHaveLost(s.unit) }
	return slices.ContainsFunc(s.account.databases, mayHaveLost) || slices.ContainsFunc(s.unit.bounds.Databases, mayHaveLost)
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
