package explain

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// Proof says whether the one query that a finding names gives the rows of its loop.
type Proof struct {
	// Statement is the one query, as the finding names it.
	Statement string
	// Same is set if both give the same rows, in whatever order, and there are some.
	Same bool
	// Queries is the number of executions of the loop that were run again: different ones,
	// the first 50. Rows are those of all of them, BatchRows those of the one query.
	Queries, Rows, BatchRows int
	// Loop and Batch are the times that they took here, RoundTrip that of SELECT 1: what a
	// query costs before the database does anything.
	Loop, Batch, RoundTrip time.Duration
	// Difference says in what the rows differ, empty if they do not.
	Difference string
}

// String says it in a sentence.
func (p Proof) String() string {
	switch {
	case p.Difference != "":
		return "one query does not give the rows of the loop, so it is no repair: " + p.Difference
	case !p.Same:
		return "both give no rows, which proves nothing"
	}
	rows := strconv.Itoa(p.Rows) + " rows"
	if p.Rows == 1 {
		rows = "1 row"
	}
	return fmt.Sprintf("one query gives the same %s: %v in place of %v, of which %d round trips of %v each are saved",
		rows, short(p.Batch), short(p.Loop), p.Queries-1, short(p.RoundTrip))
}

// short leaves two digits that matter.
func short(d time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 100*unit {
			return d.Round(unit)
		}
	}
}

// maxRepeated is how many executions of a loop are run again: more tell nothing new.
const maxRepeated = 50

// Repair runs the queries of an n+1 again, beside the one query that the finding names, and
// compares their rows. Both are reads, in one transaction that writes nothing, and that is
// rolled back. It needs the texts and arguments of the queries: a report of a handle with
// sqlwrap.Config.Arguments, of this process.
//
// The error says why nothing could be compared: another kind of finding, no query that is
// right for sure, arguments that were not kept or are not the same but for the key, a plan
// above Options.MaxCost.
func Repair(ctx context.Context, p Planner, report *budget.Report, finding *budget.Finding) (Proof, error) {
	return Options{}.Repair(ctx, p, report, finding)
}

// Repair is like the function of that name, with options.
func (o Options) Repair(ctx context.Context, p Planner, report *budget.Report, finding *budget.Finding) (Proof, error) {
	if p == nil || report == nil || finding == nil {
		return Proof{}, errors.New("explain: Repair needs a Planner, as explain.SQL makes it, a report and a finding of it")
	}
	if finding.Batched() == "" {
		return Proof{}, fmt.Errorf("explain: no one query is right for sure in place of this %s", finding.Kind)
	}
	finding = finding.NPlusOne()
	var proof Proof
	ctx = budget.Without(ctx)
	err := p.Session(ctx, func(send run) error {
		s, err := o.newSession(ctx, p, send)
		if err != nil {
			return err
		}
		b, err := newBatch(s.system.dialect(), report, finding)
		if err != nil {
			return err
		}
		proof, err = s.prove(ctx, b)
		return err
	})
	return proof, err
}

// maxRepair is the time that running a loop again may take.
const maxRepair = 10 * time.Second

// prove runs both.
func (s *session) prove(ctx context.Context, b *batch) (proof Proof, err error) {
	if err := s.mayRun(ctx, b); err != nil {
		return proof, err
	}
	ctx, cancel := context.WithTimeout(ctx, maxRepair)
	defer cancel()
	begin, end := s.system.reading(s.within)
	for _, command := range begin {
		if _, _, err := s.send(ctx, command); err != nil {
			return proof, fmt.Errorf("explain: %w", err)
		}
	}
	defer func() {
		for _, command := range end {
			_, _, endErr := s.send(context.WithoutCancel(ctx), command)
			err = errors.Join(err, endErr)
		}
	}()
	proof.Statement, proof.Queries = b.statement, len(b.loop)
	return proof, s.compare(ctx, b, &proof)
}

// mayRun reports whether both are reads, and the plan of the one query is not too dear.
func (s *session) mayRun(ctx context.Context, b *batch) error {
	for _, text := range []string{b.loop[0].text, b.text} {
		if err := s.take(text, nil); err != nil {
			return err
		}
		if s.facts.Kind != statement.Read || s.facts.Locks {
			return fmt.Errorf("%w: only reads that lock nothing and call no unknown function are run again", ErrRefused)
		}
	}
	r, err := s.result(ctx, b.text, b.args)
	if err != nil {
		return err
	}
	if len(r.Nodes) > 0 && r.Nodes[0].Cost > s.options.MaxCost {
		return fmt.Errorf("%w: the one query would cost %.0f by its plan, above the ceiling of %.0f", ErrRefused, r.Nodes[0].Cost, s.options.MaxCost)
	}
	return nil
}

// roundTrips is how often SELECT 1 is sent: the fastest of them is the way there and back.
const roundTrips = 5

func (s *session) compare(ctx context.Context, b *batch, proof *Proof) error {
	proof.RoundTrip = time.Hour
	for range roundTrips {
		began := time.Now()
		if _, _, err := s.send(ctx, "SELECT 1"); err != nil {
			return err
		}
		proof.RoundTrip = min(proof.RoundTrip, time.Since(began))
	}
	seed := maphash.MakeSeed()
	loop, batch := newMultiset(seed), newMultiset(seed)
	var columns []string
	began := time.Now()
	for _, q := range b.loop {
		names, rows, err := s.send(ctx, q.text, q.args...)
		if err != nil {
			return fmt.Errorf("explain: running the loop: %w", err)
		}
		columns = names
		loop.add(rows, nil)
	}
	proof.Loop = time.Since(began)
	began = time.Now()
	names, rows, err := s.send(ctx, b.text, b.args...)
	if err != nil {
		return fmt.Errorf("explain: running the one query: %w", err)
	}
	proof.Batch = time.Since(began)
	places, ok := placesOf(columns, names)
	proof.Rows, proof.BatchRows = loop.rows, len(rows)
	if !ok {
		proof.Difference = "it has other columns"
		return nil
	}
	batch.add(rows, places)
	proof.Difference = loop.difference(batch)
	proof.Same = proof.Difference == "" && loop.rows > 0
	return nil
}

// placesOf finds the columns of the loop among those of the one query, which may have
// the key too.
func placesOf(want, among []string) ([]int, bool) {
	taken := make([]bool, len(among))
	var out []int
	for _, name := range want {
		at := -1
		for i, n := range among {
			if at < 0 && !taken[i] && strings.EqualFold(n, name) {
				at, taken[i] = i, true
			}
		}
		if at < 0 {
			return nil, false
		}
		out = append(out, at)
	}
	return out, true
}
