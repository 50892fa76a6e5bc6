package budget

import "time"

// Sums are the numbers of the queries of a [Group].
type Sums struct {
	// Queries were executed, Blocked refused.
	Queries    int64 `json:"queries"`
	Blocked    int64 `json:"blocked,omitempty"`
	Duplicates int64 `json:"duplicates,omitempty"`
	Retries    int64 `json:"retries,omitempty"`
	Errors     int64 `json:"errors,omitempty"`

	Rows         int64 `json:"rows,omitempty"`
	RowsAffected int64 `json:"rows_affected,omitempty"`
	// AffectedUnknown is the number of executions whose changed rows the driver did not
	// tell. They are not in RowsAffected.
	AffectedUnknown int64 `json:"affected_unknown,omitempty"`
	// MostRows is the number of rows of the largest result.
	MostRows int64 `json:"most_rows,omitempty"`
	// InBatch is the number of executions that were sent in a batch, behind another
	// statement: they cost no round trip of their own.
	InBatch int64 `json:"in_batch,omitempty"`
	// Batches is the number of executions whose text asks for several keys, or writes several
	// rows: one shape stands for lists of any length.
	Batches int64 `json:"batches,omitempty"`
	// Unread is the number of results that were closed before anybody saw their end:
	// with [Rules.Hints] only.
	Unread int64 `json:"unread,omitempty"`
	// Distinct is the number of different argument lists, at least: once the bounds
	// of [Bounds] are reached it is no longer counted. Of statements that take one part
	// of the rows after another, or several keys at once, it is the number of different
	// rows that the rest of their keys ask for. Unknown is the number of
	// executions whose arguments could not be told; they are in Distinct too.
	Distinct int64 `json:"distinct,omitempty"`
	Unknown  int64 `json:"unknown,omitempty"`

	// Time is the execution and fetching of all, Slowest that of the slowest.
	Time    time.Duration `json:"time_ns"`
	Slowest time.Duration `json:"slowest_ns"`
	// SlowestExec is the execution of the slowest, without fetching.
	SlowestExec time.Duration `json:"slowest_exec_ns"`
	// First and Last are the positions of the first and the last of them; 0 if all
	// were refused.
	First int64 `json:"first"`
	Last  int64 `json:"last"`

	outside bool // at least one was in no transaction

	// Parallel is set if executions overlapped, InTransaction if at least one was in
	// a transaction.
	Parallel      bool `json:"parallel,omitempty"`
	InTransaction bool `json:"in_transaction,omitempty"`
	// ListsVary is set if a list of literals in the text was another one each time.
	ListsVary bool `json:"lists_vary,omitempty"`
}

// add adds the numbers of other queries.
func (s *Sums) add(o *Sums) {
	if o.First != 0 && (s.First == 0 || o.First < s.First) {
		s.First = o.First
	}
	s.Last = max(s.Last, o.Last)
	s.Queries += o.Queries
	s.Blocked += o.Blocked
	s.Duplicates += o.Duplicates
	s.Retries += o.Retries
	s.Errors += o.Errors
	s.Rows += o.Rows
	s.RowsAffected += o.RowsAffected
	s.AffectedUnknown += o.AffectedUnknown
	s.MostRows = max(s.MostRows, o.MostRows)
	s.InBatch += o.InBatch
	s.Unread += o.Unread
	s.Distinct += o.Distinct
	s.Unknown += o.Unknown
	s.Time += o.Time
	s.Slowest = max(s.Slowest, o.Slowest)
	s.SlowestExec = max(s.SlowestExec, o.SlowestExec)
	s.Parallel = s.Parallel || o.Parallel
	s.InTransaction, s.outside = s.InTransaction || o.InTransaction, s.outside || o.outside
	s.ListsVary = s.ListsVary || o.ListsVary
	s.Batches += o.Batches
}

// executed adds an execution, or a further attempt at one.
func (s *Sums) executed(rec *record, err error) {
	s.Time += rec.exec
	s.Slowest = max(s.Slowest, rec.exec)
	s.SlowestExec = max(s.SlowestExec, rec.exec)
	s.InTransaction, s.outside = s.InTransaction || rec.transaction() != nil, s.outside || rec.transaction() == nil
	if err != nil {
		s.Errors++
	}
}

// counted adds the execution that a query is counted with.
func (s *Sums) counted(rec *record) {
	s.Queries++
	s.Last = max(s.Last, rec.position)
	if s.First == 0 || rec.position < s.First {
		s.First = rec.position
	}
	if rec.unknown() {
		s.Unknown++
	}
	if rec.place() > 1 {
		s.InBatch++
	}
	if rec.origin.statement.Batched {
		s.Batches++
	}
}

// fetched adds rows that were closed.
func (s *Sums) fetched(rows int64, took time.Duration) {
	s.Rows += rows
	s.MostRows = max(s.MostRows, rows)
	s.Time += took
}

// isBatched reports whether most executions were of several keys or rows each.
func (s *Sums) isBatched() bool { return 2*s.Batches > s.Queries }
