package main

import (
	"os"
	"strings"
	"testing"
)

// The bar: of what is found in all, and of each kind.
const (
	precisionInAll = 0.99
	recallInAll    = 0.97
	ofEachKind     = 0.95
)

func TestCorpus(t *testing.T) {
	for _, variable := range []string{"QUERYBUDGET_POSTGRES_DSN", "QUERYBUDGET_MYSQL_DSN"} {
		if os.Getenv(variable) == "" && os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: in CI no database may be left out", variable)
		}
	}
	databases, end, err := openDatabases(t.Context(), t.TempDir())
	defer end()
	if err != nil {
		t.Fatal(err)
	}
	v := judgeAll(t.Context(), databases, "")
	for _, n := range v.notes {
		t.Log(n)
	}
	var table strings.Builder
	if err := v.print(&table, len(databases)); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	all := v.all()
	if all.precision() < precisionInAll || all.recall() < recallInAll {
		t.Errorf("in all: precision %.3f, recall %.3f", all.precision(), all.recall())
	}
	for kind, s := range v.kinds {
		if s.precision() < ofEachKind || s.recall() < ofEachKind {
			t.Errorf("%s: precision %.3f, recall %.3f", kind, s.precision(), s.recall())
		}
	}
	if all.sites != all.right || all.parentsRight != all.parents || v.valid != v.repairs || v.same != v.compared {
		t.Errorf("call sites: %d of %d, parents: %d of %d, statements: %d of %d, rows: %d of %d",
			all.sites, all.right, all.parentsRight, all.parents, v.valid, v.repairs, v.same, v.compared)
	}
}
