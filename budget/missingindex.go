package budget

// FullRead is a table that a statement reads whole although a condition of it could narrow
// what is read, as its plan showed. Package explain adds it to the groups of a report.
type FullRead struct {
	// Table is its name.
	Table string `json:"table"`
	// Confidence is Certain where no index has the columns of the condition, Candidate
	// where an index cannot be used, and Hint where it is not known.
	Confidence Confidence `json:"confidence"`
	// Text says what was seen: "reads all of books: no index begins with author_id".
	Text string `json:"text"`
	// Repair says what to do instead, empty if that is not known.
	Repair string `json:"repair,omitempty"`
}

// missingIndexes: tables that are read whole. Without plans nothing is found.
func (f *finder) missingIndexes() {
	f.each(func(i int, g *Group) {
		for _, r := range g.FullReads {
			out := f.evidence(g, MissingIndex, r.Confidence, g.Queries)
			out.Proof, out.Repair = r.Text, r.Repair
			f.add(out, i)
		}
	})
}
