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

// The cases of a warehouse and its web shop: items, stock by location, pickers, orders
// with lines, shipments, suppliers, returns, price lists, batches, webhooks.

// warehouse are its cases. SQLite is the server's database in all of them.
func warehouse() []Case {
	all := slices.Concat(
		whLostCases(), whNotLostCases(), whInsertCases(), whNoInsertCases(),
		whDuplicateCases(), whNoDuplicateCases(),
		whWriteCases(), whNoWriteCases(),
		whReadLoopCases(), whNoReadLoopCases(),
	)
	for i := range all {
		all[i].SQLite = frServer
	}
	return all
}

var whServers = []string{"postgres", "mysql"}

func whLost(table string) []Want { return []Want{{Kind: budget.ReadModifyWrite, Table: table}} }

func whRace(table string) []Want { return []Want{{Kind: budget.SelectThenInsert, Table: table}} }

func whDup(tables ...string) (out []Want) {
	for _, t := range tables {
		out = append(out, Want{Kind: budget.Duplicate, Table: t})
	}
	return out
}

func whWrites(table, parent string) []Want {
	return []Want{{Kind: budget.WriteLoop, Table: table, Parent: parent}}
}

func whReads(table, parent string) []Want {
	return []Want{{Kind: budget.NPlusOne, Table: table, Parent: parent}}
}

var whTables = map[string]tableOfRows{
	"items": {"id {auto}, tenant_id BIGINT, sku VARCHAR(40), name VARCHAR(40), supplier_id BIGINT, category_id BIGINT, price BIGINT, weight BIGINT, reserved BIGINT, flags BIGINT, tags VARCHAR(200), descr VARCHAR(80), version BIGINT", "UNIQUE (sku)", 24, func(i int) string {
		return fmt.Sprintf("%d, 'sku-%03d', 'item %d', %d, %d, %d, %d, %d, 2, 'blue,steel', 'about %d', 4", i%2+1, i*37%1000, i, (i*5)%11+1, (i*3)%9+1, 1200+31*i, 90+7*i, 40+3*i, i)
	}},
	"locations": {"id {auto}, code VARCHAR(20), zone VARCHAR(5), capacity BIGINT, used BIGINT, max_temp BIGINT", "UNIQUE (code)", 12, func(i int) string {
		return fmt.Sprintf("'%c-%02d', '%c', 300, %d, 21", 'A'+i%3, i, 'A'+i%3, 110+9*i)
	}},
	"stock": {"item_id BIGINT, location_id BIGINT, qty BIGINT, reserved BIGINT, counted_at BIGINT, version BIGINT", "PRIMARY KEY (item_id, location_id)", 24, func(i int) string {
		return rowOf((i*7)%24+1, (i*5)%12+1, 130+4*i, i%3, 50000+i, 2)
	}},
	"pickers": {"id {auto}, name VARCHAR(40), team VARCHAR(5), picks BIGINT, minutes BIGINT, state VARCHAR(10)", "", 9, func(i int) string {
		return fmt.Sprintf("'picker %d', 'early', %d, %d, 'on'", i, 210+13*i, 700-17*i)
	}},
	"orders": {"id {auto}, number VARCHAR(20), customer_id BIGINT, address_id BIGINT, state VARCHAR(10), total BIGINT, placed_at BIGINT, voucher VARCHAR(20), version BIGINT", "UNIQUE (number)", 18, func(i int) string {
		return fmt.Sprintf("'N-%04d', %d, %d, '%s', %d, %d, 'WELCOME-%d', 3", 4000+17*i, (i*5)%13+1, (i*7)%16+1, []string{"open", "paid"}[i%2], 8000+113*i, 70000+i, i%4+1)
	}},
	"order_lines": {"id {auto}, order_id BIGINT, item_id BIGINT, location_id BIGINT, qty BIGINT, price BIGINT, picked BIGINT", "", 54, func(i int) string {
		return rowOf((i-1)/9+3, (i*7)%24+1, (i*5)%12+1, i%4+1, 1200+3*i, 0)
	}},
	"shipments": {"id {auto}, order_id BIGINT, carrier VARCHAR(20), tracking VARCHAR(40), state VARCHAR(10), weight BIGINT", "", 12, func(i int) string {
		return fmt.Sprintf("%d, 'carrier-%c', 'trk-%04x', 'new', %d", (i*5)%18+1, 'a'+(i*5)%8, i*733, 400+21*i)
	}},
	"suppliers": {"id {auto}, code VARCHAR(20), name VARCHAR(40), rating BIGINT, ratings_n BIGINT, balance BIGINT, version BIGINT", "UNIQUE (code)", 11, func(i int) string {
		return fmt.Sprintf("'SUP%d', 'supplier %d', %d, %d, %d, 5", i*19, i, 60+i, 8+i, 25000+77*i)
	}},
	"item_returns": {"id {auto}, order_id BIGINT, item_id BIGINT, qty BIGINT, reason VARCHAR(40), state VARCHAR(10)", "", 10, func(i int) string {
		return fmt.Sprintf("%d, %d, 1, 'broken', 'new'", (i*5)%18+1, (i*7)%24+1)
	}},
	"price_lists": {"id {auto}, name VARCHAR(40), currency VARCHAR(3)", "", 4, func(i int) string { return fmt.Sprintf("'list %d', 'EUR'", i) }},
	"prices": {"list_id BIGINT, item_id BIGINT, amount BIGINT", "PRIMARY KEY (list_id, item_id)", 24, func(i int) string {
		return rowOf(1, i, 1900+43*i)
	}},
	"customers": {"id {auto}, email VARCHAR(60), name VARCHAR(40), points BIGINT, balance BIGINT, tier VARCHAR(10), prefs VARCHAR(200), tenant_id BIGINT", "UNIQUE (email)", 13, func(i int) string {
		return fmt.Sprintf("'c%d@example.com', 'customer %d', %d, %d, 'gold', '{\"mail\":1}', %d", i, i, 330+19*i, 5200+41*i, i%2+1)
	}},
	"addresses": {"id {auto}, customer_id BIGINT, street VARCHAR(40), city VARCHAR(40), zip VARCHAR(10)", "", 16, func(i int) string {
		return fmt.Sprintf("%d, 'street %d', 'city %d', '%05d'", (i*4)%13+1, i, i%5, 10000+i*77)
	}},
	"batches": {"id {auto}, item_id BIGINT, lot VARCHAR(20), expires_at BIGINT, qty BIGINT", "UNIQUE (item_id, lot)", 20, func(i int) string {
		return fmt.Sprintf("%d, 'lot-%d', %d, %d", (i*7)%24+1, i*13, 60000+(i*700)%9000, 15+i)
	}},
	"stock_counts": {"id {auto}, item_id BIGINT, location_id BIGINT, counted BIGINT, expected BIGINT, state VARCHAR(10)", "", 10, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, %d, 'open'", (i*7)%24+1, (i*5)%12+1, 128+4*i, 130+4*i)
	}},
	"webhooks": {"id {auto}, topic VARCHAR(20), url VARCHAR(60), failures BIGINT, state VARCHAR(10)", "", 9, func(i int) string {
		return fmt.Sprintf("'order', 'https://h%d.example.com', %d, 'on'", i, i%4)
	}},
	"deliveries": {"id {auto}, webhook_id BIGINT, event_key VARCHAR(40), payload VARCHAR(80), state VARCHAR(10)", "UNIQUE (event_key)", 0, nil},
	"outbox": {"id {auto}, topic VARCHAR(20), payload VARCHAR(80), sent BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("'shipped', 'order %d', 0", i*3)
	}},
	"audit":       {"id {auto}, actor VARCHAR(20), action VARCHAR(40), target VARCHAR(60)", "", 0, nil},
	"doc_numbers": {"series VARCHAR(20) PRIMARY KEY, next_n BIGINT", "", 3, func(i int) string { return fmt.Sprintf("'series-%d', %d", i, 9000*i+12) }},
	"carts": {"id {auto}, token VARCHAR(40), customer_id BIGINT, items VARCHAR(200), total BIGINT", "UNIQUE (token)", 5, func(i int) string {
		return fmt.Sprintf("'cart-%04x', %d, '[4,19,7,22,13,9,16]', %d", i*911, i+6, 3000+i)
	}},
	"cart_lines": {"cart_id BIGINT, item_id BIGINT, qty BIGINT", "PRIMARY KEY (cart_id, item_id)", 0, nil},
	"categories": {"id {auto}, parent_id BIGINT, name VARCHAR(40), slug VARCHAR(40)", "", 9, func(i int) string {
		return fmt.Sprintf("%d, 'category %d', 'cat-%d'", i/2, i, i)
	}},
	"vouchers": {"code VARCHAR(20) PRIMARY KEY, left_n BIGINT, used_n BIGINT, percent BIGINT", "", 5, func(i int) string { return fmt.Sprintf("'WELCOME-%d', %d, %d, 10", i, 60+i, 20+i) }},
	"carriers": {"code VARCHAR(20) PRIMARY KEY, name VARCHAR(40), rate BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("'carrier-%c', 'carrier %d', %d", 'a'+i-1, i, 490+10*i)
	}},
	"movements": {"id {auto}, item_id BIGINT, location_id BIGINT, delta BIGINT, ref VARCHAR(40)", "", 40, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'count'", (i*7)%24+1, (i*5)%12+1, i%5-2)
	}},
	"tasks": {"id {auto}, order_id BIGINT, item_id BIGINT, location_id BIGINT, picker_id BIGINT, state VARCHAR(10), attempts BIGINT", "", 16, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, %d, 'new', 0", (i*5)%18+1, (i*7)%24+1, (i*5)%12+1, i%9+1)
	}},
	"blocked_emails": {"email VARCHAR(60) PRIMARY KEY", "", 3, func(i int) string { return fmt.Sprintf("'bad%d@example.com'", i) }},
}

func whOf(names string) []string { return tablesOf(whTables, names) }

// whDB is a pool or a transaction.
type whDB interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// whStore is what the repositories share.
type whStore struct {
	db  whDB
	env *Env
}

func whOpen(e *Env) whStore { return whStore{e.DB, e} }

func (s whStore) q(query string) string { return s.env.Q(query) }

// atomically calls a function with the store of a transaction.
func (s whStore) atomically(ctx context.Context, opts *sql.TxOptions, do func(whStore) error) error {
	tx, err := s.env.DB.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	if err := do(whStore{tx, s.env}); err != nil {
		return err
	}
	return tx.Commit()
}

// whScan reads all rows into values of a type.
func whScan[T any](rows *sql.Rows, err error) func(into func(*T) []any) []T {
	try(err)
	return func(into func(*T) []any) (out []T) {
		defer rows.Close() //nolint:errcheck // rows.Err says it
		for rows.Next() {
			var v T
			try(rows.Scan(into(&v)...))
			out = append(out, v)
		}
		try(rows.Err())
		return out
	}
}

// whKeys reads a column of numbers.
func whKeys(rows *sql.Rows, err error) []int64 {
	return whScan[int64](rows, err)(func(v *int64) []any { return []any{v} })
}

// whUpsert is the end of an INSERT that may hit a row.
func whUpsert(e *Env, key, column string) string {
	if e.System == "mysql" {
		return " ON DUPLICATE KEY UPDATE " + column + " = VALUES(" + column + ")"
	}
	return " ON CONFLICT (" + key + ") DO UPDATE SET " + column + " = excluded." + column
}

// whMarks are n placeholders.
func whMarks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func whArgs(keys []int64) []any {
	out := make([]any, len(keys))
	for i, k := range keys {
		out[i] = k
	}
	return out
}

// whLine is a line of an order.
type whLine struct{ id, order, item, location, qty, price int64 }

// Lines reads the lines of an order.
func (s whStore) Lines(ctx context.Context, order int64) []whLine {
	return whScan[whLine](s.db.QueryContext(ctx, s.q("SELECT id, order_id, item_id, location_id, qty, price FROM order_lines WHERE order_id = ? ORDER BY id"), order))(func(l *whLine) []any {
		return []any{&l.id, &l.order, &l.item, &l.location, &l.qty, &l.price}
	})
}

type (
	whItem struct {
		bun.BaseModel `bun:"table:items" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Sku           string
		Name          string
		SupplierID    int64
		Price         int64
		Reserved      int64
	}
	whPicker struct {
		bun.BaseModel `bun:"table:pickers" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Name          string
		Team          string
		Picks         int64
		Minutes       int64
		State         string
	}
	whSupplier struct {
		bun.BaseModel `bun:"table:suppliers" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Code          string
		Name          string
		Rating        int64
		RatingsN      int64 `bun:"ratings_n"`
		Balance       int64
		Version       int64
	}
	whOrder struct {
		bun.BaseModel `bun:"table:orders" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Number        string
		CustomerID    int64
		State         string
		Total         int64
		Lines         []whOrderLine `bun:"rel:has-many,join:id=order_id" gorm:"foreignKey:OrderID"`
	}
	whOrderLine struct {
		bun.BaseModel `bun:"table:order_lines" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		OrderID       int64
		ItemID        int64
		Qty           int64
	}
	whShipment struct {
		bun.BaseModel `bun:"table:shipments" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		OrderID       int64
		Carrier       string
		Tracking      string
		State         string
		Weight        int64
	}
	whBatch struct {
		bun.BaseModel `bun:"table:batches" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		ItemID        int64
		Lot           string
		ExpiresAt     int64
		Qty           int64
	}
	whLocation struct {
		bun.BaseModel `bun:"table:locations" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Code          string
		Zone          string
		Capacity      int64
		Used          int64
	}
	whCustomer struct {
		bun.BaseModel `bun:"table:customers" gorm:"-" db:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Email         string
		Name          string
		Points        int64
		Tier          string
	}
)

func (whItem) TableName() string      { return "items" }
func (whPicker) TableName() string    { return "pickers" }
func (whSupplier) TableName() string  { return "suppliers" }
func (whOrder) TableName() string     { return "orders" }
func (whOrderLine) TableName() string { return "order_lines" }
func (whShipment) TableName() string  { return "shipments" }
func (whBatch) TableName() string     { return "batches" }
func (whLocation) TableName() string  { return "locations" }
func (whCustomer) TableName() string  { return "customers" }

// whByOthers does what another process does meanwhile.
func whByOthers(f func(context.Context)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(context.Background())
	}()
	<-done
}
