package traces

import (
	"cmp"
	"slices"
	"strings"
)

// unit is a unit of work and its queries, in the order in which they started.
type unit struct {
	span    *Span
	queries []query
}

// query is a query of a unit. Outer is the index of the query inside of whose span it ran,
// -1 for none.
type query struct {
	span  *Span
	outer int
}

// units tells what belongs to which unit of work. A database's span that has the same
// statement around it is that query again, seen by a driver below a library.
func (j *Judge) units(spans []Span) []*unit {
	t := &tree{spans: spans, byID: make(map[SpanID]int, len(spans))}
	for i := range spans {
		t.byID[spans[i].ID] = i
	}
	units := make(map[int]*unit)
	var order []int
	for i := range spans {
		if spans[i].isUnit() || t.isJob(i) {
			units[i] = &unit{span: &spans[i]}
			order = append(order, i)
		}
	}
	for i := range spans {
		s := &spans[i]
		if !s.isDatabase() || units[i] != nil {
			continue
		}
		j.Stats.Databases++
		switch {
		case !isSQL(s.System):
			j.Stats.NotSQL++
		case strings.TrimSpace(s.Text) == "":
			j.Stats.NoText++
		case t.isInner(i):
			j.Stats.Inner++
		default:
			if u := units[t.unitOf(i)]; u != nil {
				u.queries = append(u.queries, query{s, t.outerQuery(i)})
			} else {
				j.Stats.Orphans++
			}
		}
	}
	var out []*unit
	for _, i := range order {
		units[i].sort(spans)
		out = append(out, units[i])
	}
	return out
}

// sort puts queries into their order, and makes indices of outer spans places in it.
func (u *unit) sort(spans []Span) {
	slices.SortFunc(u.queries, func(a, b query) int {
		return cmp.Or(cmp.Compare(a.span.Start, b.span.Start), slices.Compare(a.span.ID[:], b.span.ID[:]))
	})
	for i := range u.queries {
		q := &u.queries[i]
		if q.outer < 0 {
			continue
		}
		outer := &spans[q.outer]
		q.outer = slices.IndexFunc(u.queries, func(o query) bool { return o.span == outer })
	}
}

// tree is a trace.
type tree struct {
	spans   []Span
	byID    map[SpanID]int
	insides map[int]int // nil before they are asked for
}

// parent returns the index of the span around one, -1 if it is not there.
func (t *tree) parent(i int) int {
	if t.spans[i].Parent == (SpanID{}) {
		return -1
	}
	p, ok := t.byID[t.spans[i].Parent]
	if !ok || p == i {
		return -1
	}
	return p
}

// up walks from a span to the outermost one around it until f says stop. A circle, which
// no tracer makes, ends too.
func (t *tree) up(i int, f func(int) (stop bool)) {
	for range len(t.spans) {
		if i = t.parent(i); i < 0 || f(i) {
			return
		}
	}
}

// isJob reports whether a span is the root of a trace that serves no request: a job.
func (t *tree) isJob(i int) bool {
	s := &t.spans[i]
	return s.Parent == (SpanID{}) && !s.isDatabase() && s.Kind != kindClient
}

// unitOf returns the innermost unit that a span is in, -1 for none.
func (t *tree) unitOf(i int) int {
	found := -1
	t.up(i, func(p int) bool {
		if t.spans[p].isUnit() || t.isJob(p) {
			found = p
		}
		return found >= 0
	})
	return found
}

// isInner reports whether the span of a query around one is that of the same query, as an
// ORM and a driver write it: with the same text, or with another one and no other query
// inside. Several are queries while rows of the outer one are read.
func (t *tree) isInner(i int) bool {
	outer := t.outerQuery(i)
	return outer >= 0 && (t.spans[outer].Text == t.spans[i].Text || t.inside(outer) < 2)
}

// inside is the number of queries directly inside of another one.
func (t *tree) inside(outer int) int {
	if t.insides == nil {
		t.insides = map[int]int{}
		for i := range t.spans {
			if t.isQuery(i) {
				if o := t.outerQuery(i); o >= 0 {
					t.insides[o]++
				}
			}
		}
	}
	return t.insides[outer]
}

func (t *tree) isQuery(i int) bool {
	s := &t.spans[i]
	return s.isDatabase() && isSQL(s.System) && strings.TrimSpace(s.Text) != ""
}

// outerQuery returns the query inside of whose span one ran, -1 for none.
func (t *tree) outerQuery(i int) int {
	found := -1
	t.up(i, func(p int) bool {
		if t.isQuery(p) {
			found = p
		}
		return found >= 0 || t.spans[p].isUnit()
	})
	return found
}

// notSQL are systems whose statements are no SQL. What is not known may be SQL.
var notSQL = []string{
	"redis", "valkey", "memcached", "mongodb", "aws.dynamodb", "dynamodb", "elasticsearch", "opensearch", "cassandra", "couchbase", "couchdb",
	"neo4j", "hbase", "geode", "influxdb", "azure.cosmosdb", "cosmosdb", "rabbitmq", "kafka", "etcd", "milvus", "pinecone",
}

func isSQL(system string) bool { return !slices.Contains(notSQL, strings.ToLower(system)) }
