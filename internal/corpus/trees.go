package corpus

import (
	"context"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// walk is the label of a recursion over a tree: one n+1, without a parent.
func walk(function, table string) []Want {
	return []Want{{Kind: budget.NPlusOne, Func: function, Table: table, Parent: none}}
}

// trees are walks of a tree, whose keys come out of the answers before.
func trees() []Case {
	return []Case{
		{Name: "tree/recursion", About: "15 nodes, each read by its own call", Setup: nodes(15, 2), Run: tree, Want: walk("childrenOf", "nodes")},
		{Name: "tree/small", About: "7 nodes", Setup: nodes(7, 2), Run: tree, Want: walk("childrenOf", "nodes")},
		{Name: "tree/three", About: "3 nodes are below the threshold", Setup: nodes(3, 2), Run: tree},
		{Name: "tree/deep", About: "a chain, 20 deep", Setup: nodes(20, 1), Run: tree, Want: walk("childrenOf", "nodes")},
		{Name: "tree/wide", About: "one level of 12: as many stacks as levels", Setup: nodes(13, 12), Run: tree, Want: walk("childrenOf", "nodes")},
		{Name: "tree/up", About: "from a leaf up to the root, in a loop", Setup: nodes(12, 1), Run: pathUp, Want: walk("pathUp", "nodes")},
		{Name: "tree/up-three", About: "the same with three levels", Setup: nodes(3, 1), Run: pathUpThree},
		{Name: "tree/mutual", About: "two functions that call each other", Setup: nodes(14, 1), Run: mutualTree, Want: []Want{{Kind: budget.NPlusOne, Table: "nodes", Parent: none}}},
		{Name: "tree/closure", About: "a closure that calls itself", Setup: nodes(15, 2), Run: closureTree, Want: []Want{{Kind: budget.NPlusOne, Table: "nodes", Parent: none}}},
		{Name: "tree/queue", About: "the walk with a list of what is left, and no recursion", Setup: nodes(15, 2), Run: queueTree, Want: []Want{{Kind: budget.NPlusOne, Func: "queueTree", Table: "nodes"}}},
		{Name: "tree/levels", About: "one read for each level, with all its keys: the repair", Setup: nodes(31, 2), Run: treeByLevels},
		{Name: "tree/out-of-texts", About: "one read at each depth, and the next name stands in a text: no query can follow it", Values: true, Setup: views(7), Run: viewsOfViews},
		{Name: "tree/with-recursive", About: "one read: the repair", Setup: nodes(15, 2), Run: treeInOne},
		{
			Name: "tree/several-statements", About: "each call reads a node and its children: one finding",
			Setup: nodes(15, 2), Run: treeOfTwo, Want: walk("nodeAndChildren", "nodes"),
		},
		{Name: "tree/five-calls", About: "five different calls of one function that does not call itself", Setup: nodes(15, 2), Run: fiveCalls},
	}
}

func tree(ctx context.Context, e *Env) error {
	childrenOf(ctx, e, 1)
	return nil
}

func childrenOf(ctx context.Context, e *Env, id int64) {
	for _, child := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM nodes WHERE parent_id = ? ORDER BY id"), id)) {
		childrenOf(ctx, e, child)
	}
}

func pathUp(ctx context.Context, e *Env) error {
	for id := int64(12); id != 0; {
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT parent_id FROM nodes WHERE id = ?"), id), &id)
	}
	return nil
}

func pathUpThree(ctx context.Context, e *Env) error {
	for id := int64(3); id != 0; {
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT parent_id FROM nodes WHERE id = ?"), id), &id)
	}
	return nil
}

func mutualTree(ctx context.Context, e *Env) error {
	evenLevel(ctx, e, 1)
	return nil
}

func evenLevel(ctx context.Context, e *Env, id int64) {
	for _, child := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM nodes WHERE parent_id = ? ORDER BY id"), id)) {
		oddLevel(ctx, e, child)
	}
}

func oddLevel(ctx context.Context, e *Env, id int64) { evenLevel(ctx, e, id) }

func closureTree(ctx context.Context, e *Env) error {
	var visit func(id int64)
	visit = func(id int64) {
		for _, child := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM nodes WHERE parent_id = ? ORDER BY id"), id)) {
			visit(child)
		}
	}
	visit(1)
	return nil
}

func queueTree(ctx context.Context, e *Env) error {
	for queue := []int64{1}; len(queue) > 0; {
		id := queue[0]
		queue = append(queue[1:], ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM nodes WHERE parent_id = ? ORDER BY id"), id))...)
	}
	return nil
}

func treeByLevels(ctx context.Context, e *Env) error {
	for level := []int64{1}; len(level) > 0; {
		query, args := in("SELECT id FROM nodes WHERE parent_id IN (?) ORDER BY id", level)
		level = ints(e.DB.QueryContext(ctx, e.Q(query), args...))
	}
	return nil
}

func treeInOne(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "WITH RECURSIVE t AS (SELECT id FROM nodes WHERE id = 1 UNION ALL SELECT n.id FROM nodes n JOIN t ON n.parent_id = t.id) SELECT id FROM t"))
	return nil
}

func treeOfTwo(ctx context.Context, e *Env) error {
	nodeAndChildren(ctx, e, 1)
	return nil
}

func nodeAndChildren(ctx context.Context, e *Env, id int64) {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM nodes WHERE id = ?"), id))
	for _, child := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM nodes WHERE parent_id = ? ORDER BY id"), id)) {
		nodeAndChildren(ctx, e, child)
	}
}

func fiveCalls(ctx context.Context, e *Env) error {
	nodeName(ctx, e, 1)
	nodeName(ctx, e, 12)
	nodeName(ctx, e, 3)
	nodeName(ctx, e, 14)
	nodeName(ctx, e, 5)
	return nil
}

func nodeName(ctx context.Context, e *Env, id int64) {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM nodes WHERE id = ?"), id))
}

// views are texts that name the next one each.
func views(n int) []string {
	out := []string{"CREATE TABLE views (name VARCHAR(20) PRIMARY KEY, query VARCHAR(80))"}
	for i := range n {
		out = append(out, fmt.Sprintf("INSERT INTO views VALUES ('v%d', 'SELECT x FROM v%d')", i, i+1))
	}
	return out
}

func viewsOfViews(ctx context.Context, e *Env) error {
	viewOf(ctx, e, "v0")
	return nil
}

func viewOf(ctx context.Context, e *Env, name string) {
	var query string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT query FROM views WHERE name = ?"), name), &query)
	if query != "" {
		viewOf(ctx, e, query[strings.LastIndexByte(query, ' ')+1:])
	}
}
