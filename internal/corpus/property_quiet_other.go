package corpus

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// pmQuietOtherCases poll, set up, migrate, and retry.
func pmQuietOtherCases() []Case {
	return []Case{
		{Name: "property/job-is-polled", Values: true, About: "the request waits for a job of another process", Setup: pmOf("jobs"), Run: pmPolled},
		{Name: "property/until-the-payment-appears", About: "the bank's message is awaited: the row is looked for until it is there", Setup: pmOf("payments"), Run: pmAppears},
		{Name: "property/migrations", About: "a table of versions, and a dozen statements of DDL", Setup: pmOf("flats"), Run: pmMigrations},
		{Name: "property/backfill-in-a-migration", About: "a column is added, and filled for each building: what runs around DDL is set-up", Setup: pmOf("buildings flats"), Run: pmMigrationBackfill},
		{Name: "property/seeds", About: "a table is made and seeded row by row", Run: pmSeeds},
		{Name: "property/gorm-migrates", About: "GORM: AutoMigrate looks at the schema again and again", Setup: pmOf("flats tenants"), Run: pmGormMigrates},
		{Name: "property/columns-of-each-table", Systems: []string{"postgres", "mysql"}, About: "the schema is looked at, table by table", Setup: pmOf("flats tenants leases meters readings invoices payments"), Run: pmColumns},
		{Name: "property/user-and-menu", About: "session, user, rights and menu: what every request reads, once", Setup: pmOf("sessions users permissions buildings"), Run: pmUserAndMenu},
	}
}

func pmPolled(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for range 9 {
		var state string
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM jobs WHERE id = ?"), 5), &state)
		if state == "done" {
			return nil
		}
		whByOthers(func(ctx context.Context) {
			tiExec(ctx, s, "UPDATE jobs SET attempts = attempts + 1, state = CASE WHEN attempts >= 5 THEN 'done' ELSE 'new' END WHERE id = ?", 5)
		})
	}
	return errors.New("it takes too long")
}

func pmAppears(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const ref = "PAY-7007"
	for try := range 8 {
		var id int64
		if one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM payments WHERE ref = ?"), ref), &id) {
			return nil
		}
		if try == 5 {
			whByOthers(func(ctx context.Context) {
				tiExec(ctx, s, "INSERT INTO payments (ref, payer, invoice_id, account_id, amount, state, booked_at) VALUES (?, 'XX', 3, 4, 900, 'new', 8200)", ref)
			})
		}
	}
	return errors.New("it did not come")
}

func pmMigrations(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tiExec(ctx, s, "CREATE TABLE schema_versions (version BIGINT PRIMARY KEY, name VARCHAR(40))")
	steps := []string{
		"CREATE TABLE owners (id BIGINT PRIMARY KEY, name VARCHAR(40))",
		"CREATE TABLE shares (owner_id BIGINT, flat_id BIGINT, part BIGINT)",
		"CREATE INDEX shares_owner ON shares (owner_id)",
		"CREATE INDEX shares_flat ON shares (flat_id)",
		"ALTER TABLE flats ADD COLUMN owner_id BIGINT",
		"ALTER TABLE owners ADD COLUMN email VARCHAR(60)",
		"CREATE INDEX flats_owner ON flats (owner_id)",
	}
	for i, step := range steps {
		version := i + 1
		if one(s.db.QueryRowContext(ctx, s.q("SELECT version FROM schema_versions WHERE version = ?"), version), new(int64)) {
			continue
		}
		tiExec(ctx, s, step)
		tiExec(ctx, s, "INSERT INTO schema_versions (version, name) VALUES (?, ?)", version, strings.Fields(step)[2])
	}
	return nil
}

func pmMigrationBackfill(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tiExec(ctx, s, "ALTER TABLE buildings ADD COLUMN area BIGINT")
	for _, id := range pmIDs(ctx, s, "SELECT id FROM buildings ORDER BY id") {
		area := tiNumber(ctx, s, "SELECT COALESCE(SUM(area), 0) FROM flats WHERE building_id = ?", id)
		tiExec(ctx, s, "UPDATE buildings SET area = ? WHERE id = ?", area, id)
	}
	tiExec(ctx, s, "CREATE INDEX buildings_area ON buildings (area)")
	return nil
}

func pmSeeds(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tiExec(ctx, s, "CREATE TABLE meter_kinds (code VARCHAR(10) PRIMARY KEY, unit VARCHAR(10))")
	for code, unit := range map[string]string{"heat": "kWh", "water": "m3", "hot": "m3", "power": "kWh", "gas": "m3", "oil": "l"} {
		tiExec(ctx, s, "INSERT INTO meter_kinds (code, unit) VALUES (?, ?)", code, unit)
	}
	return nil
}

func pmGormMigrates(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).AutoMigrate(&pmReadingModel{}, &pmNoticeModel{}, &pmAccountModel{})
}

func pmColumns(ctx context.Context, e *Env) error {
	s := whOpen(e)
	current := map[string]string{"postgres": "current_schema()", "mysql": "DATABASE()"}[e.System]
	for _, table := range pmTexts(ctx, s, "SELECT table_name FROM information_schema.tables WHERE table_schema = "+current+" ORDER BY table_name") {
		columns := pmTexts(ctx, s, "SELECT column_name FROM information_schema.columns WHERE table_schema = "+current+" AND table_name = ? ORDER BY ordinal_position", table)
		if len(columns) == 0 {
			return fmt.Errorf("%s has no columns", table)
		}
	}
	return nil
}

func pmUserAndMenu(ctx context.Context, e *Env) error {
	s := whOpen(e)
	return pmSignedIn(ctx, s, pmUUID("5e", 1), func(ctx context.Context, u pmUser) error {
		rights := pairs(s.db.QueryContext(ctx, s.q("SELECT building_id, level FROM permissions WHERE user_id = ?"), u.id))
		if len(rights) == 0 {
			return errors.New("no rights")
		}
		ids := make([]int64, 0, len(rights))
		for _, r := range rights {
			ids = append(ids, r[0])
		}
		drain(s.db.QueryContext(ctx, s.q("SELECT id, name FROM buildings WHERE id IN ("+whMarks(len(ids))+") ORDER BY name"), whArgs(ids)...))
		return nil
	})
}
