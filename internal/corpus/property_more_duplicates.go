package corpus

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// pmMoreDuplicateCases are those of GORM, bun, sqlx, views, composite keys, lists and literals.
func pmMoreDuplicateCases() []Case {
	return []Case{
		{Name: "property/gorm-in-handler-and-policy", About: "GORM: the handler and its policy each load the lease", Setup: pmOf("leases permissions flats"), Run: pmGormTwice, Want: pmD("", "leases")},
		{Name: "property/gorm-hook-loads-again", About: "GORM: the method that prints loads the flat that its caller has", Setup: pmOf("flats"), Run: pmGormHook, Want: pmD("pmGormFlat", "flats")},
		{Name: "property/bun-by-two-checks", About: "bun: two checks load the tenant, each for itself", Setup: pmOf("tenants"), Run: pmBunTwice, Want: pmD("pmBunTenant", "tenants")},
		{Name: "property/sqlx-twice", About: "sqlx: the account is read to check it, and to show it", Setup: pmOf("accounts bookings"), Run: pmSqlxTwice, Want: pmD("pmSqlxAccount", "accounts")},
		{Name: "property/view-of-two-partials", About: "two partials of a page ask the same view", Setup: append(pmOf("flats leases"), "CREATE VIEW vacant AS SELECT f.id, f.number FROM flats f WHERE NOT EXISTS (SELECT 1 FROM leases l WHERE l.flat_id = f.id)"), Run: pmViewTwice, Want: pmD("pmVacant", "vacant")},
		{Name: "property/join-of-two-functions", About: "two functions send the same JOIN with the same argument", Setup: pmOf("leases flats buildings"), Run: pmJoinTwice, Want: pmD("", "leases")},
		{Name: "property/literals-of-two-functions", About: "the same text with its literals, from two functions", Setup: pmOf("meters flats"), Run: pmLiteralsTwice, Want: pmD("", "meters")},
		{Name: "property/prepared-and-run-twice", About: "a prepared statement is run twice with the same serial", Setup: pmOf("meters readings"), Run: pmPreparedTwice, Want: pmD("", "meters")},
		{Name: "property/rent-by-two-keys-twice", About: "the rent of a lease and a month, for the letter and for the booking", Setup: pmOf("rents accounts"), Run: pmRentTwice, Want: pmD("due", "rents")},
		{Name: "property/same-list-of-keys", About: "the same IN list is read by two presenters", Setup: pmOf("craftsmen repair_orders"), Run: pmSameList, Want: pmD("pmCraftsmenOf", "craftsmen")},
		{Name: "property/tariff-in-an-inner-loop", About: "the price of one city and kind is read for each month of a bill: once", Setup: pmOf("tariffs rents"), Run: pmTariffInLoop, Want: pmD("price", "tariffs")},
		{Name: "property/cte-for-sum-and-table", About: "a common table expression is sent for the head of a report, and again for its foot", Setup: pmOf("bookings accounts"), Run: pmCTETwice, Want: pmD("turnover", "bookings")},
	}
}

type pmLeasePolicy struct{ db *gorm.DB }

func (p pmLeasePolicy) maySee(lease, user int64) error {
	var l pmLeaseModel
	if err := p.db.First(&l, lease).Error; err != nil {
		return err
	}
	var level int64
	err := p.db.Raw("SELECT p.level FROM permissions p JOIN flats f ON f.building_id = p.building_id WHERE f.id = ? AND p.user_id = ?", l.FlatID, user).Scan(&level).Error
	if err == nil && level == 0 {
		return errors.New("no right")
	}
	return err
}

func pmGormTwice(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var lease pmLeaseModel
	if err := db.First(&lease, 12).Error; err != nil {
		return err
	}
	if err := (pmLeasePolicy{db}).maySee(lease.ID, 5); err != nil {
		return fmt.Errorf("%s: %w", lease.Contract, err)
	}
	return nil
}

func pmGormFlat(db *gorm.DB, id int64) (f pmFlatModel, err error) {
	err = db.Where("deleted_at = 0").Take(&f, id).Error
	return f, err
}

func pmGormHook(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	flat, err := pmGormFlat(db, 16)
	if err != nil {
		return err
	}
	label := func(id int64) string {
		f, err := pmGormFlat(db, id)
		try(err)
		return fmt.Sprintf("%s on floor %d", f.Number, f.Floor)
	}
	if label(flat.ID) == "" {
		return errors.New("no label")
	}
	return nil
}

func pmBunTenant(ctx context.Context, e *Env, number string) (t pmTenantModel, err error) {
	err = e.Bun().NewSelect().Model(&t).Where("number = ?", number).Limit(1).Scan(ctx)
	return t, err
}

func pmBunTwice(ctx context.Context, e *Env) error {
	known := func() error {
		_, err := pmBunTenant(ctx, e, "T-02743")
		return err
	}
	paid := func() error {
		t, err := pmBunTenant(ctx, e, "T-02743")
		if err == nil && t.Balance > 90000 {
			return errors.New("owes too much")
		}
		return err
	}
	return errors.Join(known(), paid())
}

func pmSqlxAccount(ctx context.Context, e *Env, code string) (a struct {
	ID      int64 `db:"id"`
	Balance int64 `db:"balance"`
}, err error) {
	db := e.SQLX()
	err = db.GetContext(ctx, &a, db.Rebind("SELECT id, balance FROM accounts WHERE code = ?"), code)
	return a, err
}

func pmSqlxTwice(ctx context.Context, e *Env) error {
	a, err := pmSqlxAccount(ctx, e, "A1080")
	if err != nil {
		return err
	}
	drain(e.DB.QueryContext(ctx, e.Q("SELECT day, amount FROM bookings WHERE account_id = ? ORDER BY day"), a.ID))
	shown, err := pmSqlxAccount(ctx, e, "A1080")
	if err == nil && shown.Balance != a.Balance {
		return errors.New("two balances")
	}
	return err
}

func pmVacant(ctx context.Context, s whStore) int {
	return drain(s.db.QueryContext(ctx, "SELECT id, number FROM vacant ORDER BY number"))
}

func pmViewTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	banner := func() string { return fmt.Sprintf("%d flats are free", pmVacant(ctx, s)) }
	table := func() int { return pmVacant(ctx, s) }
	if banner() == "" || table() > 24 {
		return errors.New("too many")
	}
	return nil
}

const pmPlaceOfLease = "SELECT b.name, f.number FROM leases l JOIN flats f ON f.id = l.flat_id JOIN buildings b ON b.id = f.building_id WHERE l.contract = ?"

func pmJoinTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	subject := func(contract string) string {
		var building, flat string
		one(s.db.QueryRowContext(ctx, s.q(pmPlaceOfLease), contract), &building, &flat)
		return building + " " + flat
	}
	footer := func(contract string) string {
		var building, flat string
		one(s.db.QueryRowContext(ctx, s.q(pmPlaceOfLease), contract), &building, &flat)
		return flat + ", " + building
	}
	if subject("C-0795") == footer("C-0795") {
		return errors.New("no place")
	}
	return nil
}

func pmLiteralsTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	count := func() int {
		return drain(s.db.QueryContext(ctx, "SELECT serial FROM meters WHERE flat_id = 12 AND kind <> 'gas'"))
	}
	kinds := func() int {
		return drain(s.db.QueryContext(ctx, "SELECT serial FROM meters WHERE flat_id = 12 AND kind <> 'gas'"))
	}
	if count() != kinds() {
		return errors.New("a meter is gone")
	}
	return nil
}

func pmPreparedTwice(ctx context.Context, e *Env) error {
	stmt, err := e.DB.PrepareContext(ctx, e.Q("SELECT id FROM meters WHERE serial = ?"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	var first, second int64
	if err := stmt.QueryRowContext(ctx, "M036377").Scan(&first); err != nil {
		return err
	}
	drain(e.DB.QueryContext(ctx, e.Q("SELECT day, value FROM readings WHERE meter_id = ? ORDER BY day"), first))
	return stmt.QueryRowContext(ctx, "M036377").Scan(&second)
}

func (r pmLeases) due(ctx context.Context, lease, month int64) (amount int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT amount FROM rents WHERE lease_id = ? AND month = ? AND paid = 0"), lease, month), &amount)
	return amount
}

func pmRentTwice(ctx context.Context, e *Env) error {
	r := pmLeases{whOpen(e)}
	letter := fmt.Sprintf("we will book %d", r.due(ctx, 15, 202402))
	drain(r.db.QueryContext(ctx, r.q("SELECT code FROM accounts WHERE parent_id = ? ORDER BY code"), 3))
	if r.due(ctx, 15, 202402) == 0 {
		return errors.New(letter)
	}
	return nil
}

func pmCraftsmenOf(ctx context.Context, s whStore, codes ...any) []string {
	return whScan[string](s.db.QueryContext(ctx, s.q("SELECT name FROM craftsmen WHERE code IN ("+whMarks(len(codes))+") ORDER BY name"), codes...))(func(v *string) []any { return []any{v} })
}

func pmSameList(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var codes []any
	for _, code := range pmTexts(ctx, s, "SELECT DISTINCT craftsman_code FROM repair_orders WHERE cost > ?", 15000) {
		codes = append(codes, code)
	}
	mail := pmCraftsmenOf(ctx, s, codes...)
	calendar := pmCraftsmenOf(ctx, s, codes...)
	if len(mail) != len(calendar) {
		return errors.New("somebody is missing")
	}
	return nil
}

func pmTariffInLoop(ctx context.Context, e *Env) error {
	t := pmTariffs{whOpen(e)}
	sum := int64(0)
	for month := range int64(9) { // of the year so far
		sum += t.price(ctx, "city-2", "power") * (100 + month)
	}
	if sum == 0 {
		return errors.New("power costs nothing")
	}
	return nil
}

func (l pmLedger) turnover(ctx context.Context, from int64) (n, sum int64) {
	one(l.db.QueryRowContext(ctx, l.q("WITH period AS (SELECT amount FROM bookings WHERE day >= ?) SELECT count(*), COALESCE(SUM(amount), 0) FROM period"), from), &n, &sum)
	return n, sum
}

func pmCTETwice(ctx context.Context, e *Env) error {
	l := pmLedger{whOpen(e)}
	n, _ := l.turnover(ctx, 8110)
	drain(l.db.QueryContext(ctx, l.q("SELECT a.code, SUM(b.amount) FROM bookings b JOIN accounts a ON a.id = b.account_id WHERE b.day >= ? GROUP BY a.code ORDER BY a.code"), 8110))
	if _, sum := l.turnover(ctx, 8110); n > 0 && sum == 0 {
		return errors.New("nothing was booked")
	}
	return nil
}
