package budget

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// What the names of tables and columns say.

// plainName is a name without its qualifier, case and underscores.
func plainName(name string) string {
	return strings.ToLower(strings.ReplaceAll(statement.Unqualified(name), "_", ""))
}

// irregular are plurals of tables that no ending tells.
var irregular = map[string]string{"people": "person", "children": "child", "men": "man", "women": "woman", "data": "datum", "media": "medium", "criteria": "criterion"}

// singular takes the ending of a plural off: authors, boxes, categories.
func singular(name string) string {
	switch {
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case irregular[name] != "":
		return irregular[name]
	case strings.HasSuffix(name, "zzes"):
		return strings.TrimSuffix(name, "zes")
	case strings.HasSuffix(name, "yses"):
		return strings.TrimSuffix(name, "es") + "is"
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "xes"), strings.HasSuffix(name, "ches"), strings.HasSuffix(name, "shes"):
		return strings.TrimSuffix(name, "es")
	case strings.HasSuffix(name, "ss"):
		return name
	default:
		return strings.TrimSuffix(name, "s")
	}
}

// selects reports whether a column is named between SELECT and FROM.
func selects(st *statement.Statement, plain string) bool {
	list, ok := selectList(st.Shape)
	if !ok {
		return false
	}
	return slices.ContainsFunc(names(list), func(name string) bool { return plainName(name) == plain })
}

// selectList returns what stands between SELECT and its FROM.
func selectList(shape string) (string, bool) {
	upper := strings.ToUpper(shape)
	begin := strings.Index(upper, "SELECT ")
	if begin < 0 || len(upper) != len(shape) {
		return "", false
	}
	begin += len("SELECT")
	end := strings.Index(upper[begin:], " FROM ")
	if end < 0 {
		return "", false
	}
	return strings.TrimSpace(shape[begin : begin+end]), true // PostgreSQL takes a SELECT without columns
}

// names returns the whole names in a part of a shape.
func names(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && r != '.' && r != '$' && r < 0x80 && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}
