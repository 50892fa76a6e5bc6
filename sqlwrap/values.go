package sqlwrap

import (
	"database/sql/driver"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// values takes note of the values of rows, for a recorder that tracks them.
type values struct {
	hasher   *statement.Hasher
	isInsert bool
	probes   bool // whether there are rows
	columns  []string
	seen     budget.Values
}

func newValues(h *statement.Hasher, st *statement.Statement) *values {
	return &values{hasher: h, isInsert: st.Verb == "INSERT", probes: st.Probes && looks.MatchString(st.Shape)}
}

// inserted takes note of the id that the database made for a new row. The application did
// not ask: a driver that panics here does so for it alone.
func (v *values) inserted(result driver.Result) {
	defer func() { _ = recover() }()
	if id, err := result.LastInsertId(); err == nil {
		v.seen.Add(0, "", v.hasher.Text(id))
	}
}

// row takes note of a row.
func (v *values) row(bare driver.Rows, dest []driver.Value) {
	for i, value := range dest {
		v.add(bare, i, value)
	}
}

func (v *values) add(bare driver.Rows, i int, value driver.Value) {
	if v.columns == nil {
		v.columns = bare.Columns()
	}
	if v.probes && i == 0 && isSome(value) {
		v.seen.Found()
	}
	if h := v.hasher.Text(value); h != 0 && i < len(v.columns) {
		v.seen.Add(i, v.columns[i], h)
		v.seen.AddItems(v.columns[i], v.hasher.Items(value))
	}
}

// looks are reads whose one value is true, or more than 0, if there are rows.
var looks = regexp.MustCompile(`(?i)^SELECT (EXISTS ?\(|COUNT ?\([^()]*\)( AS \S+)? FROM |\?( AS \S+)? FROM )`)

// isSome reports whether a value is true, or a number that is not 0. MySQL's text protocol returns
// both as texts.
func isSome(value driver.Value) bool {
	switch text := value.(type) {
	case nil:
		return false
	case string:
		return !slices.Contains(textsOfNone, text)
	case []byte:
		return !slices.Contains(textsOfNone, string(text))
	}
	return !reflect.ValueOf(value).IsZero()
}

// textsOfNone are what says that there are no rows.
var textsOfNone = []string{"", "0", "f", "false"}

// hashTexts hashes arguments one by one. Where a statement takes lists, one of one value is that
// value; oneEach is set if there are lists, and all are such.
func hashTexts(h *statement.Hasher, args []driver.NamedValue, lists bool) (hashes []uint64, oneEach bool) {
	hashes = make([]uint64, len(args))
	several := false
	for i := range args {
		value, n := any(args[i].Value), -1
		if lists {
			value, n = elements(value)
		}
		hashes[i] = h.Text(value)
		oneEach, several = oneEach || n == 1, several || n == 0 || n > 1
	}
	return hashes, oneEach && !several
}

// partedArguments is how many arguments are looked into for numbers in texts.
const partedArguments = 4

// partsOf returns the numbers in the first arguments that are texts, nil if there is none.
func partsOf(h *statement.Hasher, args []driver.NamedValue) (parts [][]statement.Part) {
	args = args[:min(len(args), partedArguments)]
	for i := range args {
		if found := h.Parts(args[i].Value); found != nil {
			if parts == nil {
				parts = make([][]statement.Part, len(args))
			}
			parts[i] = found
		}
	}
	return parts
}

// takesArrays reports whether a read takes its keys as arrays, and no list of keys beside them.
func takesArrays(st *statement.Statement) bool {
	if !st.Batched || st.Kind != statement.Read {
		return false
	}
	upper := strings.ToUpper(st.Shape)
	return (strings.Contains(upper, "ANY(") || strings.Contains(upper, "ANY (") || strings.Contains(upper, "UNNEST(")) && !strings.Contains(upper, " IN (")
}

// elements returns the number of values in a list and the first of them, and what is no list with
// -1. Drivers for PostgreSQL take slices, or the text of an array.
func elements(value any) (first any, n int) {
	text, isText := value.(string)
	if bytes, ok := value.([]byte); ok {
		if len(bytes) > maxArray { // a document, as a rule
			return value, -1
		}
		text, isText = string(bytes), true
	}
	if isText {
		inner, ok := inBraces(text)
		if !ok {
			return value, -1
		}
		return inner, strings.Count(inner, ",") + min(len(inner), 1)
	}
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice {
		return value, -1
	}
	if list.Len() == 1 && list.Index(0).CanInterface() {
		return list.Index(0).Interface(), 1
	}
	return value, list.Len()
}

// maxArray is the length up to which bytes are taken for the text of an array.
const maxArray = 100

// inBraces returns what stands in the braces of an array's text, without the quotes of one value.
func inBraces(text string) (inner string, ok bool) {
	if len(text) < 2 || len(text) > maxArray || text[0] != '{' || text[len(text)-1] != '}' || strings.Contains(text, ":") {
		return "", false // JSON has colons
	}
	inner = text[1 : len(text)-1]
	if len(inner) > 1 && inner[0] == '"' && inner[len(inner)-1] == '"' && !strings.Contains(inner, ",") {
		inner = inner[1 : len(inner)-1]
	}
	return inner, true
}
