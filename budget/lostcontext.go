package budget

func mayBeLost(s *suspect) bool {
	for _, seen := range s.account.databases {
		if seen.database.unattributed.queries.Load() > seen.before {
			return true
		}
	}
	return false
}

// lostContexts: queries that ran without a recorder beside the unit's own.
func (f *finder) lostContexts() {
	for i := range f.report.Lost {
		l := &f.report.Lost[i]
		f.add(Finding{
			Kind: Unattributed, Confidence: Candidate, Shape: l.Shape, Summary: l.Summary, Database: l.Database, System: l.System, Count: l.Count,
			Repair: "pass the request's context: use the methods that end in Context, with the ctx of the handler", stack: l.stack,
		}, noGroup)
	}
}
