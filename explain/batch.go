package explain

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

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
