package main

import (
	"os"
	"strings"
	"testing"
)

// bar is what the cases have to reach: in all, and for each kind. What is false of call
// sites, parents, details and proposed statements may not be more than wrong.
type bar struct {
	precision, recall, ofEachKind float64
	wrong                         int
}

// present is to be raised with each repair.
var present = bar{precision: 0.99, recall: 0.99, ofEachKind: 0.96, wrong: 9}

func TestOffice(t *testing.T) {
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
	present.hold(t, v)
}

func (b bar) hold(t *testing.T, v *verdict) {
	t.Helper()
	all := v.all()
	if all.precision() < b.precision || all.recall() < b.recall {
		t.Errorf("in all: precision %.3f, recall %.3f", all.precision(), all.recall())
	}
	for kind, s := range v.kinds {
		if s.precision() < b.ofEachKind || s.recall() < b.ofEachKind {
			t.Errorf("%s: precision %.3f, recall %.3f", kind, s.precision(), s.recall())
		}
	}
	if v.broken > 0 {
		t.Errorf("%d runs are broken", v.broken)
	}
	wrong := all.right - all.sites + all.parents - all.parentsRight + all.details - all.detailsRight
	wrong += v.repairs - v.valid + v.compared - v.same
	if wrong > b.wrong {
		t.Errorf("call sites: %d of %d, parents: %d of %d, details: %d of %d, valid: %d of %d, equal rows: %d of %d",
			all.sites, all.right, all.parentsRight, all.parents, all.detailsRight, all.details, v.valid, v.repairs, v.same, v.compared)
	}
}
