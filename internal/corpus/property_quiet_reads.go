package corpus

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"
)

// pmQuietReadCases look like loops of reads, and nobody would change them.
func pmQuietReadCases() []Case {
	return []Case{
		{Name: "property/tenants-in-one-list", About: "the tenants of all leases by one IN list: the repair", Setup: pmOf("leases tenants"), Run: pmTenantsInOneList},
		{Name: "property/chunks-of-serials", About: "thirty serials in chunks of five: lists of keys", Setup: pmOf("meters"), Run: pmChunksOfSerials},
		{Name: "property/leases-by-keyset", About: "seven pages, each after the last contract of the one before", Setup: pmOf("leases"), Run: pmByKeyset},
		{Name: "property/readings-by-offset", About: "LIMIT and OFFSET until a page is short", Setup: pmOf("readings"), Run: pmByOffset},
		{Name: "property/invoices-by-ranges", About: "ranges of ids, four at a time", Setup: pmOf("invoices"), Run: pmByRanges},
		{Name: "property/accounts-by-levels", About: "one query for each level, with all keys of the level above", Setup: pmOf("accounts"), Run: pmByLevels},
		{Name: "property/parts-by-recursive-query", About: "WITH RECURSIVE, and then the building", Setup: pmOf("components buildings"), Run: pmByRecursive},
		{Name: "property/gorm-preloads", About: "GORM: Preload is one query for each relation", Setup: pmOf("flats leases tenants"), Run: pmGormPreloads},
		{Name: "property/gorm-find-in-batches", About: "GORM: FindInBatches, and one IN list for each batch", Setup: pmOf("leases tenants"), Run: pmGormBatches},
		{Name: "property/bun-relations", About: "bun: one query for the flats, one for their leases", Setup: pmOf("flats leases tenants"), Run: pmBunRelations},
		{Name: "property/sqlx-in", About: "sqlx.In: the repair", Setup: pmOf("repair_orders craftsmen"), Run: pmSqlxIn},
		{Name: "property/numbers-of-the-month", About: "six counts of six tables on six lines", Setup: pmOf("flats leases invoices payments repair_orders inspections"), Run: pmNumbers},
		{Name: "property/page-in-parallel", About: "an errgroup of five different queries", Setup: pmOf("flats leases meters flat_keys inspections"), Run: pmInParallel},
		{Name: "property/page-and-its-total", About: "the page of a search, and the number of hits", Setup: pmOf("flats"), Run: pmPageAndTotal},
		{Name: "property/two-lists-of-three", About: "three old and three new meters, which came with the form, on two lines: two loops below the threshold", Setup: pmOf("meters"), Run: pmTwoLists},
		{Name: "property/four-ids-of-the-request", About: "four ids that came with the request, and no rows prove a loop", Setup: pmOf("flats"), Run: pmFourIDs},
		{Name: "property/five-settings-by-name", About: "five different settings on five lines, by one helper: no loop", Setup: pmOf("settings"), Run: pmFiveSettings},
		{Name: "property/lease-tenant-flat", About: "one lease, its tenant, its flat and its building: one round trip each, once", Setup: pmOf("leases tenants flats buildings"), Run: pmOneOfEach},
		{Name: "property/from-flat-to-flat", About: "a move reads the flat that is left and the one that is moved into", Setup: pmOf("flats tenants"), Run: pmMove},
		{Name: "property/tariffs-loaded-once", About: "the cache reads its whole table at the first miss, and answers thirty times", Setup: pmOf("meters flats buildings tariffs"), Run: pmTariffsOnce},
		{Name: "property/misses-of-two-pages", About: "the cache reads all that it lacks in one query, for each of two pages", Setup: pmOf("flats buildings"), Run: pmMisses},
		{Name: "property/grouped-in-memory", About: "flats and leases by a JOIN, grouped by Go", Setup: pmOf("flats leases"), Run: pmGrouped},
		{Name: "property/newest-by-window", About: "ROW_NUMBER gives the newest reading of all meters: the repair", Setup: pmOf("meters readings"), Run: pmByWindow},
	}
}

func pmTenantsInOneList(ctx context.Context, e *Env) error {
	s := whOpen(e)
	leases := (pmLeases{s}).Running(ctx, 63000)
	ids := make([]int64, 0, len(leases))
	for _, l := range leases {
		ids = append(ids, l.tenant)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	n := drain(s.db.QueryContext(ctx, s.q("SELECT id, name, email FROM tenants WHERE id IN ("+whMarks(len(ids))+")"), whArgs(ids)...))
	if n != len(ids) {
		return errors.New("a tenant is missing")
	}
	return nil
}

func pmChunksOfSerials(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var serials []any
	for i := range 30 {
		serials = append(serials, fmt.Sprintf("M%06d", (i+1)*3307))
	}
	known := 0
	for chunk := range slices.Chunk(serials, 5) {
		known += drain(s.db.QueryContext(ctx, s.q("SELECT id, serial FROM meters WHERE serial IN ("+whMarks(len(chunk))+")"), chunk...))
	}
	if known != 30 {
		return errors.New("a meter is missing")
	}
	return nil
}

func pmByKeyset(ctx context.Context, e *Env) error {
	s := whOpen(e)
	n := 0
	for after := ""; ; {
		page := pmTexts(ctx, s, "SELECT contract FROM leases WHERE contract > ? ORDER BY contract LIMIT 3", after)
		if n += len(page); len(page) < 3 {
			break
		}
		after = page[len(page)-1]
	}
	if n != 20 {
		return fmt.Errorf("%d leases", n)
	}
	return nil
}

func pmByOffset(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const size = 9
	for page := 0; ; page++ {
		if drain(s.db.QueryContext(ctx, s.q("SELECT id, value FROM readings WHERE source = ? ORDER BY id LIMIT ? OFFSET ?"), "radio", size, page*size)) < size {
			return nil
		}
	}
}

func pmByRanges(ctx context.Context, e *Env) error {
	s := whOpen(e)
	last := tiNumber(ctx, s, "SELECT MAX(id) FROM invoices")
	var open int64
	for from := int64(1); from <= last; from += 4 {
		var sum int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT COALESCE(SUM(open_amount), 0) FROM invoices WHERE id BETWEEN ? AND ?"), from, from+3), &sum)
		open += sum
	}
	if open == 0 {
		return errors.New("all is paid")
	}
	return nil
}

func pmByLevels(ctx context.Context, e *Env) error {
	s := whOpen(e)
	n := 0
	for level := []int64{0}; len(level) > 0; n += len(level) {
		level = whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM accounts WHERE parent_id IN ("+whMarks(len(level))+") ORDER BY code"), whArgs(level)...))
	}
	if n != 15 {
		return errors.New("an account is missing")
	}
	return nil
}

func pmByRecursive(ctx context.Context, e *Env) error {
	s := whOpen(e)
	parts := whKeys(s.db.QueryContext(ctx, s.q("WITH RECURSIVE plant AS (SELECT id, building_id FROM components WHERE id = ? UNION ALL SELECT c.id, c.building_id FROM components c JOIN plant p ON c.parent_id = p.id) SELECT id FROM plant"), 3))
	if len(parts) != 7 {
		return fmt.Errorf("%d parts", len(parts))
	}
	drain(s.db.QueryContext(ctx, s.q("SELECT name FROM buildings WHERE id = ?"), 3))
	return nil
}

func pmGormPreloads(ctx context.Context, e *Env) error {
	var flats []pmFlatModel
	return e.GORM().WithContext(ctx).Preload("Leases", "state = ?", "running").Preload("Leases.Tenant").Where("building_id < ?", 5).Find(&flats).Error
}

func pmGormBatches(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var batch []pmLeaseModel
	return db.Where("state = ?", "running").FindInBatches(&batch, 4, func(tx *gorm.DB, _ int) error {
		var ids []int64
		for _, l := range batch {
			ids = append(ids, l.TenantID)
		}
		var tenants []pmTenantModel
		return db.Where("id IN ?", ids).Find(&tenants).Error
	}).Error
}

func pmBunRelations(ctx context.Context, e *Env) error {
	var flats []pmFlatModel
	return e.Bun().NewSelect().Model(&flats).Relation("Leases", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Relation("Tenant") }).Where("floor > ?", 0).Scan(ctx)
}

func pmSqlxIn(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var codes, names []string
	if err := db.SelectContext(ctx, &codes, "SELECT craftsman_code FROM repair_orders WHERE state = 'new'"); err != nil {
		return err
	}
	query, args, err := sqlx.In("SELECT name FROM craftsmen WHERE code IN (?)", codes)
	if err != nil {
		return err
	}
	return db.SelectContext(ctx, &names, db.Rebind(query), args...)
}

func pmNumbers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	report := map[string]int64{
		"flats":       tiNumber(ctx, s, "SELECT count(*) FROM flats WHERE deleted_at = 0"),
		"leases":      tiNumber(ctx, s, "SELECT count(*) FROM leases WHERE state = 'running'"),
		"invoices":    tiNumber(ctx, s, "SELECT count(*) FROM invoices WHERE state = 'open'"),
		"payments":    tiNumber(ctx, s, "SELECT count(*) FROM payments WHERE booked_at > ?", 8120),
		"orders":      tiNumber(ctx, s, "SELECT count(*) FROM repair_orders WHERE state <> 'done'"),
		"inspections": tiNumber(ctx, s, "SELECT count(*) FROM inspections WHERE day > ?", 7410),
	}
	if len(report) != 6 {
		return errors.New("a number is missing")
	}
	return nil
}

func pmInParallel(ctx context.Context, e *Env) error {
	g, gctx := errgroup.WithContext(ctx)
	const flat = 11
	for _, query := range []string{
		"SELECT number, rooms FROM flats WHERE id = ?",
		"SELECT contract, rent FROM leases WHERE flat_id = ?",
		"SELECT serial, kind FROM meters WHERE flat_id = ?",
		"SELECT tag, holder FROM flat_keys WHERE flat_id = ?",
		"SELECT day, result FROM inspections WHERE flat_id = ?",
	} {
		g.Go(func() error {
			rows, err := e.DB.QueryContext(gctx, e.Q(query), flat)
			if err != nil {
				return err
			}
			for rows.Next() {
			}
			return errors.Join(rows.Err(), rows.Close()) //nolint:sqlclosecheck // it is the case
		})
	}
	return g.Wait()
}

func pmPageAndTotal(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const where = " FROM flats WHERE rooms >= ? AND area < ? AND deleted_at = 0"
	total := tiNumber(ctx, s, "SELECT count(*)"+where, 2, 7000)
	page := pmIDs(ctx, s, "SELECT id"+where+" ORDER BY area LIMIT 10", 2, 7000)
	if int64(len(page)) > total {
		return errors.New("more than all")
	}
	return nil
}

func pmTwoLists(ctx context.Context, e *Env) error {
	s := whOpen(e)
	serialOf := func(id int64) (serial string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT serial FROM meters WHERE id = ?"), id), &serial)
		return serial
	}
	var removed, fitted []string
	for _, id := range []int64{14, 3, 27} {
		removed = append(removed, serialOf(id))
	}
	for _, id := range []int64{8, 22, 19} {
		fitted = append(fitted, serialOf(id))
	}
	if slices.Equal(removed, fitted) {
		return errors.New("nothing changes")
	}
	return nil
}

func pmFourIDs(ctx context.Context, e *Env) error {
	s := whOpen(e)
	sum := int64(0)
	for _, id := range []int64{18, 5, 21, 12} {
		var area int64
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT area FROM flats WHERE id = ?"), id), &area) {
			return errors.New("no such flat")
		}
		sum += area
	}
	_ = sum
	return nil
}

func pmFiveSettings(ctx context.Context, e *Env) error {
	s := whOpen(e)
	config := struct{ fee, days, limit, currency, sender string }{}
	config.fee = pmSetting(ctx, s, "set-1")
	config.days = pmSetting(ctx, s, "set-2")
	config.limit = pmSetting(ctx, s, "set-3")
	config.currency = pmSetting(ctx, s, "set-4")
	config.sender = pmSetting(ctx, s, "set-5")
	if config.fee == config.sender {
		return errors.New("not configured")
	}
	return nil
}
