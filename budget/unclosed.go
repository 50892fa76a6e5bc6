package budget

func mayBeUnclosed(s *suspect) bool { return s.totals.OpenRows > 0 }

const closeRows = "defer rows.Close() where the rows are opened: until then each result holds a connection"

// unclosed: rows that are open, by the line that opened them.
func (f *finder) unclosed() {
	for i := range f.report.Open {
		q := &f.report.Open[i]
		group, evidence := q.Group, f.openEvidence(q)
		if old := f.sameOpen(q); old != nil {
			old.Count++
			continue
		}
		evidence.Repair = closeRows
		f.add(evidence, group)
	}
	if rest := f.report.Truncated.Open; rest > 0 {
		f.add(
			Finding{
				Kind:       UnclosedRows,
				Confidence: Certain,
				Count:      rest,
				Note:       "more results than are told apart",
				Repair:     closeRows,
			},
			noGroup,
		)
	}
}

// openEvidence is that of the group, or of the query alone for one that has none of
// its own.
func (f *finder) openEvidence(q *Query) Finding {
	if q.Group >= 0 && !f.report.Groups[q.Group].Overflow {
		return f.evidence(&f.report.Groups[q.Group], UnclosedRows, Certain, 1)
	}
	return Finding{
		Kind: UnclosedRows, Confidence: Certain, Shape: q.Shape, Summary: q.Summary, Database: q.Database, Count: 1,
		Time: q.Exec, Worst: q.Exec, First: q.Position, Last: q.Position, InTransaction: q.Transaction != 0, stack: q.stack,
	}
}

func (f *finder) sameOpen(q *Query) *Finding {
	for i := range f.found {
		old := &f.found[i]
		if old.Kind == UnclosedRows && f.of[i] == q.Group && old.Shape == q.Shape && old.stack.Key() == q.stack.Key() {
			return old
		}
	}
	return nil
}
