package corpus

import (
	"context"
	"fmt"
	"slices"

	"github.com/querybudget/querybudget/budget"
)

// hospitalPaths are ways from the rows of a read to the queries of a loop.
func hospitalPaths() []Case {
	referral := []int{7, 3, 7, 9, 3, 1}
	codes := filled("referred", "id BIGINT PRIMARY KEY, code VARCHAR(20), doctor BIGINT", 6, func(i int) string {
		return fmt.Sprintf("%d, 'c%d', %d", i, referral[i-1], referral[i-1])
	})
	tree := filled("nodes", "id BIGINT PRIMARY KEY, parent_id BIGINT", 9, func(i int) string {
		return fmt.Sprintf("%d, %d", i+100, map[bool]int{true: 0, false: i/2 + 100}[i == 1])
	})
	people := filled("posted", "id BIGINT PRIMARY KEY, node_id BIGINT", 9, func(i int) string { return fmt.Sprintf("%d, %d", i, i+100) })
	for t := range 9 {
		tree = append(tree, filled(fmt.Sprint("menu", t), "id BIGINT PRIMARY KEY, node_id BIGINT", 12, func(i int) string { return fmt.Sprintf("%d, %d", i, 113-i) })...)
	}
	return []Case{
		{Name: "hospital/walk-by-one-line", About: "the roots and what is below each node come from one line: what a walk answers is no list before it", Values: true, Setup: units(9, 2, 1), Run: walkByOneLine,
			Want: []Want{found(budget.NPlusOne, "unitsOf", "units", none)}},
		{Name: "hospital/codes-once-each", About: "four codes that come twice in the rows, each looked up once where it comes first: a cache has them", Values: true, Setup: and(codes, drugs(9)), Run: drugsOfCodes},
		{Name: "hospital/doctors-in-any-order", About: "the same with numbers that are sorted, and a key of another name", Values: true, Setup: and(codes, doctors(9)), Run: doctorsInOrder,
			Want: []Want{found(budget.NPlusOne, "doctorsInOrder", "doctors", "referred")}},
		{Name: "hospital/comma-join", About: "a join by a comma: its key is not the column of the rows", Values: true, Setup: and(wards(4), patientsOf(4, 3), visitsOf(12, 1)), Run: visitsOfWard,
			Want: []Want{proven(budget.NPlusOne, "visitsOfWard", "visits", "patients")}},
		{Name: "hospital/first-page-without-condition", About: "pages are collected, of which the first one has another condition", Values: true, Setup: and(patientsOf(6, 2), visitsOf(12, 2)), Run: visitsOfPages,
			Want: []Want{proven(budget.NPlusOne, "visitsOfPages", "visits", "patients")}},
		{Name: "hospital/tree-after-menus", About: "a tree in memory, after nine lists with the same nodes in another order", Values: true, Setup: and(tree, people), Run: postedInTree,
			Want: []Want{proven(budget.NPlusOne, "postedBelow", "posted", "nodes")}},
		{Name: "hospital/shared-keys", About: "two tables share their keys: what is written by the id of a new row is written for that", Values: true,
			Setup: []string{"CREATE TABLE logins (id {auto}, name VARCHAR(20))", "CREATE TABLE pictures (id BIGINT PRIMARY KEY, size BIGINT)"}, Run: picturesOfLogins},
	}
}

func unitsOf(ctx context.Context, e *Env, parent int64) []int64 {
	query, args := "SELECT id, name FROM units WHERE parent_id IS NULL", []any(nil)
	if parent > 0 {
		query, args = "SELECT id, name FROM units WHERE parent_id = ?", []any{parent}
	}
	return ints(e.DB.QueryContext(ctx, e.Q(query), args...))
}

func walkByOneLine(ctx context.Context, e *Env) error {
	for queue := []int64{0}; len(queue) > 0; queue = queue[1:] {
		queue = append(queue, unitsOf(ctx, e, queue[0])...)
	}
	return nil
}

func drugsOfCodes(ctx context.Context, e *Env) error {
	seen := make(map[string]bool)
	for _, code := range texts(e.DB.QueryContext(ctx, "SELECT code, id FROM referred ORDER BY id")) {
		if !seen[code] {
			seen[code] = true
			drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM drugs WHERE code = ?"), code))
		}
	}
	return nil
}

func doctorsInOrder(ctx context.Context, e *Env) error {
	all := ints(e.DB.QueryContext(ctx, "SELECT doctor, id FROM referred ORDER BY id"))
	slices.Sort(all)
	for _, doctor := range slices.Compact(all) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM doctors WHERE id = ?"), doctor))
	}
	return nil
}

func visitsOfWard(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, e.Q("SELECT p.id, p.name FROM patients p, wards w WHERE p.ward_id = w.id AND w.id = ? ORDER BY p.id"), 3)) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT cost FROM visits WHERE patient_id = ?"), id))
	}
	return nil
}

func pageOfPatients(ctx context.Context, e *Env, after int64) []int64 {
	query, args := "SELECT id, name FROM patients ORDER BY id LIMIT 5", []any(nil)
	if after > 0 {
		query, args = "SELECT id, name FROM patients WHERE id > ? ORDER BY id LIMIT 5", []any{after}
	}
	return ints(e.DB.QueryContext(ctx, e.Q(query), args...))
}

func visitsOfPages(ctx context.Context, e *Env) error {
	var all []int64
	for page := pageOfPatients(ctx, e, 0); len(page) > 0; page = pageOfPatients(ctx, e, all[len(all)-1]) {
		all = append(all, page...)
	}
	for _, id := range all {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT cost FROM visits WHERE patient_id = ?"), id))
	}
	return nil
}

func postedInTree(ctx context.Context, e *Env) error {
	for t := range 9 {
		drain(e.DB.QueryContext(ctx, fmt.Sprint("SELECT node_id FROM menu", t, " ORDER BY id")))
	}
	below := make(map[int64][]int64)
	for _, node := range pairs(e.DB.QueryContext(ctx, "SELECT id, parent_id FROM nodes ORDER BY id")) {
		below[node[1]] = append(below[node[1]], node[0])
	}
	postedBelow(ctx, e, below, 101)
	return nil
}

func postedBelow(ctx context.Context, e *Env, below map[int64][]int64, node int64) (n int) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM posted WHERE node_id = ?"), node), &n)
	for _, id := range below[node] {
		n += postedBelow(ctx, e, below, id)
	}
	return n
}

func picturesOfLogins(ctx context.Context, e *Env) error {
	for i := range 6 {
		id := inserted(ctx, e, "INSERT INTO logins (name) VALUES (?)", fmt.Sprint("n", i))
		done(e.DB.ExecContext(ctx, e.Q("UPDATE pictures SET size = ? WHERE id = ?"), 200+i, id))
	}
	return nil
}
