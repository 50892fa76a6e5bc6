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
			Repair: l.repair(), stack: l.stack,
		}, noGroup)
	}
}

// repair names the context of a framework: the code that passed one seems right.
func (l *Lost) repair() string {
	if l.Context != "" {
		return "pass the request's context, such as c.Request.Context() or c.Context(): a " + l.Context + " does not hand on what is in it"
	}
	return "pass the request's context: use the methods that end in Context, with the ctx of the handler"
}
