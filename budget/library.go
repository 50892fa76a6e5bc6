package budget

import (
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// library is what a data library calls the repairs.
type library struct {
	prefix string // of import paths
	reads  string // %s is the key's column
	insert string
}

var libraries = []library{
	{"gorm.io/", `Preload or Joins on the query of the rows, or Where("%s IN ?", keys)`, "CreateInBatches, or Create with a slice"},
	{"github.com/jinzhu/gorm", `Preload on the query of the rows, or Where("%s IN (?)", keys)`, ""},
	{"github.com/uptrace/bun", `Relation on the query of the rows, or Where("%s IN (?)", bun.List(keys)), bun.In before v1.3`, "NewInsert with a slice as its model"},
	{"entgo.io/ent", "With... for the edge on the query of the rows, or Where(...In(keys...))", "CreateBulk, or one Add... with all ids for an edge"},
	{"xorm.io/", `In("%s", keys)`, "Insert with a slice"},
	{"github.com/pocketbase/dbx", `dbx.In("%s", keys...)`, ""},
	{"github.com/Masterminds/squirrel", `squirrel.Eq{"%s": keys}`, "Values for each row of one InsertBuilder"},
	{"github.com/doug-martin/goqu", `goqu.C("%s").In(keys)`, "Rows with a slice"},
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

func (l library) read(key string) string {
	switch {
	case l.reads == "":
		return ""
	case !strings.Contains(l.reads, "%s"):
		return l.reads
	case key == "":
		words, _, _ := strings.Cut(l.reads, ", or ")
		if strings.Contains(words, "%s") {
			return ""
		}
		return words
	}
	return fmt.Sprintf(l.reads, unquoted(statement.Unqualified(key)))
}

func (l library) write(g *Group) string {
	switch {
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
