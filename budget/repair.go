package budget

import (
	"slices"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// readRepair says how a loop of reads becomes one query: in the words of the library that
// sent it, or as SQL where there is a form of it that is right for sure.
func (f *finder) readRepair(g *loopGroup, parent *Related) string {
	repair := f.readAdvice(g, parent) + "; saves " + plural(g.Queries-1, "round trip")
	if parent == nil {
		return repair
	}
	of := parent.CallSite()
	if of.IsZero() || of.Library {
		return repair // a line of a library says nothing
	}
	site := callsite.Distinguish([]callsite.CallSite{of, g.CallSite()})[0]
	return repair + "; the rows come from " + site.File + ":" + strconv.Itoa(site.Line)
}

const oneForAll = "one query for all, and put the rows together in memory"

func (f *finder) readAdvice(g *loopGroup, parent *Related) string {
	key := f.keyOfLoop(g)
	switch {
	case g.isChain() && g.MostRows <= 1:
		return "each key comes out of the answer before: one query with WITH RECURSIVE"
	case g.recursive || g.isChain() || g.parent == nil && strings.HasPrefix(plainName(key), "parent"):
		return "a walk of a tree: one query with WITH RECURSIVE, or one for each level with all keys of the level"
	case g.Distinct == 1 && g.Queries > 1 && g.Unknown == 0 && !g.Paged && !g.Batched:
		return "its arguments are the same each time: read once, before the loop"
	case len(g.Tables) == 0:
		return "one query that calls the function for all values"
	}
	if parent := f.parentOfSameRows(g, key); parent != nil && (parent.Batched || asksForList(parent.Shape, key)) {
		return "the query of the rows has read these rows: use what it returned"
	} else if parent != nil {
		return "the query of the rows reads this table: select there what is needed of each row"
	}
	library := libraryOf(g.Via())
	if library.prefix != "" && g.isFirstOfEach(key) {
		return numberedForEach
	}
	// What is compared with no column, and several values, are in no list of a library.
	isList := len(g.Varying) <= 1 && !slices.Contains(g.Varying, "")
	if words := library.read(key, parent != nil); words != "" && isList {
		return words
	}
	if g.Distinct < g.Queries && parent != nil && !g.Paged && !g.Batched {
		return "JOIN it to the query of the rows, or ask once for each different key"
	}
	if !isList {
		return "one query for all, with JOIN or a list of all the values that differ, and put the rows together in memory"
	}
	return g.batched(key)
}

// isChain reports whether each key comes out of the answer before. Rows that were read before have them, if
// that is proven.
func (g *loopGroup) isChain() bool { return g.Chained && g.proof == "" && g.Distinct > 1 }

// parentOfSameRows returns the read whose rows a loop goes through, if these are the rows that it asks
// for again, one by one.
func (f *finder) parentOfSameRows(g *loopGroup, key string) *Query {
	if g.parent == nil || g.proof == "" || g.MostRows > 1 || len(g.Tables) != 1 || g.Verb != "SELECT" || isAggregate(g.Statement) || plainName(g.ofColumn) != plainName(key) {
		return nil
	}
	parent := f.at(g.parent.Position)
	if parent == nil || len(parent.Tables) == 0 || tableKey(parent.Tables[0]) != tableKey(g.Tables[0]) {
		return nil
	}
	return parent
}

// asksForList reports whether a SELECT compares a column with a list.
func asksForList(shape, column string) bool {
	s, _ := parseSelect(shape)
	return slices.ContainsFunc(s.conditions, func(condition string) bool {
		f := strings.Fields(condition)
		return len(f) == 3 && strings.EqualFold(f[1], "IN") && plainName(unquoted(f[0])) == plainName(column)
	})
}

// isFirstOfEach reports whether a LIMIT takes some of many rows of a key. ORDER BY the
// primary key and LIMIT 1 is how libraries ask for one row.
func (g *loopGroup) isFirstOfEach(key string) bool {
	s, ok := parseSelect(g.Shape)
	if !ok || s.limit == "" || plainName(unquoted(key)) == "id" {
		return false
	}
	order, _, _ := strings.Cut(s.orderBy, " ")
	return g.MostRows > 1 || order != "" && plainName(unquoted(order)) != "id"
}

// batchedAdvice is what was said of a statement, whose form costs more to find than to
// keep.
type batchedAdvice struct {
	key, via string
	isAlone  bool // no other value differs
	text     string
}

// batched says how a statement asks for many values of a key.
func (g *Group) batched(key string) string {
	via, isAlone := g.Via(), len(g.Varying) == 1
	if g.advice != nil {
		if known := g.advice.Load(); known != nil && known.key == key && known.via == via && known.isAlone == isAlone {
			return known.text
		}
	}
	advice := &batchedAdvice{key: key, via: via, isAlone: isAlone}
	advice.text = advice.form(g.Shape, g.System)
	if g.advice != nil {
		g.advice.Store(advice)
	}
	return advice.text
}

func (a *batchedAdvice) form(shape, system string) string {
	if s, ok := parseSelect(shape); ok {
		if sql, ok := s.batch(a.key, system); ok {
			condition := ""
			if !a.isAlone {
				condition = s.whereOthersAgree()
			}
			return oneForAll + condition + ": " + sql + inHint(a.via, sql)
		}
	}
	return a.words(shape)
}

const numberedForEach = "one query for all, with a number for the rows of each key (row_number, or LATERAL)"

// words says what a list of keys takes, where no SQL is right for sure: what is counted, numbered or cut off for one
// key has to be for each of them.
func (a *batchedAdvice) words(shape string) string {
	upper := strings.ToUpper(shape)
	of := "the key"
	if a.key != "" {
		of = unquoted(statement.Unqualified(a.key))
	}
	switch {
	case strings.Contains(upper, " LIMIT "), strings.Contains(upper, " FETCH FIRST "), strings.Contains(upper, " FETCH NEXT "), strings.HasPrefix(upper, "SELECT TOP "), strings.HasPrefix(upper, "SELECT TOP("):
		return numberedForEach
	case strings.Contains(upper, "OVER ("), strings.Contains(upper, "OVER("):
		return "one query for all, with a list of keys, and PARTITION BY " + of + " in each of its windows"
	case selectsAggregate(upper), strings.Contains(upper, " GROUP BY "):
		return "one query for all, with a list of keys, and GROUP BY " + of
	}
	return "one query for all, with JOIN or a list of keys, and put the rows together in memory"
}

// selectsAggregate reports whether the list of a SELECT in upper case has an aggregate, perhaps inside of something else.
func selectsAggregate(shape string) bool {
	list, _ := selectList(shape)
	for before, rest, ok := strings.Cut(list, "("); ok; before, rest, ok = strings.Cut(rest, "(") {
		function := before[strings.LastIndexFunc(strings.TrimRight(before, " "), func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') })+1:]
		if slices.Contains(aggregates, strings.TrimRight(function, " ")) {
			return true
		}
	}
	return false
}

// whereOthersAgree says what a list of keys takes for granted: a statement with further
// values is one for all keys only if these are the same each time.
func (s *selectShape) whereOthersAgree() string {
	values := 0
	for _, c := range s.conditions {
		if strings.Contains(c, "?") {
			values++
		}
	}
	if values < 2 {
		return ""
	}
	return ", where the other values are the same"
}

// inHint says how a list gets into IN (?).
func inHint(via, sql string) string {
	switch {
	case !strings.Contains(sql, " IN (?)"):
		return ""
	case strings.HasPrefix(via, "github.com/jmoiron/sqlx"):
		return " with sqlx.In"
	default:
		return " with a placeholder for each key"
	}
}

// keyOfLoop is the column that the loop asks for with another value each time, empty if
// that is not known.
func (f *finder) keyOfLoop(g *loopGroup) string {
	if len(g.Varying) == 1 && g.Varying[0] != "" {
		return g.Varying[0] // a parent's values may be those of another one by chance
	}
	if g.parentKey != "" {
		return g.parentKey
	}
	if len(g.Keys) == 1 {
		return g.Keys[0]
	}
	return ""
}

// writeRepair says how a loop of writes becomes one statement.
func (f *finder) writeRepair(g *loopGroup) string {
	advice := f.writeAdvice(g)
	if own, _ := f.ownTransactions(g); own {
		advice += ", in one transaction"
	}
	return advice + "; saves " + plural(g.Queries-1, "round trip")
}

// keyOfWrites is the column that tells the rows of a loop of writes apart, empty if that is not known.
func (g *loopGroup) keyOfWrites() string {
	if len(g.Keys) == 1 {
		return g.Keys[0]
	}
	return ""
}

func (f *finder) writeAdvice(g *loopGroup) string {
	if g.Verb == "DELETE" && g.Distinct == 1 && g.Unknown == 0 {
		return "the same DELETE each time: send it once"
	}
	isSame := g.Verb == "UPDATE" && (g.Distinct == 1 || slices.Equal(g.Varying, []string{""})) // the same row each time
	if words := libraryOf(g.Via()).write(g.Group, g.keyOfWrites()); words != "" && !isSame {
		return words
	}
	upper := strings.ToUpper(g.Shape)
	switch g.Verb {
	case "INSERT", "REPLACE":
		if strings.Contains(upper, " SELECT ") {
			return "one statement for all: INSERT ... SELECT of all of the rows"
		}
		if g.System == "postgresql" && !strings.Contains(upper, " RETURNING ") && !g.Upserts {
			return "one INSERT with several VALUES tuples, or COPY"
		}
		return "one INSERT with several VALUES tuples"
	case "UPDATE":
		switch {
		case isSame:
			return "one UPDATE with what all of them do together"
		case len(g.Keys) > 0 && g.System == "postgresql":
			return "one UPDATE for all: WHERE ... = ANY for one value, FROM a VALUES list for several"
		}
		return "one UPDATE for all: WHERE ... IN for one value, CASE for several"
	case "DELETE":
		return "one DELETE with a list of keys"
	case "CALL", "EXEC", "EXECUTE":
		return "one call for all: a procedure that takes a list"
	default:
		return "one statement for all"
	}
}
