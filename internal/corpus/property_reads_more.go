package corpus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// pmRepo is a repository of any table.
type pmRepo[T any] struct {
	whStore
	table, columns string
	into           func(*T) []any
}

// Find is the row of a key.
func (r pmRepo[T]) Find(ctx context.Context, id int64) (v T, ok bool) {
	ok = one(r.db.QueryRowContext(ctx, r.q("SELECT "+r.columns+" FROM "+r.table+" WHERE id = ?"), id), r.into(&v)...)
	return v, ok
}

type pmAccount struct {
	code, name string
	balance    int64
}

func pmAccounts(s whStore) pmRepo[pmAccount] {
	return pmRepo[pmAccount]{s, "accounts", "code, name, balance", func(a *pmAccount) []any { return []any{&a.code, &a.name, &a.balance} }}
}

func pmGenericFind(ctx context.Context, e *Env) error {
	s := whOpen(e)
	accounts := pmAccounts(s)
	for _, id := range pmIDs(ctx, s, "SELECT account_id FROM payments WHERE state = ? AND amount > ? ORDER BY booked_at", "new", 32000) {
		if _, ok := accounts.Find(ctx, id); !ok {
			return fmt.Errorf("no account %d", id)
		}
	}
	return nil
}

type pmACL struct{ whStore }

func (a pmACL) level(ctx context.Context, user, building int64) (n int64) {
	one(a.db.QueryRowContext(ctx, a.q("SELECT level FROM permissions WHERE user_id = ? AND building_id = ?"), user, building), &n)
	return n
}

func pmMayEnter(ctx context.Context, e *Env) error {
	s := whOpen(e)
	return pmSignedIn(ctx, s, pmUUID("5e", 4), func(ctx context.Context, u pmUser) error {
		acl := pmACL{s}
		var mine []int64
		for _, id := range pmIDs(ctx, s, "SELECT id FROM buildings ORDER BY city, name") {
			if acl.level(ctx, u.id, id) > 1 {
				mine = append(mine, id)
			}
		}
		if len(mine) == 0 {
			return errors.New("no buildings")
		}
		return nil
	})
}

func (p pmPortfolio) isLet(ctx context.Context, flat int64) (is bool) {
	one(p.db.QueryRowContext(ctx, p.q("SELECT EXISTS(SELECT 1 FROM leases WHERE flat_id = ? AND state IN ('running', 'notice'))"), flat), &is)
	return is
}

func pmVacancies(ctx context.Context, e *Env) error {
	p := pmPortfolio{whOpen(e)}
	free := map[int64]bool{}
	for _, id := range pmIDs(ctx, p.whStore, "SELECT id FROM flats WHERE rooms >= ? AND deleted_at = 0 ORDER BY area", 2) {
		if !p.isLet(ctx, id) {
			free[id] = true
		}
	}
	return nil
}

func pmCheapest(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM buildings WHERE flats_n > 0 ORDER BY code") {
		rows := pairs(s.db.QueryContext(ctx, s.q("SELECT id, rent FROM (SELECT l.id, l.rent, ROW_NUMBER() OVER (ORDER BY l.rent) AS place FROM leases l JOIN flats f ON f.id = l.flat_id WHERE f.building_id = ?) ranked WHERE place <= 2"), id))
		if len(rows) > 2 {
			return errors.New("too many")
		}
	}
	return nil
}

type pmBuildingCache struct {
	whStore
	names map[int64]string
}

func (c pmBuildingCache) get(ctx context.Context, id int64) string {
	if name, ok := c.names[id]; ok {
		return name
	}
	var name string
	one(c.db.QueryRowContext(ctx, c.q("SELECT name FROM buildings WHERE id = ? AND deleted_at = 0"), id), &name)
	c.names[id] = name
	return name
}

func pmCachedBuildings(ctx context.Context, e *Env) error {
	c := pmBuildingCache{whOpen(e), map[int64]string{}}
	for _, building := range pmIDs(ctx, c.whStore, "SELECT building_id FROM flats WHERE deleted_at = 0 ORDER BY area DESC") {
		if c.get(ctx, building) == "" {
			return errors.New("no name")
		}
	}
	return nil
}

func pmShowcase(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var text string
	one(s.db.QueryRowContext(ctx, s.q("SELECT value FROM settings WHERE name = ?"), "showcase"), &text)
	var ids []int64
	if err := json.Unmarshal([]byte(text), &ids); err != nil {
		return err
	}
	for _, id := range ids {
		var number, state string
		one(s.db.QueryRowContext(ctx, s.q("SELECT number, state FROM flats WHERE id = ?"), id), &number, &state)
	}
	return nil
}

func pmNumberInText(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, flat := range pmIDs(ctx, s, "SELECT flat_id FROM repair_orders WHERE cost > ? ORDER BY cost DESC", 14000) {
		var floor int64
		one(s.db.QueryRowContext(ctx, fmt.Sprintf("SELECT floor FROM flats WHERE id = %d", flat)), &floor)
	}
	return nil
}

func pmSortedSet(ctx context.Context, e *Env) error {
	s := whOpen(e)
	set := map[int64]int{}
	for _, l := range (pmLeases{s}).Running(ctx, 62000) {
		set[l.tenant]++
	}
	var mails []string
	for _, id := range slices.Sorted(maps.Keys(set)) {
		var email string
		one(s.db.QueryRowContext(ctx, s.q("SELECT email FROM tenants WHERE id = ?"), id), &email)
		mails = append(mails, email)
	}
	_ = strings.Join(mails, ",")
	return nil
}
