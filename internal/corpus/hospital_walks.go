package corpus

import (
	"context"
	"database/sql"

	"github.com/querybudget/querybudget/budget"
)

// hospitalWalks are walks of trees and graphs.
func hospitalWalks() []Case {
	return []Case{
		{Name: "hospital/mutual-tables", About: "two functions of two tables call each other: one walk", Setup: units(15, 2, 1), Run: mutualTables, Want: []Want{found(budget.NPlusOne, "", "units", none)}},
		{Name: "hospital/path-up", About: "from a unit to the one above it, by recursion", Setup: units(8, 1, 1), Run: pathOfUnit, Want: walk("unitsAbove", "units")},
		{Name: "hospital/path-up-three", About: "a path of three is below the threshold", Setup: units(3, 1, 1), Run: pathOfThree},
		{Name: "hospital/linked-list", About: "each unit names the next one", Setup: units(7, 2, 1), Run: linkedUnits, Want: walk("linkedUnits", "units")},
		{Name: "hospital/tree-in-memory", About: "the tree is read at once, and a count is asked for at each node: the tree is the parent", Values: true, Setup: units(9, 2, 2), Run: countsInTree,
			Want: []Want{proven(budget.NPlusOne, "countBelow", "staff", "units")}},
		{Name: "hospital/tree-in-memory-counted", About: "both are read at once", Setup: units(9, 2, 2), Run: countsInTreeAtOnce},
		{Name: "hospital/graph", About: "who was sent on by whom, with cycles, and each is asked once", Setup: referrals(9), Run: graphByKeys, Want: walk("graphByKeys", "referrals")},
		{Name: "hospital/graph-by-levels", About: "the same with a list of keys for each level", Setup: referrals(30), Run: graphByLevels},
		{Name: "hospital/tree-of-inserts", About: "each node needs the id of the one above it: seven rows are three levels", Values: true, Setup: newUnits(), Run: insertTree(7), Want: []Want{{Kind: budget.WriteLoop, Table: "new_units"}}},
		{Name: "hospital/tree-of-inserts-large", About: "the same with fifteen: level by level there are four INSERTs", Setup: newUnits(), Run: insertTree(15), Want: []Want{{Kind: budget.WriteLoop, Table: "new_units"}}},
		{Name: "hospital/levels-twice", About: "two levels below two units, which are asked for on two lines: each is below the threshold", Setup: units(9, 2, 1), Run: twoLevels},
	}
}

func mutualTables(ctx context.Context, e *Env) error {
	unitWithStaff(ctx, e, 1)
	return nil
}

func unitWithStaff(ctx context.Context, e *Env, id int64) {
	for _, below := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM units WHERE parent_id = ? ORDER BY id"), id)) {
		staffWithUnits(ctx, e, below)
	}
}

func staffWithUnits(ctx context.Context, e *Env, unit int64) {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM staff WHERE unit_id = ?"), unit))
	unitWithStaff(ctx, e, unit)
}

func pathOfUnit(ctx context.Context, e *Env) error {
	unitsAbove(ctx, e, 8)
	return nil
}

func pathOfThree(ctx context.Context, e *Env) error {
	unitsAbove(ctx, e, 3)
	return nil
}

func unitsAbove(ctx context.Context, e *Env, id int64) []int64 {
	var above sql.NullInt64
	if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT parent_id FROM units WHERE id = ?"), id), &above) || !above.Valid {
		return []int64{id}
	}
	return append(unitsAbove(ctx, e, above.Int64), id)
}

func linkedUnits(ctx context.Context, e *Env) error {
	for at := (sql.NullInt64{Int64: 1, Valid: true}); at.Valid; {
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT next_id FROM units WHERE id = ?"), at.Int64), &at)
	}
	return nil
}

// unitTree are the units by the one above them.
func unitTree(ctx context.Context, e *Env) map[int64][]int64 {
	tree := make(map[int64][]int64)
	for _, u := range pairs(e.DB.QueryContext(ctx, "SELECT id, coalesce(parent_id, 0) AS parent_id FROM units ORDER BY id")) {
		tree[u[1]] = append(tree[u[1]], u[0])
	}
	return tree
}

func countBelow(ctx context.Context, e *Env, tree map[int64][]int64, unit int64) (n int) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM staff WHERE unit_id = ?"), unit), &n)
	for _, below := range tree[unit] {
		n += countBelow(ctx, e, tree, below)
	}
	return n
}

func countsInTree(ctx context.Context, e *Env) error {
	countBelow(ctx, e, unitTree(ctx, e), 1)
	return nil
}

func countsInTreeAtOnce(ctx context.Context, e *Env) error {
	unitTree(ctx, e)
	drain(e.DB.QueryContext(ctx, "SELECT unit_id, count(*) FROM staff GROUP BY unit_id"))
	return nil
}

// referrals go from each doctor to two others, in circles.
func referrals(n int) []string {
	return filled("referrals", "from_id BIGINT, to_id BIGINT", 2*n, func(i int) string {
		return rowOf((i-1)/2+1, ((i-1)/2*2+i%2*3+1)%n+1)
	})
}

func graphByKeys(ctx context.Context, e *Env) error {
	seen := map[int64]bool{1: true}
	for queue := []int64{1}; len(queue) > 0; queue = queue[1:] {
		for _, to := range ints(e.DB.QueryContext(ctx, e.Q("SELECT to_id FROM referrals WHERE from_id = ? ORDER BY to_id"), queue[0])) {
			if !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return nil
}

func graphByLevels(ctx context.Context, e *Env) error {
	seen := map[int64]bool{1: true}
	for level := []int64{1}; len(level) > 0; {
		query, args := in("SELECT to_id FROM referrals WHERE from_id IN (?) ORDER BY to_id", level)
		level = nil
		for _, to := range ints(e.DB.QueryContext(ctx, e.Q(query), args...)) {
			if !seen[to] {
				seen[to] = true
				level = append(level, to)
			}
		}
	}
	return nil
}

func newUnits() []string {
	return []string{"CREATE TABLE new_units (id {auto}, parent_id BIGINT, name VARCHAR(20))", "INSERT INTO new_units (parent_id, name) VALUES (0, 'a'), (0, 'b'), (0, 'c')"}
}

func insertUnit(ctx context.Context, e *Env, above int64, name string) (id int64) {
	if e.System == "postgres" {
		one(e.DB.QueryRowContext(ctx, "INSERT INTO new_units (parent_id, name) VALUES ($1, $2) RETURNING id", above, name), &id)
		return id
	}
	result, err := e.DB.ExecContext(ctx, "INSERT INTO new_units (parent_id, name) VALUES (?, ?)", above, name)
	try(err)
	id, err = result.LastInsertId()
	try(err)
	return id
}

func insertTree(n int) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		insertBelow(ctx, e, 0, 1, n)
		return nil
	}
}

func insertBelow(ctx context.Context, e *Env, above int64, node, n int) {
	if node > n {
		return
	}
	id := insertUnit(ctx, e, above, "unit")
	insertBelow(ctx, e, id, 2*node, n)
	insertBelow(ctx, e, id, 2*node+1, n)
}

func unitsBelow(ctx context.Context, e *Env, id int64) []int64 {
	return ints(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM units WHERE parent_id = ? ORDER BY id"), id))
}

func twoLevels(ctx context.Context, e *Env) error {
	left, right := unitsBelow(ctx, e, 2), unitsBelow(ctx, e, 3)
	for _, id := range left {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM staff WHERE unit_id = ?"), id))
	}
	for _, id := range right {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM staff WHERE unit_id = ?"), id))
	}
	return nil
}
