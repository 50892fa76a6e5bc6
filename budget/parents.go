package budget

import (
	"cmp"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// maxParents is the number of parents that a group lists.
const maxParents = 8

// Match says how the values of a column are those of a loop's arguments.
type Match string

const (
	// MatchExact is each value once and in the order of the rows, or in any order
	// where the loop ran in parallel or a map lies between.
	MatchExact Match = "exact"
	// MatchInOrder is some of the values, in the order of the rows.
	MatchInOrder Match = "in-order"
	// MatchContained is some of the values, in another order.
	MatchContained Match = "contained"
)

func (m Match) strength() int {
	switch m {
	case MatchExact:
		return 3
	case MatchInOrder:
		return 2
	case MatchContained:
		return 1
	default:
		return 0
	}
}

// results are the tracked values of earlier reads: those of one result, or of all
// results of one group.
type results struct {
	group    int
	position int64 // of the first of them
	last     int64
	queries  int64
	sent     []statement.Fingerprint // of the statements that had them
	paged    bool                    // one of them pages
	columns  []column
	isText   bool              // the columns are lists that texts have
	sets     []map[uint64]bool // of the columns, made when they are needed
}

// parents looks for columns of earlier results whose values are the arguments of a
// group.
func (b *builder) parents() {
	if !b.recorder.unit.bounds.TrackValues {
		return
	}
	records := slices.Clone(b.account.records) // in the order of report.Queries
	slices.SortFunc(records, func(x, y *record) int { return cmp.Compare(x.position, y.position) })
	b.changes(records)
	b.varyings(records)
	b.newIDs(records)
	if b.recorder.unit.bounds.Rules.Hints { // nobody else asks what was lost
		b.changedRows(records)
	}
	b.afterLocks(records)
	b.sets(records)
	b.chains(records)
	all := b.results(records)
	b.report.ValuesTracked = b.hasAllValues(records)
	lists, parts := b.argumentLists(records, func(group int) int { return group }), b.partLists(records)
	for i := range b.report.Groups {
		g := &b.report.Groups[i]
		for _, arguments := range slices.Concat(lists[i], parts[i]) {
			if g.Queries >= fewRows {
				g.Parents = append(g.Parents, b.parentsOf(g, arguments, all)...)
			}
		}
		g.Parents = strongest(g.Parents)
		g.Chained = g.Chained || g.Queries >= fewRows && b.isChained(i, lists[i], records)
		g.ByName = g.Chained && b.isByName(i, lists[i], records)
	}
	b.jointParents(records, all)
}

// strongest returns the parents that match best, those first.
func strongest(parents []Parent) []Parent {
	slices.SortStableFunc(parents, func(p, q Parent) int {
		return cmp.Or(cmp.Compare(q.Match.strength(), p.Match.strength()), cmp.Compare(q.Position, p.Position))
	})
	return parents[:min(len(parents), maxParents)]
}

// changes marks the duplicates whose answers have other values than the ones before, on
// whichever line they were asked: one line may have several origins. What asks like a duplicate
// after a write is marked, too.
func (b *builder) changes(records []*record) {
	type question struct {
		statement statement.Fingerprint
		handle    int
		arguments uint64
	}
	before, repeated := make(map[question]*record), make(map[question]bool)
	for i, rec := range records {
		q := &b.report.Queries[i]
		key := question{q.Fingerprint, q.Handle, rec.list()}
		repeated[key] = repeated[key] || rec.duplicate
		if old := before[key]; old != nil && repeated[key] {
			q.Changed = !slices.EqualFunc(old.columns(), rec.columns(), func(x, y column) bool {
				return slices.Equal(x.values, y.values)
			})
		}
		before[key] = rec
	}
}

// hasAllValues reports whether no result and no argument was left out.
func (b *builder) hasAllValues(records []*record) bool {
	if b.account.unkept > 0 {
		return false
	}
	return !slices.ContainsFunc(records, func(rec *record) bool {
		return rec.step == fetchedRows && rec.rows > 0 && rec.columns() == nil || rec.arguments != 0 && rec.hashes() == nil
	})
}

// part is what the pages of one list have in common: the first one may have another condition.
type part struct {
	handle int
	stack  uint64
	depth  int // of a function that calls itself
	tables string
	names  string // of its columns
}

func (b *builder) partOf(group int, columns []column) part {
	g := &b.report.Groups[group]
	p := part{handle: g.Handle, stack: g.stack.Folded(), depth: len(g.stack.CallSite().Outer), tables: strings.Join(g.Tables, ",")}
	for _, c := range columns {
		p.names += c.name + ","
	}
	return p
}

// results lists the results of single queries, and of lines that had several.
func (b *builder) results(records []*record) []results {
	var out []results
	ofPart := make(map[part]*results)
	for i, rec := range records {
		columns, group := rec.columns(), b.report.Queries[i].Group
		if columns == nil || group < 0 || columns[0].name == "" {
			continue // a column without a name is the id of a new row
		}
		st := rec.origin.statement
		one := results{
			group: group, position: rec.position, last: rec.position, queries: 1, sent: []statement.Fingerprint{st.Fingerprint}, paged: st.Paged, columns: columns,
		}
		out = append(out, one)
		if rec.lists() != nil {
			list := one
			list.columns, list.isText = rec.lists(), true
			out = append(out, list)
		}
		key := b.partOf(group, columns)
		sum := ofPart[key]
		if sum == nil {
			one.columns = slices.Clone(columns)
			ofPart[key] = &one
			continue
		}
		sum.last = rec.position
		sum.queries++
		sum.paged = sum.paged || st.Paged
		if !slices.Contains(sum.sent, st.Fingerprint) {
			sum.sent = append(slices.Clip(sum.sent), st.Fingerprint)
		}
		for c := range min(len(sum.columns), len(columns)) {
			values := &sum.columns[c].values
			*values = append(slices.Clip(*values), columns[c].values...)
		}
	}
	for _, sum := range ofPart {
		if sum.last > sum.position {
			out = append(out, *sum)
		}
	}
	slices.SortFunc(out, func(x, y results) int {
		return cmp.Or(cmp.Compare(x.position, y.position), cmp.Compare(x.last, y.last))
	})
	return out
}

// parentsOf returns the columns whose values are one of the arguments of a group.
func (b *builder) parentsOf(g *Group, arguments argumentList, all []results) (out []Parent) {
	distinct := countDistinct(arguments.values)
	if len(arguments.values) < fewRows {
		return nil
	}
	for i := range all {
		r := &all[i]
		parent := &b.report.Groups[r.group]
		if r.position >= g.First || slices.Contains(r.sent, g.Fingerprint) {
			continue
		}
		if p, ok := r.pair(g, parent, arguments, distinct); ok {
			out = append(out, p)
		}
		isOver := r.last > r.position && r.last < g.First && !r.paged // several lists, read one after the other
		for c := range r.columns {
			if n := len(arguments.values); isOver && n != len(r.columns[c].values) && n != len(r.set(c)) {
				continue // only all of them tell
			}
			if (arguments.isPart || r.isText) && !slices.Equal(arguments.values, r.columns[c].values) {
				continue // others may be there by chance
			}
			match := r.match(c, arguments.values, g, arguments.key)
			if match == "" || isOver && match != MatchExact || distinct < 2 && !slices.Equal(arguments.values, r.columns[c].values) {
				continue
			}
			out = append(out, Parent{
				Position: r.position, Column: qualified(parent, r.columns[c].name), Key: arguments.key, Match: match, Arguments: distinct, Queries: r.queries,
				Words: !slices.ContainsFunc(arguments.values, isNumber), Once: isOnce(arguments.values, r.columns[c].values),
			})
		}
	}
	return out
}

// qualified returns the name of a column with that of its table, where that is known.
func qualified(g *Group, column string) string {
	if len(g.Tables) != 1 {
		return column
	}
	return g.Tables[0] + "." + column
}

// isCategory reports whether a loop asks by a column that tells kinds of rows, such as a status: of
// few values, each of several rows. That all of them are in the rows says little.
func isCategory(key, column string, values, different int) bool {
	return values >= 2*different && !isID(key) && !isID(column)
}

// isID reports whether a column is called as those that identify rows.
func isID(column string) bool {
	name := statement.Unqualified(column)
	lower := strings.ToLower(name)
	return lower == "id" || strings.HasSuffix(name, "ID") || strings.HasSuffix(name, "Id") || strings.HasSuffix(lower, "_id") || strings.HasSuffix(lower, "uuid") || strings.HasSuffix(lower, "guid")
}

// match holds the arguments of a group against a column. Of a group with more executions
// than are kept in detail, the first ones are enough.
func (r *results) match(c int, arguments []uint64, g *Group, key string) Match {
	values := r.columns[c].values
	set := r.set(c)
	for _, a := range arguments {
		if _, ok := set[a]; !ok {
			return ""
		}
	}
	isWhole := func(values []uint64) bool {
		return len(arguments) == len(values) || len(arguments) < len(values) && int64(len(values)) == min(g.Queries, maxTrackedValues)
	}
	unique := deduplicated(values)
	column := r.columns[c].name
	category := isCategory(key, column, len(values), len(unique))
	switch {
	case isWhole(values) && slices.Equal(arguments, values[:len(arguments)]):
		return MatchExact
	case category && plainName(key) == plainName(column):
		return MatchContained
	case isWhole(unique) && slices.Equal(arguments, unique[:len(arguments)]),
		len(arguments) == len(unique) && countDistinct(arguments) == int64(len(unique)) && !category,
		len(arguments) == len(values) && g.Parallel && slices.Equal(sorted(arguments), sorted(values)):
		return MatchExact
	case isSubsequence(arguments, values), slices.Equal(deduplicated(arguments), unique):
		return MatchInOrder // the latter where each is asked for several times, such as page by page
	case !category && len(arguments) > len(unique) && countDistinct(arguments) == int64(len(unique)):
		return MatchInOrder // all of them again and again, as a comparison of a sort does
	}
	return MatchContained
}

func (r *results) set(c int) map[uint64]bool {
	if r.sets == nil {
		r.sets = make([]map[uint64]bool, len(r.columns))
	}
	if r.sets[c] == nil {
		r.sets[c] = make(map[uint64]bool, len(r.columns[c].values))
		for _, v := range r.columns[c].values {
			r.sets[c][v] = true
		}
	}
	return r.sets[c]
}

func sorted(values []uint64) []uint64 { return slices.Sorted(slices.Values(values)) }

// deduplicated returns the values without those that came before.
func deduplicated(values []uint64) []uint64 {
	seen := make(map[uint64]struct{}, len(values))
	out := make([]uint64, 0, len(values))
	for _, v := range values {
		if _, ok := seen[v]; !ok {
			seen[v] = struct{}{}
			out = append(out, v)
		}
	}
	return out
}

// isOnce reports whether each of some values was asked for where it came first, and not again where it came
// again: few such keys are what a cache has left of many rows.
func isOnce(arguments, values []uint64) bool {
	return len(arguments) < len(values) && slices.Equal(arguments, deduplicated(values))
}

// isSubsequence reports whether some values are others of which some were left out.
func isSubsequence(some, all []uint64) bool {
	for _, v := range all {
		if len(some) > 0 && some[0] == v {
			some = some[1:]
		}
	}
	return len(some) == 0
}
