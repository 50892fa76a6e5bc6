package main

import (
	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/db"
)

func walks(at string) []Want {
	return []Want{{Kind: budget.NPlusOne, Table: "nodes", At: at, Parent: "none"}}
}

var recursionCases = []Case{
	{About: "a tree, node by node", Run: walkTree, Want: walks("children")},
	{About: "a tree without values", Run: walkTreeInProduction, Bare: true, Want: walks("children")},
	{About: "the way to the root, by recursion", Run: walkToRoot, Want: walks("ancestors")},
	{About: "the same in a loop", Run: walkToRootInALoop, Want: []Want{{Kind: budget.NPlusOne, Table: "links", Parent: "none"}}},
	{About: "two functions that call each other", Run: walkInTurns, Want: walks("evenLevel")},
	{About: "a closure that calls itself", Run: walkByClosure, Want: walks("walkByClosure")},
	{About: "closures of growing depth", Run: walkByGrowingClosures, Want: walks("walkByGrowingClosures")},
	{About: "level by level", Run: walkByLevel},
	{About: "WITH RECURSIVE", Run: walkAtOnce},
}

func children(c ctx, d *db.DB, id string) {
	for _, child := range d.Column(c, "SELECT id FROM nodes WHERE parent_id = ?", id) {
		children(c, d, child)
	}
}

func walkTree(c ctx, d *db.DB)             { children(c, d, "1") }
func walkTreeInProduction(c ctx, d *db.DB) { children(c, d, "1") }

func ancestors(c ctx, d *db.DB, id string) {
	if next := d.One(c, "SELECT parent_id FROM nodes WHERE id = ?", id); next != "" && next != "0" {
		ancestors(c, d, next)
	}
}

func walkToRoot(c ctx, d *db.DB) {
	d.Exec(c, "UPDATE nodes SET parent_id = id - 1")
	ancestors(c, d, "10")
}

func walkToRootInALoop(c ctx, d *db.DB) {
	for id := "12"; id != "" && id != "0"; {
		id = d.One(c, "SELECT next_id FROM links WHERE id = ?", id)
	}
}

func evenLevel(c ctx, d *db.DB, id string) {
	for _, child := range d.Column(c, "SELECT id FROM nodes WHERE parent_id = ?", id) {
		oddLevel(c, d, child)
	}
}

func oddLevel(c ctx, d *db.DB, id string) { evenLevel(c, d, id) }

func walkInTurns(c ctx, d *db.DB) { evenLevel(c, d, "1") }

func walkByClosure(c ctx, d *db.DB) {
	var walk func(id string)
	walk = func(id string) {
		for _, child := range d.Column(c, "SELECT id FROM nodes WHERE parent_id = ?", id) {
			walk(child)
		}
	}
	walk("1")
}

func walkByLevel(c ctx, d *db.DB) {
	for level := []string{"1"}; len(level) > 0; {
		level = d.Column(c, "SELECT id FROM nodes WHERE parent_id IN ("+marks(len(level))+")", anys(level)...)
	}
}

func walkAtOnce(c ctx, d *db.DB) {
	d.Rows(c, `WITH RECURSIVE tree (id) AS (
		SELECT id FROM nodes WHERE id = ?
		UNION ALL SELECT n.id FROM nodes n JOIN tree t ON n.parent_id = t.id
	) SELECT id FROM tree`, 1)
}

func walkByGrowingClosures(c ctx, d *db.DB) {
	next := func() {}
	for i := range 12 {
		before := next
		next = func() {
			before()
			d.Rows(c, "SELECT name FROM nodes WHERE id = ?", i+1)
		}
	}
	next()
}
