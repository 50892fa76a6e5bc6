package corpus

import (
	"context"

	"github.com/querybudget/querybudget/budget"
)

// others are the kinds about rows and contexts.
func others() []Case {
	return []Case{
		{Name: "rows/unclosed", About: "rows that are open when the unit ends", Setup: library(6, 1), Run: leakRows, Want: []Want{{Kind: budget.UnclosedRows, Func: "leakRows", Table: "authors"}}},
		{Name: "rows/closed-early", About: "rows that are closed before their end", Hints: NoHints, Setup: library(6, 1), Run: closeEarly},
		{Name: "rows/large", About: "more rows than a page shows", Setup: numbered("counters", 1001), Run: allCounters, Want: []Want{{Kind: budget.LargeResult, Func: "allCounters", Table: "counters"}}},
		{Name: "rows/thousand", About: "exactly as many as are allowed", Setup: numbered("counters", 1000), Run: allCounters},
		{Name: "rows/nested-once", About: "a query while the rows of another one are open", Setup: library(2, 2), Run: nestedOnce, Want: []Want{{Kind: budget.NestedQuery, Func: "nestedOnce", Table: "books", Parent: "authors"}}},
		{Name: "rows/after-rows", About: "the rows were read first: the repair", Setup: library(2, 2), Run: fewBooks},
		{Name: "context/lost", About: "a helper that takes no context", Setup: library(2, 2), Run: lostContext, Want: []Want{{Kind: budget.Unattributed, Func: "countWithoutContext"}}},
		{Name: "context/own-unit", About: "work that has a recorder of its own", Setup: library(2, 2), Run: ownUnit},
	}
}

func leakRows(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id") //nolint:rowserrcheck,sqlclosecheck // it is the case
	if err != nil {
		return err
	}
	rows.Next()
	e.after = append(e.after, rows.Close)
	return nil
}

func closeEarly(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	rows.Next()
	return rows.Err()
}

func allCounters(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM counters ORDER BY id"))
	return nil
}

func nestedOnce(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	if rows.Next() {
		drain(e.DB.QueryContext(ctx, "SELECT title FROM books ORDER BY id"))
	}
	for rows.Next() {
		continue
	}
	return rows.Err()
}

func lostContext(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	countWithoutContext(e)
	return nil
}

func countWithoutContext(e *Env) { drain(e.DB.Query("SELECT count(*) FROM books")) }

func ownUnit(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id"))
	other, _ := budget.NewContext(context.WithoutCancel(ctx))
	drain(e.DB.QueryContext(other, "SELECT count(*) FROM books"))
	return nil
}
