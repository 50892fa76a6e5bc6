package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/querybudget/querybudget/budget"
)

// The cases of a car-sharing service: stations with vehicles, members who book them,
// trips, invoices, payments, damages, tickets of the support.

// carsharing are its cases. SQLite is the server's database in all of them.
func carsharing() []Case {
	all := slices.Concat(csLoopCases(), csHiddenCases(), csWriteCases(), csDuplicateCases(), csNoDuplicateCases(), csLostUpdateCases(), csInsertCases(), csQuietCases(), csSecondCases())
	for i := range all {
		all[i].SQLite = frServer
	}
	return all
}

// csNoSQLite are the systems with locks of rows.
var csNoSQLite = []string{"postgres", "mysql"}

func csDup(table string) Want { return Want{Kind: budget.Duplicate, Table: table} }

func csLost(table string) []Want { return []Want{{Kind: budget.ReadModifyWrite, Table: table}} }

func csRace(table string) []Want { return []Want{{Kind: budget.SelectThenInsert, Table: table}} }

var csTables = map[string]tableOfRows{
	"stations": {"id {auto}, tenant_id BIGINT, name VARCHAR(40), city VARCHAR(20), capacity BIGINT, parked BIGINT, parent_id BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("%d, 'station %d', 'city %d', %d, %d, %d", i%2+1, i, i%3, 10+i, i, i/2)
	}},
	"vehicles": {"id {auto}, station_id BIGINT, tariff_id BIGINT, plate VARCHAR(20), state VARCHAR(10), odometer BIGINT, charge BIGINT, version BIGINT, deleted_at BIGINT", "", 24, func(i int) string {
		return fmt.Sprintf("%d, %d, 'B-CS %d', 'free', %d, %d, 1, NULL", (i*5)%8+1, i%4+1, 100+i, 1000*i+17, 100-i)
	}},
	"members": {"id {auto}, tenant_id BIGINT, name VARCHAR(40), email VARCHAR(60), plan VARCHAR(10), credit BIGINT, points BIGINT, version BIGINT, referrer_id BIGINT", "", 12, func(i int) string {
		return fmt.Sprintf("%d, 'member %d', 'm%d@example.com', 'basic', %d, %d, 1, %d", i%2+1, i, i, 5000+i*13, 20*i, i-1)
	}},
	"bookings": {"id {auto}, member_id BIGINT, vehicle_id BIGINT, station_id BIGINT, state VARCHAR(10), starts_at BIGINT, ends_at BIGINT, price BIGINT, seats BIGINT, version BIGINT", "", 36, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, '%s', %d, %d, %d, 4, 1", i%12+1, (i*7)%24+1, i%8+1, []string{"open", "done"}[i%2], 1000+10*i, 1005+10*i, 90*i)
	}},
	"trips": {"id {auto}, booking_id BIGINT, vehicle_id BIGINT, km BIGINT, minutes BIGINT, state VARCHAR(10), price BIGINT", "", 36, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, %d, 'done', %d", 37-i, (i*7)%24+1, 3*i, 7*i, 50*i)
	}},
	"trip_points": {"id {auto}, trip_id BIGINT, seq BIGINT, lat BIGINT, lon BIGINT", "", 72, func(i int) string {
		return rowOf((i-1)/2+1, i%2, 52000+i, 13000+i)
	}},
	"invoices": {"id {auto}, member_id BIGINT, no VARCHAR(20), total BIGINT, paid BIGINT, state VARCHAR(10), billed_month BIGINT", "", 20, func(i int) string {
		return fmt.Sprintf("%d, 'CS-%04d', %d, 0, 'due', %d", i%12+1, i, 310*i, 202600+i%12+1)
	}},
	"invoice_lines": {"id {auto}, invoice_id BIGINT, trip_id BIGINT, amount BIGINT, label VARCHAR(40)", "", 60, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'trip'", (i-1)/3+1, i%36+1, 17*i)
	}},
	"payments": {"id {auto}, invoice_id BIGINT, amount BIGINT, ref VARCHAR(40), state VARCHAR(10)", "", 20, func(i int) string {
		return fmt.Sprintf("%d, %d, 'pay_%d', 'new'", 21-i, 310*i, i)
	}},
	"damages": {"id {auto}, vehicle_id BIGINT, kind VARCHAR(20), cost BIGINT, state VARCHAR(10)", "", 12, func(i int) string {
		return fmt.Sprintf("%d, 'scratch', %d, 'open'", (i*5)%24+1, 1900+i)
	}},
	"tariffs": {"id {auto}, name VARCHAR(40), per_km BIGINT, per_min BIGINT, city VARCHAR(20)", "", 4, func(i int) string {
		return fmt.Sprintf("'tariff %d', %d, %d, 'city %d'", i, 20+i, 9+i, i%3)
	}},
	"telemetry": {"id {auto}, vehicle_id BIGINT, at_no BIGINT, charge BIGINT, odometer BIGINT", "", 96, func(i int) string {
		return rowOf((i-1)%24+1, i, 100-i%50, 1000+i)
	}},
	"tickets": {"id {auto}, member_id BIGINT, subject VARCHAR(80), state VARCHAR(10), unread BIGINT", "", 10, func(i int) string {
		return fmt.Sprintf("%d, 'subject %d', 'open', %d", i%6+1, i, i%4)
	}},
	"messages": {"id {auto}, ticket_id BIGINT, author_id BIGINT, body VARCHAR(80), at_no BIGINT", "", 30, func(i int) string {
		return fmt.Sprintf("%d, %d, 'text %d', %d", (i-1)/3+1, (i*5)%12+1, i, i)
	}},
	"sessions": {"token VARCHAR(40) PRIMARY KEY, member_id BIGINT, expires_at BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("'tok-%d', %d, %d", i, 13-i, 100*i)
	}},
	"grants": {"member_id BIGINT, permission VARCHAR(20)", "PRIMARY KEY (member_id, permission)", 12, func(i int) string {
		return fmt.Sprintf("%d, 'book'", i)
	}},
	"settings": {"tenant_id BIGINT, name VARCHAR(20), val BIGINT", "PRIMARY KEY (tenant_id, name)", 8, func(i int) string {
		return fmt.Sprintf("%d, 'set-%d', %d", i%2+1, i/2, 11*i)
	}},
	"outbox":       {"id {auto}, topic VARCHAR(20), payload VARCHAR(80), sent BIGINT", "", 0, nil},
	"audit":        {"id {auto}, actor_id BIGINT, action VARCHAR(40), target VARCHAR(60)", "", 0, nil},
	"idempotency":  {"ikey VARCHAR(60) PRIMARY KEY, response VARCHAR(80)", "", 0, nil},
	"devices":      {"id {auto}, member_id BIGINT, token VARCHAR(60), seen_at BIGINT", "UNIQUE (token)", 0, nil},
	"tags":         {"id {auto}, name VARCHAR(40)", "UNIQUE (name)", 0, nil},
	"vehicle_tags": {"vehicle_id BIGINT, tag_id BIGINT", "PRIMARY KEY (vehicle_id, tag_id)", 0, nil},
	"ledger":       {"id {auto}, member_id BIGINT, amount BIGINT, note VARCHAR(40)", "", 0, nil},
	"favourites":   {"member_id BIGINT, station_id BIGINT, place BIGINT", "PRIMARY KEY (member_id, station_id)", 8, func(i int) string { return rowOf(3, i, i) }},
	"quotas":       {"member_id BIGINT PRIMARY KEY, used BIGINT, max_n BIGINT", "", 12, func(i int) string { return rowOf(i, 3*i, 100) }},
	"jobs":         {"id {auto}, kind VARCHAR(20), state VARCHAR(10), attempts BIGINT", "", 6, func(int) string { return "'mail', 'new', 0" }},
}

func csOf(names string) []string { return tablesOf(csTables, names) }

// csDB is what a repository needs: a handle or a transaction.
type csDB interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// csRepo is embedded by the repositories.
type csRepo struct {
	db csDB
	q  func(string) string
}

func csBase(e *Env) csRepo { return csRepo{e.DB, e.Q} }

// in is the repository in a transaction.
func (r csRepo) in(tx *sql.Tx) csRepo { return csRepo{tx, r.q} }

// csTx runs a function in a transaction.
func csTx(ctx context.Context, e *Env, opts *sql.TxOptions, do func(r csRepo) error) error {
	tx, err := e.DB.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	if err := do(csBase(e).in(tx)); err != nil {
		return err
	}
	return tx.Commit()
}

// csAudit writes the trail, which every handler does.
func (r csRepo) csAudit(ctx context.Context, actor int64, action, target string) {
	done(r.db.ExecContext(ctx, r.q("INSERT INTO audit (actor_id, action, target) VALUES (?, ?, ?)"), actor, action, target))
}

// csEmit writes an event for the relay.
func (r csRepo) csEmit(ctx context.Context, topic, payload string) {
	done(r.db.ExecContext(ctx, r.q("INSERT INTO outbox (topic, payload, sent) VALUES (?, ?, 0)"), topic, payload))
}

// csElse is what another request does meanwhile: a unit of its own.
func csElse(e *Env, query string, args ...any) {
	ctx, _ := budget.NewContext(context.Background())
	done(e.DB.ExecContext(ctx, e.Q(query), args...))
}

// csMarks are n placeholders of a list.
func csMarks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// csAny makes arguments of a list.
func csAny[T any](list []T) (out []any) {
	for _, v := range list {
		out = append(out, v)
	}
	return out
}

type (
	csStation struct {
		bun.BaseModel `bun:"table:stations" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		TenantID      int64
		Name          string
		Capacity      int64
		Parked        int64
	}
	csVehicle struct {
		bun.BaseModel `bun:"table:vehicles" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		StationID     int64
		TariffID      int64
		Plate         string
		State         string
		Charge        int64
		Odometer      int64
		Station       *csStation `bun:"rel:belongs-to,join:station_id=id" gorm:"foreignKey:StationID"`
	}
	csMember struct {
		bun.BaseModel `bun:"table:members" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Name          string
		Email         string
		Plan          string
		Points        int64
	}
	csTrip struct {
		bun.BaseModel `bun:"table:trips" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		BookingID     int64
		VehicleID     int64
		Km            int64
		Price         int64
		Points        []csPoint  `bun:"rel:has-many,join:id=trip_id" gorm:"foreignKey:TripID"`
		Vehicle       *csVehicle `bun:"rel:belongs-to,join:vehicle_id=id" gorm:"foreignKey:VehicleID"`
	}
	csPoint struct {
		bun.BaseModel `bun:"table:trip_points" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		TripID        int64
		Seq           int64
	}
	csLine struct {
		bun.BaseModel `bun:"table:invoice_lines" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		InvoiceID     int64
		TripID        int64
		Amount        int64
		Label         string
	}
	csMessage struct {
		bun.BaseModel `bun:"table:messages" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		TicketID      int64
		AuthorID      int64
		Body          string
	}
	csTag struct {
		bun.BaseModel `bun:"table:tags" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Name          string
	}
	csDevice struct {
		bun.BaseModel `bun:"table:devices" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		MemberID      int64
		Token         string
		SeenAt        int64
	}
)

func (csStation) TableName() string { return "stations" }
func (csVehicle) TableName() string { return "vehicles" }
func (csMember) TableName() string  { return "members" }
func (csTrip) TableName() string    { return "trips" }
func (csPoint) TableName() string   { return "trip_points" }
func (csLine) TableName() string    { return "invoice_lines" }
func (csMessage) TableName() string { return "messages" }
func (csTag) TableName() string     { return "tags" }
func (csDevice) TableName() string  { return "devices" }
