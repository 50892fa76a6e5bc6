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
	// unproven does not take a parent for wrong that is right and not proven.
	unproven bool
}

// present is to be raised with each repair.
var present = bar{precision: 0.99, recall: 0.99, ofEachKind: 0.96, wrong: 9}

// presentOfPgx is lower where nothing but the values of rows tells the cause: whether they
// changed between two reads (pollState), and which rows a loop is over (eventsBetween,
// asManyAsRows). What sqlwrap gets wrong on PostgreSQL is wrong here, too.
var presentOfPgx = bar{precision: 0.98, recall: 0.99, ofEachKind: 0.92, wrong: 4, unproven: true}

func TestOffice(t *testing.T) { present.run(t, systems...) }

// Where package pgxwrap counts, the same is found.
func TestOfficeOfPgx(t *testing.T) { presentOfPgx.run(t, openPgx) }

func (b bar) run(t *testing.T, on ...open) {
	t.Helper()
	for _, variable := range []string{"QUERYBUDGET_POSTGRES_DSN", "QUERYBUDGET_MYSQL_DSN"} {
		if os.Getenv(variable) == "" && os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: in CI no database may be left out", variable)
		}
	}
	databases, end, err := openDatabases(t.Context(), t.TempDir(), on...)
	defer end()
	if err != nil {
		t.Fatal(err)
	}
	if len(databases) == 0 {
		t.Skip("no server is there: QUERYBUDGET_POSTGRES_DSN is not set")
	}
	cases := officeCases()
	if testing.Short() { // for the race detector, with which SQLite takes ten times as long
		cases = cases[:len(cases)/8]
	}
	v := judgeAll(t.Context(), databases, cases)
	for _, n := range v.notes {
		t.Log(n)
	}
	var table strings.Builder
	if err := v.print(&table, len(databases)); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	if !testing.Short() {
		b.hold(t, v)
	}
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
	if b.unproven {
		wrong -= all.unproven
	}
	wrong += v.repairs - v.valid + v.compared - v.same
	if wrong > b.wrong {
		t.Errorf("call sites: %d of %d, parents: %d of %d, details: %d of %d, valid: %d of %d, equal rows: %d of %d",
			all.sites, all.right, all.parentsRight, all.parents, all.detailsRight, all.details, v.valid, v.repairs, v.same, v.compared)
	}
}
