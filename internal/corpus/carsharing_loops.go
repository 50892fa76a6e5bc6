package corpus

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"

	"github.com/querybudget/querybudget/budget"
)

// csLoopCases are reads for each row.
func csLoopCases() []Case {
	return []Case{
		{
			Name: "carsharing/fleet-board", About: "the newest telemetry of each of twelve vehicles, from a repository that a service calls",
			Setup: csOf("vehicles telemetry"), Run: csFleetBoard, Want: []Want{proven(budget.NPlusOne, "Latest", "telemetry", "vehicles")},
		},
		{
			Name: "carsharing/tariff-of-each", Values: true, About: "24 vehicles of four tariffs: repeated keys are a loop",
			Setup: csOf("vehicles tariffs"), Run: csTariffOfEach, Want: []Want{found(budget.NPlusOne, "csTariffOfEach", "tariffs", "vehicles")},
		},
		{
			Name: "carsharing/three-stations", About: "three stations were read, and the free cars of each are counted",
			Setup: csOf("stations vehicles"), Run: csThreeStations, Want: []Want{proven(budget.NPlusOne, "csThreeStations", "vehicles", "stations")},
		},
		{
			Name: "carsharing/four-damages", About: "four damages, and the plate of the vehicle of each",
			Setup: csOf("damages vehicles"), Run: csFourDamages, Want: []Want{proven(budget.NPlusOne, "csFourDamages", "vehicles", "damages")},
		},
		{
			Name: "carsharing/generic-find", About: "a generic getter, for each booking",
			Setup: csOf("bookings members"), Run: csGenericFind, Want: []Want{found(budget.NPlusOne, "csFind[...]", "members", "bookings")},
		},
		{
			Name: "carsharing/ids-of-request", About: "the ids came with the request: no parent",
			Setup: csOf("vehicles sessions"), Run: csIDsOfRequest, Want: []Want{found(budget.NPlusOne, "csIDsOfRequest", "vehicles", none)},
		},
		{
			Name: "carsharing/batches-of-telemetry", About: "batches by keyset, and the vehicle of each row of a batch",
			Setup: csOf("telemetry vehicles"), Run: csBatchesOfTelemetry, Want: []Want{found(budget.NPlusOne, "csBatchesOfTelemetry", "vehicles", "telemetry")},
		},
		{
			Name: "carsharing/trip-cards", About: "three questions for each trip, from three functions: one finding",
			Setup: csOf("trips bookings vehicles trip_points"), Run: csTripCards,
			Want: []Want{{Kind: budget.NPlusOne, Table: "bookings", Parent: "trips", Also: []string{"SELECT", "SELECT"}}},
		},
		{
			Name: "carsharing/sqlx-map", About: "Get in a closure that a generic Map calls",
			Setup: csOf("invoices members"), Run: csSQLXMap, Want: []Want{found(budget.NPlusOne, "csSQLXMap.func1", "members", "invoices")},
		},
		{
			Name: "carsharing/gorm-association", About: "Association.Find for each trip",
			Setup: csOf("trips trip_points"), Run: csGORMAssociation, Want: []Want{found(budget.NPlusOne, "csGORMAssociation", "trip_points", "trips")},
		},
		{
			Name: "carsharing/gorm-after-find", About: "a hook that loads the station of each vehicle that was found",
			Setup: csOf("vehicles stations"), Run: csGORMAfterFind, Want: []Want{found(budget.NPlusOne, "AfterFind", "stations", "vehicles")},
		},
		{
			Name: "carsharing/bun-authors", About: "the author of each message; bun writes the values into the text",
			Setup: csOf("messages members"), Run: csBunAuthors, Want: []Want{found(budget.NPlusOne, "csBunAuthors", "members", "messages")},
		},
		{
			Name: "carsharing/bun-exists-each", About: "has it a damage? for each vehicle",
			Setup: csOf("vehicles damages"), Run: csBunExistsEach, Want: []Want{found(budget.NPlusOne, "csBunExistsEach", "damages", "vehicles")},
		},
		{
			Name: "carsharing/prepared", About: "a statement that was prepared before the loop",
			Setup: csOf("bookings vehicles"), Run: csPrepared, Want: []Want{proven(budget.NPlusOne, "csPrepared", "vehicles", "bookings")},
		},
		{
			Name: "carsharing/permission-of-each", About: "may the owner still book? for each booking",
			Setup: csOf("bookings grants"), Run: csPermissionOfEach, Want: []Want{proven(budget.NPlusOne, "allowed", "grants", "bookings")},
		},
		{
			Name: "carsharing/settings-by-name", About: "eight settings by pairs of constants: a list without a parent",
			Setup: csOf("settings"), Run: csSettingsByName, Want: []Want{found(budget.NPlusOne, "setting", "settings", none)},
		},
		{
			Name: "carsharing/latest-message-of-tickets", About: "LIMIT 1 for each ticket of the inbox, with two values",
			Setup: csOf("tickets messages"), Run: csInbox, Want: []Want{found(budget.NPlusOne, "csInbox", "messages", "tickets")},
		},
	}
}

type csVehicles struct{ csRepo }

func (r csVehicles) Active(ctx context.Context, limit int) []int64 {
	return ints(r.db.QueryContext(ctx, r.q("SELECT id, plate FROM vehicles WHERE deleted_at IS NULL ORDER BY plate DESC LIMIT ?"), limit))
}

type csTelemetry struct{ csRepo }

func (r csTelemetry) Latest(ctx context.Context, vehicle int64) (charge, odometer int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT charge, odometer FROM telemetry WHERE vehicle_id = ? ORDER BY at_no DESC LIMIT 1"), vehicle), &charge, &odometer)
	return charge, odometer
}

type csBoard struct {
	vehicles  csVehicles
	telemetry csTelemetry
}

func (b csBoard) Low(ctx context.Context) (low []int64) {
	for _, id := range b.vehicles.Active(ctx, 12) {
		if charge, _ := b.telemetry.Latest(ctx, id); charge < 20 {
			low = append(low, id)
		}
	}
	return low
}

func csFleetBoard(ctx context.Context, e *Env) error {
	b := csBoard{csVehicles{csBase(e)}, csTelemetry{csBase(e)}}
	b.Low(ctx)
	return nil
}

func csTariffOfEach(ctx context.Context, e *Env) error {
	var sum int64
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, tariff_id FROM vehicles WHERE state = 'free' ORDER BY id")) {
		var km int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT per_km FROM tariffs WHERE id = ?"), p[1]), &km)
		sum += km
	}
	return nil
}

func csThreeStations(ctx context.Context, e *Env) error {
	free := map[int64]int64{}
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM stations ORDER BY capacity DESC LIMIT 3")) {
		var n int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM vehicles WHERE station_id = ? AND state = 'free' AND deleted_at IS NULL"), id), &n)
		free[id] = n
	}
	return nil
}

func csFourDamages(ctx context.Context, e *Env) error {
	for _, d := range pairs(e.DB.QueryContext(ctx, "SELECT id, vehicle_id FROM damages WHERE state = 'open' ORDER BY cost DESC LIMIT 4")) {
		var plate string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT plate FROM vehicles WHERE id = ?"), d[1]), &plate)
	}
	return nil
}

// csFind reads one thing by its key.
func csFind[T any](ctx context.Context, r csRepo, query string, scan func(*sql.Row) (T, error), id int64) (T, error) {
	return scan(r.db.QueryRowContext(ctx, r.q(query), id))
}

func csScanMember(row *sql.Row) (m csMember, err error) { return m, row.Scan(&m.ID, &m.Name) }

func csGenericFind(ctx context.Context, e *Env) error {
	for _, b := range pairs(e.DB.QueryContext(ctx, "SELECT id, member_id FROM bookings WHERE state = 'open' ORDER BY starts_at LIMIT 9")) {
		if _, err := csFind(ctx, csBase(e), "SELECT id, name FROM members WHERE id = ?", csScanMember, b[1]); err != nil {
			return err
		}
	}
	return nil
}

func csIDsOfRequest(ctx context.Context, e *Env) error {
	var member int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT member_id FROM sessions WHERE token = ?"), "tok-2"), &member)
	for _, id := range []int64{17, 23, 14, 19, 22, 16} {
		var plate, state string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT plate, state FROM vehicles WHERE id = ?"), id), &plate, &state)
	}
	return nil
}

func csBatchesOfTelemetry(ctx context.Context, e *Env) error {
	for after := int64(0); after < 30; {
		batch := pairs(e.DB.QueryContext(ctx, e.Q("SELECT id, vehicle_id FROM telemetry WHERE id > ? ORDER BY id LIMIT 10"), after))
		for _, t := range batch {
			var odometer int64
			one(e.DB.QueryRowContext(ctx, e.Q("SELECT odometer FROM vehicles WHERE id = ?"), t[1]), &odometer)
			after = t[0]
		}
	}
	return nil
}

type csCard struct{ km, price, points int64 }

func csTripCards(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT id, booking_id, vehicle_id FROM trips WHERE state = 'done' ORDER BY km DESC LIMIT 8")
	try(err)
	var trips [][3]int64
	for rows.Next() {
		var t [3]int64
		try(rows.Scan(&t[0], &t[1], &t[2]))
		trips = append(trips, t)
	}
	try(rows.Err())
	try(rows.Close())
	for _, t := range trips {
		_ = csCard{csCardOdometer(ctx, e, t[2]), csCardPrice(ctx, e, t[1]), csCardPoints(ctx, e, t[0])}
	}
	return nil
}

func csCardOdometer(ctx context.Context, e *Env, vehicle int64) (km int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT odometer FROM vehicles WHERE id = ?"), vehicle), &km)
	return km
}

func csCardPrice(ctx context.Context, e *Env, booking int64) (price int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT price FROM bookings WHERE id = ?"), booking), &price)
	return price
}

func csCardPoints(ctx context.Context, e *Env, trip int64) (n int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM trip_points WHERE trip_id = ?"), trip), &n)
	return n
}

// csMap maps a list.
func csMap[T, R any](list []T, f func(T) R) (out []R) {
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}

func csSQLXMap(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var due []struct {
		ID       int64
		MemberID int64 `db:"member_id"`
		Total    int64
	}
	try(db.SelectContext(ctx, &due, "SELECT id, member_id, total FROM invoices WHERE state = 'due' ORDER BY id LIMIT 11"))
	csMap(due, func(i struct {
		ID       int64
		MemberID int64 `db:"member_id"`
		Total    int64
	},
	) string {
		var mail string
		try(db.GetContext(ctx, &mail, db.Rebind("SELECT email FROM members WHERE id = ?"), i.MemberID))
		return fmt.Sprintf("%s owes %d", mail, i.Total)
	})
	return nil
}

func csGORMAssociation(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var trips []csTrip
	try(g.Where("state = ?", "done").Order("price DESC").Limit(7).Find(&trips).Error)
	for i := range trips {
		try(g.Model(&trips[i]).Association("Points").Find(&trips[i].Points))
	}
	return nil
}

// csHooked is a vehicle whose hook loads the name of its station.
type csHooked struct {
	ID        int64
	StationID int64
	Plate     string
	Station   string `gorm:"-"`
}

func (csHooked) TableName() string { return "vehicles" }

// AfterFind is called by GORM for each row.
func (v *csHooked) AfterFind(tx *gorm.DB) error {
	return tx.Session(&gorm.Session{NewDB: true}).Table("stations").Where("id = ?", v.StationID).Select("name").Scan(&v.Station).Error
}

func csGORMAfterFind(ctx context.Context, e *Env) error {
	var all []csHooked
	return e.GORM().WithContext(ctx).Where("state = ?", "free").Order("charge").Limit(6).Find(&all).Error
}

func csBunAuthors(ctx context.Context, e *Env) error {
	var all []csMessage
	try(e.Bun().NewSelect().Model(&all).Order("at_no DESC").Limit(9).Scan(ctx))
	for _, m := range all {
		author := csMember{ID: m.AuthorID}
		try(e.Bun().NewSelect().Model(&author).Column("id", "name").WherePK().Scan(ctx))
	}
	return nil
}

func csBunExistsEach(ctx context.Context, e *Env) error {
	var all []csVehicle
	try(e.Bun().NewSelect().Model(&all).Where("state = ?", "free").Order("id").Limit(10).Scan(ctx))
	for _, v := range all {
		if _, err := e.Bun().NewSelect().Table("damages").Where("vehicle_id = ?", v.ID).Where("state = 'open'").Exists(ctx); err != nil {
			return err
		}
	}
	return nil
}

func csPrepared(ctx context.Context, e *Env) error {
	stmt, err := e.DB.PrepareContext(ctx, e.Q("SELECT plate FROM vehicles WHERE id = ?"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	for _, b := range pairs(e.DB.QueryContext(ctx, "SELECT id, vehicle_id FROM bookings ORDER BY starts_at DESC LIMIT 8")) {
		var plate string
		one(stmt.QueryRowContext(ctx, b[1]), &plate)
	}
	return nil
}

func (r csRepo) allowed(ctx context.Context, member int64, permission string) bool {
	var n int64
	one(r.db.QueryRowContext(ctx, r.q("SELECT count(*) FROM grants WHERE member_id = ? AND permission = ?"), member, permission), &n)
	return n > 0
}

func csPermissionOfEach(ctx context.Context, e *Env) error {
	r := csBase(e)
	for _, b := range pairs(r.db.QueryContext(ctx, "SELECT id, member_id FROM bookings WHERE state = 'open' ORDER BY id DESC LIMIT 6")) {
		_ = r.allowed(ctx, b[1], "book")
	}
	return nil
}

func (r csRepo) setting(ctx context.Context, tenant int64, name string) (val int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT val FROM settings WHERE tenant_id = ? AND name = ?"), tenant, name), &val)
	return val
}

func csSettingsByName(ctx context.Context, e *Env) error {
	r, all := csBase(e), map[string]int64{}
	for _, tenant := range []int64{1, 2} {
		for _, name := range []string{"set-0", "set-1", "set-2", "set-3"} {
			all[fmt.Sprint(tenant, name)] = r.setting(ctx, tenant, name)
		}
	}
	return nil
}

func csInbox(ctx context.Context, e *Env) error {
	for _, t := range pairs(e.DB.QueryContext(ctx, "SELECT id, member_id FROM tickets WHERE state = 'open' ORDER BY unread DESC, id")) {
		var body string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT body FROM messages WHERE ticket_id = ? AND author_id <> ? ORDER BY at_no DESC LIMIT 1"), t[0], t[1]), &body)
	}
	return nil
}
