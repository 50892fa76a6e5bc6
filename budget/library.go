package budget

import (
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// library is what a data library calls the repairs.
type library struct {
	prefix string // of import paths
	rows   string // on the query of the rows
	list   string // a condition for a list of keys; %s is the key's column
	insert string
}

var libraries = []library{
	{"gorm.io/", "Preload or Joins", `Where("%s IN ?", keys)`, "CreateInBatches, or Create with a slice"},
	{"github.com/jinzhu/gorm", "Preload", `Where("%s IN (?)", keys)`, ""},
	{"github.com/uptrace/bun", "Relation", `Where("%s IN (?)", bun.List(keys)), bun.In before v1.3`, "NewInsert with a slice as its model"},
	{"entgo.io/ent", "With... for the edge", "Where(...In(keys...))", "CreateBulk, or one Add... with all ids for an edge"},
	{"xorm.io/", "", `In("%s", keys)`, "Insert with a slice"},
	{"github.com/pocketbase/dbx", "", `dbx.In("%s", keys...)`, ""},
	{"github.com/Masterminds/squirrel", "", `squirrel.Eq{"%s": keys}`, "Values for each row of one InsertBuilder"},
	{"github.com/doug-martin/goqu", "", `goqu.C("%s").In(keys)`, "Rows with a slice"},
}

// libraryOf returns the zero library for one that has no words of its own.
func libraryOf(via string) library {
	for _, l := range libraries {
		if strings.HasPrefix(via, l.prefix) {
			return l
		}
	}
	return library{}
}

// read says how a library asks for the rows of all keys, which a query may have read.
func (l library) read(key string, hasRows bool) string {
	list := l.ofList(key)
	switch {
	case l.rows == "":
		return list
	case list == "":
		return l.rows + " on the query of the rows"
	case hasRows:
		return l.rows + " on the query of the rows, or " + list
	}
	return list + ", or " + l.rows + " on the query of the rows, if there is one"
}

// ofList is the condition for a list of keys, empty where their column is not known.
func (l library) ofList(key string) string {
	switch {
	case !strings.Contains(l.list, "%s"):
		return l.list
	case key == "":
		return ""
	}
	return fmt.Sprintf(l.list, unquoted(statement.Unqualified(key)))
}

// write says how a library writes the rows of all keys, which stand in a column if that is known.
func (l library) write(g *Group, key string) string {
	list := l.ofList(key)
	switch {
	case g.Verb == "UPDATE" && list != "":
		return "one UPDATE for all: " + list + " for one value, CASE for several"
	case g.Verb == "DELETE" && list != "":
		return "one DELETE with a list of keys: " + list
	case g.Verb != "INSERT" || l.insert == "":
		return ""
	case l.prefix == "gorm.io/" && g.Upserts && (2*g.Distinct <= g.Queries || g.changesNothing()):
		return "rows that are there are written again, as Create and Save do with what a model has loaded: Omit(clause.Associations)"
	default:
		return l.insert
	}
}

// changesNothing reports whether no execution of a write has changed a row.
func (g *Group) changesNothing() bool {
	return g.RowsAffected == 0 && g.Rows == 0 && g.AffectedUnknown == 0
}
