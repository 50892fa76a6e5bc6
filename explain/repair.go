package explain

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
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
	if finding.Kind != budget.NPlusOne || finding.Batched() == "" {
		return Proof{}, fmt.Errorf("explain: no one query is right for sure in place of this %s", finding.Kind)
	}
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

// repeated is one execution of a loop.
type repeated struct {
	text string
	args []any
}

// batch is a loop, and the one query for it.
type batch struct {
	statement string // as the finding names it
	loop      []repeated
	text      string // with a placeholder for each key
	args      []any
}

func newBatch(d statement.Dialect, report *budget.Report, f *budget.Finding) (*batch, error) {
	b := &batch{statement: f.Batched()}
	var first []value
	var keys []value
	key := -1
	for i := range report.Queries {
		q := &report.Queries[i]
		if q.Statement == nil || q.Shape != f.Shape || q.Database != f.Database || q.Position < f.First || q.Position > f.Last || q.Failed != "" {
			continue
		}
		values, err := valuesOf(d, q)
		if err != nil {
			return nil, err
		}
		if first == nil {
			if key, err = keyPlace(d, f.Shape, b.statement, len(values)); err != nil {
				return nil, err
			}
			first = values
		}
		if err := sameBut(key, first, values); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(keys, values[key].equal) {
			keys, b.loop = append(keys, values[key]), append(b.loop, repeated{q.SQL, q.Values})
		}
		if len(keys) == maxRepeated {
			break
		}
	}
	switch len(keys) {
	case 0:
		return nil, errors.New("explain: no query of the loop was kept: see budget.Bounds.Queries")
	case 1:
		return nil, errors.New("explain: the loop asks for one key again and again: keep the result")
	}
	b.write(d, first, key, keys)
	return b, nil
}

// value is what stands where a statement has a placeholder: an argument or a literal, or
// several in a list.
type value []item

type item struct {
	literal string
	arg     any
}

func (v value) equal(o value) bool {
	return slices.EqualFunc(v, o, func(a, b item) bool { return a.literal == b.literal && asText(a.arg) == asText(b.arg) })
}

// keptBytes is the length at which a wrapper cuts an argument: one as long may be another.
const keptBytes = 256

// valuesOf returns the values of a query in the order of the placeholders of its shape.
func valuesOf(d statement.Dialect, q *budget.Query) ([]value, error) {
	if q.SQL == "" {
		return nil, errors.New("explain: the texts and arguments of the queries were not kept: open the handle with sqlwrap.Config{Arguments: true}")
	}
	var out []value
	tokens := numbered(d, q.SQL)
	inList := false
	for i, t := range tokens {
		one, ok, err := itemOf(t, q.Values)
		switch {
		case err != nil:
			return nil, err
		case t.is("(") && i > 0 && tokens[i-1].is("in"):
			inList = true
			out = append(out, nil)
		case t.is(")"):
			inList = false
		case ok && inList:
			out[len(out)-1] = append(out[len(out)-1], one)
		case ok, t.isAny("true", "false") && i > 0 && tokens[i-1].is("="):
			out = append(out, value{one})
		}
	}
	return out, nil
}

// itemOf returns the value of a token, if it has one.
func itemOf(t token, args []any) (v item, ok bool, err error) {
	if !t.isParameter() {
		return item{literal: t.text}, t.literal, nil
	}
	n, err := strconv.Atoi(strings.TrimLeft(t.text, "?$:@"))
	if err != nil || n < 1 || n > len(args) {
		return v, false, errors.New("explain: the arguments of the queries cannot be told apart")
	}
	if len(asText(args[n-1])) >= keptBytes {
		return v, false, errors.New("explain: an argument is so long that it was not kept whole")
	}
	return item{arg: args[n-1]}, true, nil
}

// keyPlace is the place of the list of keys among the placeholders of the one query.
func keyPlace(d statement.Dialect, shape, batched string, values int) (int, error) {
	tokens, before := tokensOf(d, batched), parametersIn(tokensOf(statement.Standard, shape))
	place, n := -1, 0
	for i, t := range tokens {
		if !t.isParameter() {
			continue
		}
		if i > 1 && tokens[i-1].is("(") && tokens[i-2].isAny("in", "any") && place < 0 && !isListIn(shape, n) {
			place = n
		}
		n++
	}
	if place < 0 || n != values || before != values {
		return 0, errors.New("explain: the places of the arguments in the one query are not those of the loop")
	}
	return place, nil
}

// isListIn reports whether a placeholder of a shape stands for a list already.
func isListIn(shape string, place int) bool {
	parts := strings.SplitAfter(shape, "?")
	return place < len(parts) && strings.HasSuffix(strings.ToUpper(parts[place]), " IN (?")
}

func parametersIn(tokens []token) (n int) {
	for _, t := range tokens {
		if t.isParameter() {
			n++
		}
	}
	return n
}

// sameBut returns an error unless two executions differ in their keys only.
func sameBut(key int, first, other []value) error {
	if len(first) != len(other) {
		return errors.New("explain: the queries of the loop have different numbers of values")
	}
	for i := range first {
		if i != key && !first[i].equal(other[i]) {
			return errors.New("explain: the queries of the loop differ in more than their keys, so one query for all is another question")
		}
	}
	return nil
}

// write writes the one query with a placeholder for each key. An array of keys becomes a
// list, which asks for the same and needs no type of the driver.
func (b *batch) write(d statement.Dialect, values []value, key int, keys []value) {
	var out []token
	place := 0
	add := func(v value, cast []token) {
		for i, one := range v {
			if i > 0 {
				out = append(out, token{text: ","})
			}
			out = append(append(out, token{text: b.mark(d, one)}), cast...)
		}
	}
	tokens := tokensOf(d, b.statement)
	for i := 0; i < len(tokens); i++ {
		if !tokens[i].isParameter() {
			out = append(out, token{text: tokens[i].text}) // as it is
			continue
		}
		if place != key {
			add(values[place], nil)
			place++
			continue
		}
		place++
		end := i + 1
		for end < len(tokens) && !tokens[end].is(")") {
			end++ // a cast to a type of arrays
		}
		cast := castOf(tokens[i+1 : end])
		if out[len(out)-2].is("any") { // = ANY($1) is IN ($1, $2)
			out = append(out[:len(out)-3], token{text: "IN"}, token{text: "("})
		}
		add(slices.Concat(keys...), cast)
		i = end - 1
	}
	b.text = join(out)
}

// mark is what stands for a value: itself, or a placeholder for the next argument.
func (b *batch) mark(d statement.Dialect, v item) string {
	if v.literal != "" {
		return v.literal
	}
	b.args = append(b.args, v.arg)
	if d == statement.PostgreSQL {
		return "$" + strconv.Itoa(len(b.args))
	}
	return "?"
}

// castOf makes the cast of a value of that of an array: ::uuid of ::uuid[].
func castOf(tokens []token) []token {
	if n := len(tokens); n > 2 && tokens[n-2].is("[") {
		return tokens[:n-2]
	}
	return tokens
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

// multiset counts rows by their hashes: no value is kept.
type multiset struct {
	seed   maphash.Seed // the same for those that are compared
	counts map[uint64]int
	rows   int
}

func newMultiset(seed maphash.Seed) *multiset { return &multiset{seed: seed, counts: map[uint64]int{}} }

// add adds rows, with the values at some places or with all.
func (m *multiset) add(rows [][]any, places []int) {
	for _, row := range rows {
		m.rows++
		m.counts[m.hash(row, places)]++
	}
}

func (m *multiset) hash(row []any, places []int) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	write := func(v any) {
		text := asText(v)
		if v == nil {
			text = "NULL" // the length tells it from the text
		}
		_, _ = h.WriteString(strconv.Itoa(len(asText(v))) + ":" + text) // it never fails
	}
	if places == nil {
		for _, v := range row {
			write(v)
		}
	}
	for _, i := range places {
		write(row[i])
	}
	return h.Sum64()
}

// difference says in what two multisets differ, empty if they do not.
func (m *multiset) difference(o *multiset) string {
	missing, more := 0, 0
	for h, n := range m.counts {
		missing += max(0, n-o.counts[h])
	}
	for h, n := range o.counts {
		more += max(0, n-m.counts[h])
	}
	if missing+more == 0 {
		return ""
	}
	return fmt.Sprintf("of the %d rows of the loop it lacks %d, and has %d others", m.rows, missing, more)
}
