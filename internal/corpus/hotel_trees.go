package corpus

import (
	"context"
	"errors"
	"fmt"

	"github.com/querybudget/querybudget/budget"
)

// htTreeCases are walks: recursion, chains and queues; and their repairs.
func htTreeCases() []Case {
	walked := func(table string, also ...string) []Want {
		return []Want{{Kind: budget.NPlusOne, Table: table, Parent: none, Also: also}}
	}
	return []Case{
		{Name: "hotel/bosses-up", About: "from a clerk to the director: each level reads the next, by recursion", Setup: htOf("staff"), Run: htBosses, Want: walk("boss", "staff")},
		{Name: "hotel/merged-guests", About: "a chain of merged guests is followed in a loop", Setup: append(htOf("guests"), "UPDATE guests SET merged_into = id + 4 WHERE id IN (2, 6, 10, 14, 18, 22)", "UPDATE guests SET merged_into = NULL WHERE id = 26"), Run: htMerged, Want: walk("htMerged", "guests")},
		{Name: "hotel/regions-by-closure", About: "a closure that calls itself, depth first", Setup: htOf("regions"), Run: htRegions(1), Want: walked("regions")},
		{Name: "hotel/seven-regions", About: "a part of the tree with seven nodes", Setup: htOf("regions"), Run: htRegions(3), Want: walked("regions")},
		{Name: "hotel/regions-and-hotels", About: "two functions call each other: the sub-regions of a region, and the hotels of each", Setup: htOf("regions hotels"), Run: htMutual, Want: walked("regions", "SELECT")},
		{Name: "hotel/regions-by-queue", About: "breadth first, but node by node", Setup: htOf("regions"), Run: htQueue, Want: []Want{{Kind: budget.NPlusOne, Func: "htQueue", Table: "regions"}}},
		{Name: "hotel/regions-by-method", About: "a method of a node loads its children into nodes of the same type", Setup: htOf("regions"), Run: htNodes, Want: walked("regions")},
		{Name: "hotel/regions-by-list", About: "one read for each level", Setup: htOf("regions"), Run: htLevels},
		{Name: "hotel/regions-recursive", About: "WITH RECURSIVE", Setup: htOf("regions"), Run: htRecursive},
		{Name: "hotel/two-bosses-up", About: "a chain of three", Setup: append(htOf("staff"), "UPDATE staff SET boss_id = 0 WHERE id = 7"), Run: htShortChain},
		{Name: "hotel/five-settings", About: "five different settings by one function, on five lines", Setup: htOf("settings"), Run: htFiveSettings},
		{Name: "hotel/three-and-three", About: "a middleware, and two lists of three on two lines of the handler below it", Setup: htOf("guests rooms"), Run: htThreeAndThree},
	}
}

type htStaff struct{ whStore }

func (s htStaff) boss(ctx context.Context, id int64, names []string) []string {
	var boss int64
	var name string
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT boss_id, name FROM staff WHERE id = ?"), id), &boss, &name) || boss == 0 {
		return append(names, name)
	}
	return s.boss(ctx, boss, append(names, name))
}

func htBosses(ctx context.Context, e *Env) error {
	if n := len((htStaff{whOpen(e)}).boss(ctx, 9, nil)); n != 9 {
		return fmt.Errorf("%d bosses", n)
	}
	return nil
}

func htShortChain(ctx context.Context, e *Env) error {
	if n := len((htStaff{whOpen(e)}).boss(ctx, 9, nil)); n != 3 {
		return fmt.Errorf("%d bosses", n)
	}
	return nil
}

func htMerged(ctx context.Context, e *Env) error {
	s := whOpen(e)
	id := int64(2)
	for {
		var into *int64
		if err := s.db.QueryRowContext(ctx, s.q("SELECT merged_into FROM guests WHERE id = ?"), id).Scan(&into); err != nil {
			return err
		}
		if into == nil {
			break
		}
		id = *into
	}
	if id != 26 {
		return fmt.Errorf("it ends at %d", id)
	}
	return nil
}

func htRegions(root int64) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		s := whOpen(e)
		var visit func(id int64, depth int) int
		visit = func(id int64, depth int) int {
			n := 1
			for _, child := range pmIDs(ctx, s, "SELECT id FROM regions WHERE parent_id = ?", id) {
				n += visit(child, depth+1)
			}
			return n
		}
		if n := visit(root, 0); n < 7 {
			return fmt.Errorf("%d regions", n)
		}
		return nil
	}
}

type htMap struct{ whStore }

func (m htMap) region(ctx context.Context, id int64) int {
	n := 0
	for _, sub := range pmIDs(ctx, m.whStore, "SELECT id FROM regions WHERE parent_id = ? ORDER BY name", id) {
		n += m.place(ctx, sub)
	}
	return n
}

func (m htMap) place(ctx context.Context, region int64) int {
	n := len(pmTexts(ctx, m.whStore, "SELECT code FROM hotels WHERE region_id = ?", region))
	return n + m.region(ctx, region)
}

func htMutual(ctx context.Context, e *Env) error {
	if (htMap{whOpen(e)}).place(ctx, 1) == 0 {
		return errors.New("no hotels")
	}
	return nil
}

func htQueue(ctx context.Context, e *Env) error {
	s := whOpen(e)
	seen := 0
	for queue := []int64{1}; len(queue) > 0; queue = queue[1:] {
		rows, err := s.db.QueryContext(ctx, s.q("SELECT id FROM regions WHERE parent_id = ? ORDER BY id"), queue[0])
		queue = append(queue, ints(rows, err)...)
		seen++
	}
	if seen != 15 {
		return fmt.Errorf("%d regions", seen)
	}
	return nil
}

type htNode struct {
	id   int64
	name string
	subs []*htNode
}

func (n *htNode) fill(ctx context.Context, s whStore) {
	n.subs = whScan[*htNode](s.db.QueryContext(ctx, s.q("SELECT id, name FROM regions WHERE parent_id = ?"), n.id))(func(sub **htNode) []any {
		*sub = new(htNode)
		return []any{&(*sub).id, &(*sub).name}
	})
	for _, sub := range n.subs {
		sub.fill(ctx, s)
	}
}

func htNodes(ctx context.Context, e *Env) error {
	root := htNode{id: 1}
	if root.fill(ctx, whOpen(e)); len(root.subs) != 2 {
		return errors.New("no regions")
	}
	return nil
}

func htLevels(ctx context.Context, e *Env) error {
	s := whOpen(e)
	seen := 0
	for level := []int64{1}; len(level) > 0; {
		seen += len(level)
		level = pmIDs(ctx, s, "SELECT id FROM regions WHERE parent_id IN ("+whMarks(len(level))+")", whArgs(level)...)
	}
	if seen != 15 {
		return fmt.Errorf("%d regions", seen)
	}
	return nil
}

func htRecursive(ctx context.Context, e *Env) error {
	s := whOpen(e)
	drain(s.db.QueryContext(ctx, s.q("WITH RECURSIVE up AS (SELECT id, boss_id FROM (SELECT id, parent_id AS boss_id FROM regions) r WHERE id = ? UNION ALL SELECT r.id, r.parent_id FROM regions r JOIN up u ON u.boss_id = r.id) SELECT id FROM up"), 13))
	return nil
}

func htSetting(ctx context.Context, s whStore, name string) (value string) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT value FROM settings WHERE name = ?"), name), &value)
	return value
}

func htFiveSettings(ctx context.Context, e *Env) error {
	s := whOpen(e)
	checkIn := htSetting(ctx, s, "set-1")
	checkOut := htSetting(ctx, s, "set-4")
	currency := htSetting(ctx, s, "set-2")
	tax := htSetting(ctx, s, "set-7")
	locale := htSetting(ctx, s, "set-8")
	if checkIn+checkOut+currency+tax+locale == "" {
		return errors.New("no settings")
	}
	return nil
}

type htHandler func(ctx context.Context) error

func htLogged(next htHandler) htHandler {
	return func(ctx context.Context) error {
		if err := next(ctx); err != nil {
			return fmt.Errorf("logged: %w", err)
		}
		return nil
	}
}

func htThreeAndThree(ctx context.Context, e *Env) error {
	s := whOpen(e)
	return htLogged(htLogged(func(ctx context.Context) error {
		for _, id := range []int64{19, 4, 11} { // of the form
			_ = htGuests{s}.Name(ctx, id)
		}
		for _, id := range []int64{7, 30, 2} { // of the form
			_ = htGuests{s}.Name(ctx, id)
		}
		return nil
	}))(ctx)
}
