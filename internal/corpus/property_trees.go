package corpus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// pmTreeCases walk trees and chains, a read for each node.
func pmTreeCases() []Case {
	return []Case{
		{Name: "property/chart-of-accounts", About: "each account reads those below it: WITH RECURSIVE", Setup: pmOf("accounts"), Run: pmAccountTree, Want: pmN("below", "accounts", "")},
		{Name: "property/path-of-a-folder", About: "from a folder up to the root, one read for each step", Setup: pmOf("folders"), Run: pmFolderPath, Want: pmN("pmFolderPath", "folders", "")},
		{Name: "property/parts-by-a-queue", About: "the parts of a heating by a queue: no recursion, and the same reads", Setup: pmOf("components"), Run: pmPartsQueue, Want: pmN("pmPartsQueue", "components", "")},
		{Name: "property/former-leases", About: "from a lease to the one before it, nine times", Setup: pmOf("leases"), Run: pmFormerLeases, Want: pmN("previous", "leases", "")},
		{Name: "property/parts-in-a-closure", About: "a closure that calls itself", Setup: pmOf("components"), Run: pmPartsClosure, Want: pmN("", "components", "")},
		{Name: "property/folders-and-documents", About: "two functions that call each other read folders and their documents: one loop", Setup: pmOf("folders documents"), Run: pmFoldersAndDocuments, Want: pmN("", "folders", "")},
		{Name: "property/balances-of-a-tree", About: "each call reads the bookings of an account and the accounts below it: one loop of two statements", Setup: pmOf("accounts bookings"), Run: pmBalances, Want: pmN("", "accounts", "")},
		{Name: "property/level-by-level-one-by-one", About: "the tree is read level by level, and each node of a level by itself", Setup: pmOf("components"), Run: pmLevelOneByOne, Want: pmN("pmLevelOneByOne", "components", "")},
		{Name: "property/gorm-accounts", About: "GORM: a method of the model reads the children, and calls itself on each", Setup: pmOf("accounts"), Run: pmGormTree, Want: pmN("descend", "accounts", "")},
	}
}

type pmLedger struct{ whStore }

type pmNode struct {
	id   int64
	name string
}

func (l pmLedger) below(ctx context.Context, parent int64, depth int, out *strings.Builder) {
	nodes := whScan[pmNode](l.db.QueryContext(ctx, l.q("SELECT id, name FROM accounts WHERE parent_id = ? ORDER BY code"), parent))(func(n *pmNode) []any { return []any{&n.id, &n.name} })
	for _, n := range nodes {
		fmt.Fprintf(out, "%*s%s\n", depth*2, "", n.name)
		l.below(ctx, n.id, depth+1, out)
	}
}

func pmAccountTree(ctx context.Context, e *Env) error {
	var out strings.Builder
	pmLedger{whOpen(e)}.below(ctx, 0, 0, &out)
	if strings.Count(out.String(), "\n") != 15 {
		return errors.New("an account is missing")
	}
	return nil
}

func pmFolderPath(ctx context.Context, e *Env) error {
	s := whOpen(e)
	path := ""
	for id := int64(8); id != 0; {
		var name string
		var parent int64
		if err := s.db.QueryRowContext(ctx, s.q("SELECT name, parent_id FROM folders WHERE id = ?"), id).Scan(&name, &parent); err != nil {
			return err
		}
		path, id = "/"+name+path, parent
	}
	if !strings.HasPrefix(path, "/folder 1/") {
		return errors.New(path)
	}
	return nil
}

func pmPartsQueue(ctx context.Context, e *Env) error {
	s := whOpen(e)
	seen := 0
	for queue := []int64{1}; len(queue) > 0; seen++ {
		part := queue[0]
		queue = append(queue[1:], whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM components WHERE parent_id = ? ORDER BY id"), part))...)
	}
	if seen != 15 {
		return errors.New("a part is missing")
	}
	return nil
}

func (r pmLeases) previous(ctx context.Context, id int64) (before int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT previous_id FROM leases WHERE id = ?"), id), &before)
	return before
}

func pmFormerLeases(ctx context.Context, e *Env) error {
	r := pmLeases{whOpen(e)}
	history := []int64{9}
	for {
		before := r.previous(ctx, history[len(history)-1])
		if before == 0 {
			break
		}
		history = append(history, before)
	}
	if len(history) != 9 {
		return fmt.Errorf("%d leases", len(history))
	}
	return nil
}

func pmPartsClosure(ctx context.Context, e *Env) error {
	s := whOpen(e)
	due := 0
	var walk func(parent int64) error
	walk = func(parent int64) error {
		for _, p := range pairs(s.db.QueryContext(ctx, s.q("SELECT id, checked_at FROM components WHERE parent_id = ? AND building_id = ?"), parent, 3)) {
			if p[1] < 7010 {
				due++
			}
			if err := walk(p[0]); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(0)
}

type pmArchive struct {
	whStore
	size int64
}

func (a *pmArchive) folder(ctx context.Context, id int64) {
	var size int64
	one(a.db.QueryRowContext(ctx, a.q("SELECT COALESCE(SUM(size), 0) FROM documents WHERE folder_id = ? AND deleted_at = 0"), id), &size)
	a.size += size
	a.folders(ctx, id)
}

func (a *pmArchive) folders(ctx context.Context, parent int64) {
	for _, id := range whKeys(a.db.QueryContext(ctx, a.q("SELECT id FROM folders WHERE parent_id = ? ORDER BY name"), parent)) {
		a.folder(ctx, id)
	}
}

func pmFoldersAndDocuments(ctx context.Context, e *Env) error {
	a := &pmArchive{whStore: whOpen(e)}
	a.folders(ctx, 0)
	if a.size == 0 {
		return errors.New("an empty archive")
	}
	return nil
}

func (l pmLedger) balance(ctx context.Context, account int64) (sum int64) {
	one(l.db.QueryRowContext(ctx, l.q("SELECT COALESCE(SUM(amount), 0) FROM bookings WHERE account_id = ?"), account), &sum)
	for _, child := range whKeys(l.db.QueryContext(ctx, l.q("SELECT id FROM accounts WHERE parent_id = ? ORDER BY id"), account)) {
		sum += l.balance(ctx, child)
	}
	return sum
}

func pmBalances(ctx context.Context, e *Env) error {
	if (pmLedger{whOpen(e)}).balance(ctx, 1) == 0 {
		return errors.New("nothing was booked")
	}
	return nil
}

func pmLevelOneByOne(ctx context.Context, e *Env) error {
	s := whOpen(e)
	levels := 0
	for level := []int64{1}; len(level) > 0; levels++ {
		var next []int64
		for _, part := range level {
			next = append(next, whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM components WHERE parent_id = ?"), part))...)
		}
		level = next
	}
	if levels != 4 {
		return fmt.Errorf("%d levels", levels)
	}
	return nil
}

func (a pmAccountModel) descend(db *gorm.DB, visit func(pmAccountModel)) error {
	visit(a)
	var children []pmAccountModel
	if err := db.Where("parent_id = ?", a.ID).Order("code").Find(&children).Error; err != nil {
		return err
	}
	for _, child := range children {
		if err := child.descend(db, visit); err != nil {
			return err
		}
	}
	return nil
}

func pmGormTree(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var root pmAccountModel
	if err := db.Where("code = ?", "A1010").Take(&root).Error; err != nil {
		return err
	}
	n := 0
	err := root.descend(db, func(pmAccountModel) { n++ })
	if err == nil && n != 15 {
		return fmt.Errorf("%d accounts", n)
	}
	return err
}
