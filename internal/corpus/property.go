package corpus

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/querybudget/querybudget/budget"
)

// The cases of a property management company: buildings with flats, leases of tenants, meters
// and their readings, invoices, payments, repair orders, inspections, documents, accounts, dunning.

// pmProperty are its cases. SQLite is the server's database in all of them, and hints are off.
func pmProperty() []Case {
	all := slices.Concat(
		pmReadCases(), pmServiceReadCases(), pmFewCases(), pmTreeCases(), pmModelReadCases(),
		pmWriteCases(), pmMoreWriteCases(), pmSeveralCases(),
		pmDuplicateCases(), pmMoreDuplicateCases(),
		pmQuietReadCases(), pmQuietWriteCases(), pmQuietAgainCases(), pmQuietOtherCases(),
	)
	for i := range all {
		all[i].SQLite, all[i].Hints = frServer, NoHints
	}
	return all
}

// pmN, pmW and pmD are labels: an n+1, a write-loop, a duplicate.
func pmN(function, table, parent string) []Want {
	return []Want{{Kind: budget.NPlusOne, Func: function, Table: table, Parent: parent}}
}

func pmW(function, table, parent string) []Want {
	return []Want{{Kind: budget.WriteLoop, Func: function, Table: table, Parent: parent}}
}

func pmD(function, table string) []Want {
	return []Want{{Kind: budget.Duplicate, Func: function, Table: table}}
}

var pmTables = map[string]tableOfRows{
	"buildings": {"id {auto}, code VARCHAR(10), name VARCHAR(40), city VARCHAR(20), manager_id BIGINT, flats_n BIGINT, deleted_at BIGINT", "UNIQUE (code)", 6, func(i int) string {
		return fmt.Sprintf("'BLD-%d', 'building %d', 'city-%d', %d, 4, 0", 100+i*7, i, i%3, i%4+1)
	}},
	"flats": {"id {auto}, building_id BIGINT, number VARCHAR(10), floor BIGINT, rooms BIGINT, area BIGINT, state VARCHAR(10), meta VARCHAR(200), deleted_at BIGINT", "UNIQUE (building_id, number)", 24, func(i int) string {
		return fmt.Sprintf("%d, 'W%02d', %d, %d, %d, 'let', '{\"balcony\":%d}', 0", (i-1)/4+1, i, (i-1)%4, i%4+1, 4100+137*i, i%2)
	}},
	"tenants": {"id {auto}, number VARCHAR(20), name VARCHAR(40), email VARCHAR(60), iban VARCHAR(30), balance BIGINT, prefs VARCHAR(200)", "UNIQUE (number)", 18, func(i int) string {
		return fmt.Sprintf("'T-%05d', 'tenant %d', 't%d@example.com', 'XX%010d', %d, '{\"paper\":1}'", i*211, i, i, i*7919, 340+29*i)
	}},
	"leases": {"id {auto}, contract VARCHAR(20), flat_id BIGINT, tenant_id BIGINT, previous_id BIGINT, rent BIGINT, deposit BIGINT, starts_at BIGINT, ends_at BIGINT, state VARCHAR(10)", "UNIQUE (contract)", 20, func(i int) string {
		return fmt.Sprintf("'C-%04d', %d, %d, %d, %d, %d, %d, 0, 'running'", i*53, (i*7)%24+1, (i*5)%18+1, []int{0, i - 1}[min(1, i/2)], 61000+430*i, 180000+900*i, 2000+i*31)
	}},
	"rents": {"lease_id BIGINT, month BIGINT, amount BIGINT, paid BIGINT", "PRIMARY KEY (lease_id, month)", 40, func(i int) string {
		return rowOf((i-1)/2+1, 202401+(i-1)%2, 61000+210*i, 0)
	}},
	"meters": {"id {auto}, flat_id BIGINT, kind VARCHAR(10), serial VARCHAR(20), factor BIGINT", "UNIQUE (serial)", 30, func(i int) string {
		return fmt.Sprintf("%d, '%s', 'M%06d', %d", (i-1)/4+9, []string{"heat", "water", "power", "gas"}[i%4], i*3307, 10+i)
	}},
	"readings": {"id {auto}, meter_id BIGINT, day BIGINT, value BIGINT, source VARCHAR(10)", "", 60, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'radio'", (i-1)%30+1, 7300+(i-1)/30*30, 15000+613*i)
	}},
	"tariffs": {"city VARCHAR(20), kind VARCHAR(10), price BIGINT", "PRIMARY KEY (city, kind)", 12, func(i int) string {
		return fmt.Sprintf("'city-%d', '%s', %d", (i-1)/4, []string{"heat", "water", "power", "gas"}[i%4], 70+13*i)
	}},
	"invoices": {"id {auto}, number VARCHAR(20), lease_id BIGINT, amount BIGINT, open_amount BIGINT, due_at BIGINT, level BIGINT, state VARCHAR(10)", "UNIQUE (number)", 24, func(i int) string {
		return fmt.Sprintf("'R-%d', %d, %d, %d, %d, 0, 'open'", 24000+i*3, (i*3)%20+1, 62000+377*i, 31000+377*i, 8000+i*11)
	}},
	"invoice_lines": {"id {auto}, invoice_id BIGINT, kind VARCHAR(10), amount BIGINT", "", 48, func(i int) string {
		return fmt.Sprintf("%d, 'kind-%d', %d", (i-1)/2+1, i%2, 900+41*i)
	}},
	"payments": {"id {auto}, ref VARCHAR(40), payer VARCHAR(30), invoice_id BIGINT, account_id BIGINT, amount BIGINT, state VARCHAR(10), booked_at BIGINT", "UNIQUE (ref)", 20, func(i int) string {
		return fmt.Sprintf("'PAY-%d', 'XX%010d', %d, %d, %d, 'new', %d", 5000+i*17, i%18*7919, (i*5)%24+1, (i*4)%15+1, 30500+191*i, 8100+i*3)
	}},
	"repair_orders": {"id {auto}, number VARCHAR(20), flat_id BIGINT, craftsman_code VARCHAR(10), state VARCHAR(10), cost BIGINT, ordered_at BIGINT, steps VARCHAR(200)", "UNIQUE (number)", 16, func(i int) string {
		return fmt.Sprintf("'RO-%d', %d, 'CR-%c', 'new', %d, %d, '[\"look\",\"offer\",\"order\",\"repair\",\"check\",\"pay\"]'", 700+i*9, (i*5)%24+1, 'a'+(i*3)%8, 11000+530*i, 8200+i*5)
	}},
	"craftsmen": {"code VARCHAR(10) PRIMARY KEY, name VARCHAR(40), trade VARCHAR(20), rate BIGINT, jobs_n BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("'CR-%c', 'craftsman %d', 'trade %d', %d, %d", 'a'+i-1, i, i%3, 5200+110*i, 90+i)
	}},
	"flat_keys": {"flat_id BIGINT, tag VARCHAR(10), holder VARCHAR(20), state VARCHAR(10)", "PRIMARY KEY (flat_id, tag)", 24, func(i int) string {
		return fmt.Sprintf("%d, 'K%d', 'T-%05d', 'out'", (i-1)/3+1, (i-1)%3+1, i%18*211)
	}},
	"inspections": {"id VARCHAR(36) PRIMARY KEY, flat_id BIGINT, inspector_id BIGINT, day BIGINT, result VARCHAR(10)", "", 12, func(i int) string {
		return fmt.Sprintf("'%s', %d, %d, %d, 'done'", pmUUID("a1", i), (i*5)%24+1, i%4+1, 7400+i*3)
	}},
	"defects": {"id {auto}, inspection_id VARCHAR(36), room VARCHAR(20), note VARCHAR(60), state VARCHAR(10)", "", 24, func(i int) string {
		return fmt.Sprintf("'%s', 'room %d', 'crack %d', 'open'", pmUUID("a1", (i-1)%12+1), i%5, i)
	}},
	"documents": {"id VARCHAR(36) PRIMARY KEY, owner_kind VARCHAR(10), owner_id BIGINT, folder_id BIGINT, name VARCHAR(40), size BIGINT, deleted_at BIGINT", "", 24, func(i int) string {
		return fmt.Sprintf("'%s', '%s', %d, %d, 'scan %d', %d, 0", pmUUID("d0", i), []string{"lease", "flat"}[i%2], (i*3)%20+1, (i-1)/2+1, i, 40000+911*i)
	}},
	"folders": {"id {auto}, parent_id BIGINT, name VARCHAR(40)", "", 9, func(i int) string { return fmt.Sprintf("%d, 'folder %d'", i-1, i) }},
	"components": {"id {auto}, parent_id BIGINT, building_id BIGINT, name VARCHAR(40), checked_at BIGINT", "", 15, func(i int) string {
		return fmt.Sprintf("%d, 3, 'part %d', %d", i/2, i, 7000+i)
	}},
	"accounts": {"id {auto}, code VARCHAR(10), parent_id BIGINT, name VARCHAR(40), balance BIGINT", "UNIQUE (code)", 15, func(i int) string {
		return fmt.Sprintf("'A%d', %d, 'account %d', %d", 1000+i*10, i/2, i, 510000+7100*i)
	}},
	"bookings": {"id {auto}, account_id BIGINT, payment_id BIGINT, amount BIGINT, day BIGINT, note VARCHAR(40)", "", 30, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, %d, 'rent'", (i*4)%15+1, (i*3)%20+1, 1200+77*i, 8100+i)
	}},
	"notices":      {"id {auto}, tenant_id BIGINT, kind VARCHAR(20), body VARCHAR(80), state VARCHAR(10)", "", 0, nil},
	"dunning_runs": {"id {auto}, day BIGINT, state VARCHAR(10), total BIGINT", "", 3, func(i int) string { return fmt.Sprintf("%d, 'done', %d", 8000+30*i, 41000*i) }},
	"dunning_items": {"run_id BIGINT, invoice_id BIGINT, level BIGINT, fee BIGINT", "PRIMARY KEY (run_id, invoice_id)", 12, func(i int) string {
		return rowOf((i-1)/4+1, i+5, i%3+1, 500)
	}},
	"users": {"id {auto}, login VARCHAR(20), name VARCHAR(40), role VARCHAR(10), building_id BIGINT", "UNIQUE (login)", 8, func(i int) string {
		return fmt.Sprintf("'u%03d', 'user %d', 'role-%d', %d", i*31, i, i%3, i%6+1)
	}},
	"sessions": {"token VARCHAR(36) PRIMARY KEY, user_id BIGINT, expires_at BIGINT", "", 6, func(i int) string {
		return fmt.Sprintf("'%s', %d, %d", pmUUID("5e", i), i+2, 99000+i)
	}},
	"permissions": {"user_id BIGINT, building_id BIGINT, level BIGINT", "PRIMARY KEY (user_id, building_id)", 24, func(i int) string {
		return rowOf((i-1)/6+3, (i-1)%6+1, i%3+1)
	}},
	"settings":      {"name VARCHAR(30) PRIMARY KEY, value VARCHAR(40)", "", 6, func(i int) string { return fmt.Sprintf("'set-%d', '%d'", i, i*5) }},
	"number_series": {"series VARCHAR(20) PRIMARY KEY, next_n BIGINT", "", 3, func(i int) string { return fmt.Sprintf("'series-%d', %d", i, 9000*i+7) }},
	"stats":         {"building_id BIGINT, month BIGINT, n BIGINT", "PRIMARY KEY (building_id, month)", 6, func(i int) string { return rowOf(i, 202401, 40+i) }},
	"audit":         {"id {auto}, actor VARCHAR(20), action VARCHAR(40), target VARCHAR(60)", "", 0, nil},
	"outbox":        {"id {auto}, topic VARCHAR(20), payload VARCHAR(80), state VARCHAR(10)", "", 8, func(i int) string { return fmt.Sprintf("'let', 'flat %d', 'new'", i*3) }},
	"jobs":          {"id {auto}, kind VARCHAR(20), payload VARCHAR(40), state VARCHAR(10), attempts BIGINT", "", 8, func(i int) string { return fmt.Sprintf("'letter', 'lease %d', 'new', 0", i*2) }},
}

func pmOf(names string) []string { return tablesOf(pmTables, names) }

// pmUUID is the i-th key of a kind.
func pmUUID(kind string, i int) string {
	return fmt.Sprintf("%s3c%04d-77aa-4b1e-9d20-0000000%05d", kind, i*13, i)
}

// pmTexts reads a column of texts.
func pmTexts(ctx context.Context, s whStore, query string, args ...any) []string {
	return whScan[string](s.db.QueryContext(ctx, s.q(query), args...))(func(v *string) []any { return []any{v} })
}

// pmIDs reads a column of numbers.
func pmIDs(ctx context.Context, s whStore, query string, args ...any) []int64 {
	return whKeys(s.db.QueryContext(ctx, s.q(query), args...))
}

type pmLease struct {
	id, flat, tenant, rent int64
	contract               string
}

// pmLeases is the repository of leases.
type pmLeases struct{ whStore }

func (r pmLeases) find(ctx context.Context, where string, args ...any) []pmLease {
	return whScan[pmLease](r.db.QueryContext(ctx, r.q("SELECT id, flat_id, tenant_id, rent, contract FROM leases WHERE "+where+" ORDER BY contract"), args...))(func(l *pmLease) []any {
		return []any{&l.id, &l.flat, &l.tenant, &l.rent, &l.contract}
	})
}

// Running are the leases above a rent.
func (r pmLeases) Running(ctx context.Context, rent int64) []pmLease {
	return r.find(ctx, "state = 'running' AND rent > ?", rent)
}

type pmTenant struct {
	id, balance         int64
	number, name, email string
}

// pmTenants is the repository of tenants.
type pmTenants struct{ whStore }

// ByID is one tenant.
func (r pmTenants) ByID(ctx context.Context, id int64) (t pmTenant) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT id, number, name, email, balance FROM tenants WHERE id = ?"), id), &t.id, &t.number, &t.name, &t.email, &t.balance)
	return t
}

type pmInvoice struct{ id, lease, open, due int64 }

// pmInvoices is the repository of invoices.
type pmInvoices struct{ whStore }

// Overdue are the open invoices that were due before a day.
func (r pmInvoices) Overdue(ctx context.Context, day int64) []pmInvoice {
	return whScan[pmInvoice](r.db.QueryContext(ctx, r.q("SELECT id, lease_id, open_amount, due_at FROM invoices WHERE state = 'open' AND due_at < ? ORDER BY due_at"), day))(func(v *pmInvoice) []any {
		return []any{&v.id, &v.lease, &v.open, &v.due}
	})
}

type pmUser struct {
	id, building int64
	name, role   string
}

// pmUserByID reads a user.
func pmUserByID(ctx context.Context, s whStore, id int64) (u pmUser) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT id, name, role, building_id FROM users WHERE id = ?"), id), &u.id, &u.name, &u.role, &u.building)
	return u
}

// pmSignedIn is the middleware: it reads the session and its user, and calls the handler.
func pmSignedIn(ctx context.Context, s whStore, token string, next func(context.Context, pmUser) error) error {
	var user int64
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT user_id FROM sessions WHERE token = ? AND expires_at > ?"), token, 9000), &user) {
		return fmt.Errorf("no session %s", token)
	}
	return next(ctx, pmUserByID(ctx, s, user))
}

type (
	pmFlatModel struct {
		bun.BaseModel `bun:"table:flats" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		BuildingID    int64
		Number        string
		Floor         int64
		Rooms         int64
		State         string
		Leases        []pmLeaseModel `bun:"rel:has-many,join:id=flat_id" gorm:"foreignKey:FlatID"`
	}
	pmLeaseModel struct {
		bun.BaseModel `bun:"table:leases" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Contract      string
		FlatID        int64
		TenantID      int64
		Rent          int64
		State         string
		Tenant        *pmTenantModel `bun:"rel:belongs-to,join:tenant_id=id" gorm:"foreignKey:TenantID"`
	}
	pmTenantModel struct {
		bun.BaseModel `bun:"table:tenants" gorm:"-"`
		ID            int64  `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		Number        string `db:"number"`
		Name          string `db:"name"`
		Balance       int64  `db:"balance"`
	}
	pmNoticeModel struct {
		bun.BaseModel `bun:"table:notices" gorm:"-"`
		ID            int64  `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		TenantID      int64  `db:"tenant_id"`
		Kind          string `db:"kind"`
		Body          string `db:"body"`
		State         string `db:"state"`
	}
	pmReadingModel struct {
		bun.BaseModel `bun:"table:readings" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		MeterID       int64
		Day           int64
		Value         int64
		Source        string
	}
	pmAccountModel struct {
		bun.BaseModel `bun:"table:accounts" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		ParentID      int64
		Code          string
		Name          string
		Balance       int64
	}
)

func (pmFlatModel) TableName() string    { return "flats" }
func (pmLeaseModel) TableName() string   { return "leases" }
func (pmTenantModel) TableName() string  { return "tenants" }
func (pmNoticeModel) TableName() string  { return "notices" }
func (pmReadingModel) TableName() string { return "readings" }
func (pmAccountModel) TableName() string { return "accounts" }
