package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

// The cases of a ticketing service: venues with halls and seats, events with performers and
// price categories, holds, orders, tickets, waiting lists, gates with scanners, payouts.

// ticketing are its cases. SQLite is the server's database in all of them.
func ticketing() []Case {
	all := slices.Concat(
		tiReadLoopCases(), tiHiddenReadLoopCases(), tiNoReadLoopCases(),
		tiWriteCases(), tiNoWriteCases(),
		tiDuplicateCases(), tiNoDuplicateCases(),
		tiLostCases(), tiNotLostCases(), tiInsertCases(), tiNoInsertCases(),
	)
	for i := range all {
		all[i].SQLite = frServer
	}
	return all
}

var (
	tiPostgres = []string{"postgres"}
	tiMySQL    = []string{"mysql"}
)

var tiTables = map[string]tableOfRows{
	"venues": {"id {auto}, name VARCHAR(40), city VARCHAR(40), capacity BIGINT", "", 6, func(i int) string {
		return fmt.Sprintf("'venue %d', 'city %d', %d", i, i%4, 3000+170*i)
	}},
	"halls": {"id {auto}, venue_id BIGINT, name VARCHAR(40), plan VARCHAR(20), deleted BIGINT", "", 9, func(i int) string {
		return fmt.Sprintf("%d, 'hall %d', 'plan-%d', 0", (i*5)%6+1, i, i%4)
	}},
	"areas": {"id {auto}, parent_id BIGINT, name VARCHAR(40)", "", 15, func(i int) string { return fmt.Sprintf("%d, 'area %d'", i/2, i) }},
	"regions": {"id {auto}, parent_id BIGINT, name VARCHAR(40)", "", 9, func(i int) string {
		return fmt.Sprintf("%d, 'region %d'", i-1, i)
	}},
	"seats": {"id {auto}, hall_id BIGINT, label VARCHAR(10), row_no BIGINT, state VARCHAR(10), taken_by BIGINT, version BIGINT", "UNIQUE (hall_id, label)", 48, func(i int) string {
		return fmt.Sprintf("%d, '%c-%d', %d, 'free', 0, 3", (i-1)/8+1, 'A'+i%3, i, i%4+1)
	}},
	"events": {"id {auto}, tenant_id BIGINT, slug VARCHAR(40), title VARCHAR(40), hall_id BIGINT, promoter_id BIGINT, starts_at BIGINT, state VARCHAR(10), sold BIGINT, capacity BIGINT, settings VARCHAR(200), version BIGINT", "UNIQUE (slug)", 14, func(i int) string {
		return fmt.Sprintf("%d, 'show-%d', 'show %d', %d, %d, %d, 'on sale', %d, 900, '{\"doors\":19,\"age\":16}', 6", i%2+1, 100+i*13, i, (i*5)%9+1, (i*3)%8+1, 40000+500*i, 310+9*i)
	}},
	"performers": {"id {auto}, name VARCHAR(40), genre VARCHAR(20), fee BIGINT", "", 11, func(i int) string {
		return fmt.Sprintf("'performer %d', 'genre %d', %d", i, i%3, 70000+310*i)
	}},
	"event_performers": {"event_id BIGINT, performer_id BIGINT, slot BIGINT", "PRIMARY KEY (event_id, performer_id)", 28, func(i int) string {
		return rowOf((i-1)%14+1, (i*4)%11+1, i%5)
	}},
	"categories": {"id {auto}, event_id BIGINT, name VARCHAR(20), price BIGINT, left_n BIGINT, sold BIGINT, version BIGINT", "", 28, func(i int) string {
		return fmt.Sprintf("%d, 'cat-%c', %d, %d, %d, 2", (i-1)/2+1, 'A'+i%2, 4500+120*i, 180+3*i, 60+i)
	}},
	"holds": {"id {auto}, event_id BIGINT, seat_id BIGINT, holder VARCHAR(20), expires_at BIGINT", "UNIQUE (event_id, seat_id)", 16, func(i int) string {
		return fmt.Sprintf("%d, %d, 'cart-%d', %d", 4+(i-1)/8, (i*11)%48+1, 70+(i-1)/8, 90000+i*40)
	}},
	"orders": {"id {auto}, number VARCHAR(20), customer_id BIGINT, event_id BIGINT, state VARCHAR(10), total BIGINT, placed_at BIGINT, note VARCHAR(120), version BIGINT", "UNIQUE (number)", 18, func(i int) string {
		return fmt.Sprintf("'T-%04d', %d, %d, '%s', %d, %d, 'C-26,A-27,B-28,C-29,A-30,B-31,C-32', 2", 5000+19*i, (i*5)%13+1, (i*3)%14+1, []string{"open", "paid"}[i%2], 9000+117*i, 60000+i*50)
	}},
	"tickets": {"id {auto}, order_id BIGINT, event_id BIGINT, seat_id BIGINT, category_id BIGINT, code VARCHAR(20), state VARCHAR(10), scans BIGINT, deleted_at BIGINT", "UNIQUE (code)", 48, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, %d, 'code-%05d', 'valid', %d, 0", (i-1)/8+3, (i*3)%14+1, (i*11)%48+1, (i*5)%28+1, 20000+i*71, i%3)
	}},
	"refunds": {"id {auto}, ticket_id BIGINT, amount BIGINT, state VARCHAR(10)", "UNIQUE (ticket_id)", 8, func(i int) string {
		return fmt.Sprintf("%d, %d, 'new'", (i*7)%48+1, 4200+60*i)
	}},
	"vouchers": {"code VARCHAR(20) PRIMARY KEY, percent BIGINT, left_n BIGINT, used_n BIGINT", "", 6, func(i int) string { return fmt.Sprintf("'FEST-%d', 15, %d, %d", i, 80+i, 30+i) }},
	"waiting": {"id {auto}, event_id BIGINT, customer_id BIGINT, place BIGINT, wanted BIGINT, state VARCHAR(10)", "", 14, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, %d, 'waiting'", (i*3)%5+2, (i*4)%13+1, 200+i*3, i%4+1)
	}},
	"gates": {"id {auto}, event_id BIGINT, name VARCHAR(20), scans BIGINT", "", 7, func(i int) string {
		return fmt.Sprintf("%d, 'gate-%d', %d", (i*2)%14+1, i, 400+21*i)
	}},
	"scanners": {"id {auto}, gate_id BIGINT, device VARCHAR(20), last_seen BIGINT, battery BIGINT, state VARCHAR(10)", "UNIQUE (device)", 9, func(i int) string {
		return fmt.Sprintf("%d, 'dev-%03d', %d, %d, 'on'", (i*5)%7+1, i*97, 80000+i, 50+i)
	}},
	"promoters": {"id {auto}, name VARCHAR(40), balance BIGINT, fee_percent BIGINT, tenant_id BIGINT, version BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("'promoter %d', %d, 8, %d, 4", i, 55000+770*i, i%3+1)
	}},
	"payouts": {"id {auto}, promoter_id BIGINT, amount BIGINT, state VARCHAR(10), ref VARCHAR(40)", "", 10, func(i int) string {
		return fmt.Sprintf("%d, %d, 'due', 'ref-%d'", (i*3)%8+1, 21000+90*i, i*31)
	}},
	"customers": {"id {auto}, email VARCHAR(60), name VARCHAR(40), points BIGINT, locale VARCHAR(5), prefs VARCHAR(200), tenant_id BIGINT", "UNIQUE (email)", 13, func(i int) string {
		return fmt.Sprintf("'fan%d@example.com', 'fan %d', %d, '%s', '{\"sms\":1}', %d", i, i, 210+17*i, []string{"de", "en", "fr"}[i%3], i%2+1)
	}},
	"messages": {"id {auto}, customer_id BIGINT, channel VARCHAR(10), body VARCHAR(80), state VARCHAR(10)", "", 0, nil},
	"templates": {"name VARCHAR(20), locale VARCHAR(5), body VARCHAR(80)", "PRIMARY KEY (name, locale)", 6, func(i int) string {
		return fmt.Sprintf("'%s', '%s', 'body %d'", []string{"moved", "reminder"}[i%2], []string{"de", "en", "fr"}[i%3], i)
	}},
	"outbox": {"id {auto}, topic VARCHAR(20), payload VARCHAR(80), sent BIGINT", "", 12, func(i int) string {
		return fmt.Sprintf("'sold', 'order %d', 0", i*5)
	}},
	"audit":   {"id {auto}, actor VARCHAR(20), action VARCHAR(40), target VARCHAR(60)", "", 0, nil},
	"replies": {"request_key VARCHAR(40) PRIMARY KEY, body VARCHAR(80)", "", 0, nil},
	"settings": {"name VARCHAR(30) PRIMARY KEY, value VARCHAR(40)", "", 9, func(i int) string {
		return fmt.Sprintf("'setting-%d', 'value %d'", i, i*3)
	}},
	"tallies": {"name VARCHAR(30) PRIMARY KEY, n BIGINT", "", 4, func(i int) string { return fmt.Sprintf("'tally-%d', %d", i, 700*i+3) }},
	"ledger": {"id {auto}, account VARCHAR(20), amount BIGINT, balance BIGINT, ref VARCHAR(40)", "", 3, func(i int) string {
		return fmt.Sprintf("'house', %d, %d, 'start'", 500*i, 900*i)
	}},
	"jobs": {"id {auto}, kind VARCHAR(20), payload VARCHAR(40), state VARCHAR(10), done_n BIGINT, lease BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("'print', 'sheet %d', 'new', 0, 0", i*3)
	}},
	"transfers": {"id {auto}, ticket_id BIGINT, from_customer BIGINT, to_customer BIGINT", "", 9, func(i int) string {
		return rowOf((i*7)%48+1, (i*4)%13+1, (i*6)%13+1)
	}},
	"scans": {"id {auto}, ticket_id BIGINT, gate_id BIGINT, scanned_at BIGINT", "", 12, func(i int) string {
		return rowOf((i*7)%48+1, i%7+1, 81000+i*15)
	}},
}

func tiOf(names string) []string { return tablesOf(tiTables, names) }

// tiHit is the number of rows that a statement hit.
func tiHit(result sql.Result, err error) int64 {
	try(err)
	n, err := result.RowsAffected()
	try(err)
	return n
}

// tiNumber reads one number, 0 where there is no row.
func tiNumber(ctx context.Context, s whStore, query string, args ...any) (n int64) {
	one(s.db.QueryRowContext(ctx, s.q(query), args...), &n)
	return n
}

// tiExec sends a statement whose result nobody asks for.
func tiExec(ctx context.Context, s whStore, query string, args ...any) {
	tiHit(s.db.ExecContext(ctx, s.q(query), args...))
}

// tiIgnore is an INSERT that leaves a row alone that is there.
func tiIgnore(e *Env, into string) string {
	if e.System == "mysql" {
		return "INSERT IGNORE " + into
	}
	return "INSERT " + into + " ON CONFLICT DO NOTHING"
}

// tiTicket is a ticket of an order.
type tiTicket struct{ id, order, event, seat, category int64 }

type tiTickets struct{ whStore }

func (r tiTickets) of(ctx context.Context, order int64) []tiTicket {
	return whScan[tiTicket](r.db.QueryContext(ctx, r.q("SELECT id, order_id, event_id, seat_id, category_id FROM tickets WHERE order_id = ? ORDER BY id"), order))(func(t *tiTicket) []any {
		return []any{&t.id, &t.order, &t.event, &t.seat, &t.category}
	})
}

// tiHold is a seat that a cart holds.
type tiHold struct{ id, event, seat int64 }

func tiHolds(ctx context.Context, s whStore, holder string) []tiHold {
	return whScan[tiHold](s.db.QueryContext(ctx, s.q("SELECT id, event_id, seat_id FROM holds WHERE holder = ? ORDER BY id"), holder))(func(h *tiHold) []any {
		return []any{&h.id, &h.event, &h.seat}
	})
}

type (
	tiEvent struct {
		bun.BaseModel `bun:"table:events" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Slug          string
		Title         string
		HallID        int64
		PromoterID    int64
		State         string
		Sold          int64
		Hall          *tiHall `bun:"rel:belongs-to,join:hall_id=id" gorm:"foreignKey:HallID"`
	}
	tiHall struct {
		bun.BaseModel `bun:"table:halls" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Name          string
	}
	tiCategory struct {
		bun.BaseModel `bun:"table:categories" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		EventID       int64
		Name          string
		Price         int64
		LeftN         int64 `bun:"left_n"`
		Sold          int64
	}
	tiPromoter struct {
		bun.BaseModel `bun:"table:promoters" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Name          string
		Balance       int64
	}
	tiWaiting struct {
		bun.BaseModel `bun:"table:waiting" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		EventID       int64
		CustomerID    int64
		Place         int64
		State         string
	}
)

func (tiEvent) TableName() string    { return "events" }
func (tiHall) TableName() string     { return "halls" }
func (tiCategory) TableName() string { return "categories" }
func (tiPromoter) TableName() string { return "promoters" }
func (tiWaiting) TableName() string  { return "waiting" }
