package corpus

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

// The cases of a public library network: branches with shelves, titles with copies, readers,
// loans, reservations, fines, events, interlibrary requests, acquisitions.

// lbLibrary are its cases. SQLite is the server's database in all of them.
func lbLibrary() []Case {
	all := slices.Concat(
		lbReadCases(), lbServiceReadCases(), lbModelReadCases(), lbWriteCases(), lbModelWriteCases(),
		lbDuplicateCases(), lbMoreDuplicateCases(), lbLostCases(), lbInsertCases(),
		lbNoReadLoopCases(), lbNoWriteLoopCases(), lbNoDuplicateCases(), lbNoHintCases(),
	)
	for i := range all {
		all[i].SQLite = frServer
	}
	return all
}

var lbTables = map[string]tableOfRows{
	"branches": {"id {auto}, code VARCHAR(10), name VARCHAR(40), city VARCHAR(40), open_from BIGINT, open_to BIGINT", "UNIQUE (code)", 7, func(i int) string {
		return fmt.Sprintf("'BR%d', 'branch %d', 'city %d', 9, %d", i*11, i, i%3, 17+i%3)
	}},
	"shelves": {"branch_id BIGINT, code VARCHAR(10), label VARCHAR(40), used BIGINT", "PRIMARY KEY (branch_id, code)", 21, func(i int) string {
		return fmt.Sprintf("%d, 'S-%d', 'shelf %d', %d", (i-1)/3+1, (i-1)%3, i, 20+i)
	}},
	"subjects": {"id {auto}, parent_id BIGINT, name VARCHAR(40), path VARCHAR(80)", "", 15, func(i int) string {
		return fmt.Sprintf("%d, 'subject %d', ''", i/2, i)
	}},
	"authors": {"id {auto}, name VARCHAR(40), country VARCHAR(20)", "", 12, func(i int) string {
		return fmt.Sprintf("'author %d', 'country %d'", i, i%4)
	}},
	"publishers": {"id {auto}, name VARCHAR(40), discount BIGINT", "", 6, func(i int) string {
		return fmt.Sprintf("'publisher %d', %d", i, 5+i)
	}},
	"titles": {"id {auto}, isbn VARCHAR(20), name VARCHAR(60), author_id BIGINT, publisher_id BIGINT, subject_id BIGINT, loans_n BIGINT, rating_sum BIGINT, rating_n BIGINT, meta VARCHAR(200), version BIGINT, deleted_at BIGINT", "UNIQUE (isbn)", 20, func(i int) string {
		return fmt.Sprintf("'978-%06d', 'title %d', %d, %d, %d, %d, %d, %d, '{\"pages\":%d}', 3, 0", 1000+i*37, i, (i*5)%12+1, (i*3)%6+1, (i*4)%15+1, 240+11*i, 170+7*i, 40+i, 120+i)
	}},
	"title_tags": {"title_id BIGINT, tag VARCHAR(20)", "PRIMARY KEY (title_id, tag)", 24, func(i int) string {
		return fmt.Sprintf("%d, 'tag-%d'", (i-1)/6+5, i%6)
	}},
	"sequels": {"title_id BIGINT PRIMARY KEY, next_id BIGINT, note VARCHAR(20)", "", 9, func(i int) string {
		return fmt.Sprintf("%d, %d, 'part %d'", i+3, []int{i + 4, 0}[i/9], i)
	}},
	"copies": {"id {auto}, barcode VARCHAR(20), title_id BIGINT, branch_id BIGINT, shelf VARCHAR(10), state VARCHAR(10), price BIGINT, seen_at BIGINT, version BIGINT", "UNIQUE (barcode)", 40, func(i int) string {
		return fmt.Sprintf("'B%06d', %d, %d, 'S-%d', 'in', %d, %d, 2", i*911, (i*3)%20+1, (i*5)%7+1, i%3, 1500+37*i, 70000+i*9)
	}},
	"reader_kinds": {"code VARCHAR(10) PRIMARY KEY, name VARCHAR(40), max_loans BIGINT, days BIGINT", "", 4, func(i int) string {
		return fmt.Sprintf("'kind-%d', 'kind of reader %d', %d, %d", i-1, i, 10*i, 14+7*i)
	}},
	"readers": {"id {auto}, card VARCHAR(20), name VARCHAR(40), email VARCHAR(60), branch_id BIGINT, kind VARCHAR(10), balance BIGINT, loans_n BIGINT, guardian_id BIGINT, prefs VARCHAR(200), version BIGINT", "UNIQUE (card)", 16, func(i int) string {
		return fmt.Sprintf("'LC-%05d', 'reader %d', 'r%d@example.com', %d, 'kind-%d', %d, %d, %d, '{\"news\":1}', 5", i*137, i, i, (i-1)/8+2, i%4, 310+23*i, 60+i, (i*3)%16+1)
	}},
	"loans": {"id {auto}, copy_id BIGINT, reader_id BIGINT, lent_at BIGINT, due_at BIGINT, renewals BIGINT, state VARCHAR(10)", "", 32, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, %d, %d, 'open'", (i*7)%40+1, (i-1)/8+3, 50000+i*40, 52000+(i*610)%4000, i%3)
	}},
	"reservations": {"id {auto}, title_id BIGINT, reader_id BIGINT, branch_id BIGINT, place BIGINT, state VARCHAR(10), made_at BIGINT", "", 18, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, %d, 'waiting', %d", (i*7)%20+1, (i*5)%16+1, (i*3)%7+1, 100+4*i, 61000+i*25)
	}},
	"fines": {"id {auto}, reader_id BIGINT, loan_id BIGINT, amount BIGINT, state VARCHAR(10)", "", 14, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'due'", (i-1)/7+4, (i*5)%32+1, 120+15*i)
	}},
	"events": {"id {auto}, branch_id BIGINT, name VARCHAR(40), starts_at BIGINT, seats BIGINT, booked BIGINT, state VARCHAR(10), version BIGINT", "", 14, func(i int) string {
		return fmt.Sprintf("%d, 'reading %d', %d, 40, %d, 'planned', 2", (i-1)%7+1, i, 90000+300*i, 7+i)
	}},
	"event_bookings": {"event_id BIGINT, reader_id BIGINT, seats BIGINT, state VARCHAR(10)", "PRIMARY KEY (event_id, reader_id)", 28, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'booked'", (i-1)%14+1, (i*5)%16+1, i%3+1)
	}},
	"partners": {"code VARCHAR(10) PRIMARY KEY, name VARCHAR(40), fee BIGINT, balance BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("'P-%c', 'partner %d', %d, %d", 'a'+i-1, i, 250+10*i, 8000+90*i)
	}},
	"ill_requests": {"id {auto}, ref VARCHAR(20), title_id BIGINT, partner_code VARCHAR(10), reader_id BIGINT, state VARCHAR(10), cost BIGINT", "UNIQUE (ref)", 12, func(i int) string {
		return fmt.Sprintf("'ILL-%d', %d, 'P-%c', %d, 'new', %d", 700+i*13, (i*7)%20+1, 'a'+(i*3)%8, (i*5)%16+1, 300+i)
	}},
	"vendors": {"id {auto}, name VARCHAR(40), discount BIGINT, balance BIGINT", "", 5, func(i int) string { return fmt.Sprintf("'vendor %d', %d, %d", i, 4+i, 12000+700*i) }},
	"purchases": {"id {auto}, number VARCHAR(20), vendor_id BIGINT, budget VARCHAR(10), state VARCHAR(10), total BIGINT", "UNIQUE (number)", 6, func(i int) string {
		return fmt.Sprintf("'PO-%d', %d, 'fund-%d', 'open', %d", 300+i*7, (i*2)%5+1, i%3+1, 20000+410*i)
	}},
	"purchase_lines": {"id {auto}, purchase_id BIGINT, title_id BIGINT, isbn VARCHAR(20), qty BIGINT, price BIGINT, received BIGINT", "", 24, func(i int) string {
		return fmt.Sprintf("%d, %d, '978-%06d', %d, %d, 0", (i-1)/8+2, (i*7)%20+1, 1000+((i*7)%20+1)*37, i%3+1, 1400+19*i)
	}},
	"budgets":     {"code VARCHAR(10) PRIMARY KEY, amount BIGINT, spent BIGINT, version BIGINT", "", 3, func(i int) string { return fmt.Sprintf("'fund-%d', %d, %d, 7", i, 900000+i, 41000*i+13) }},
	"loan_stats":  {"branch_id BIGINT, day BIGINT, n BIGINT", "PRIMARY KEY (branch_id, day)", 7, func(i int) string { return rowOf(i, 2001, 30+i) }},
	"audit":       {"id {auto}, actor VARCHAR(20), action VARCHAR(40), target VARCHAR(60)", "", 0, nil},
	"outbox":      {"id {auto}, topic VARCHAR(20), payload VARCHAR(80), state VARCHAR(10)", "", 9, func(i int) string { return fmt.Sprintf("'lent', 'loan %d', 'new'", i*5) }},
	"notices":     {"id {auto}, reader_id BIGINT, kind VARCHAR(20), body VARCHAR(80), state VARCHAR(10)", "", 0, nil},
	"settings":    {"name VARCHAR(30) PRIMARY KEY, value VARCHAR(40)", "", 8, func(i int) string { return fmt.Sprintf("'set-%d', '%d'", i, i*3) }},
	"doc_numbers": {"series VARCHAR(20) PRIMARY KEY, next_n BIGINT", "", 3, func(i int) string { return fmt.Sprintf("'series-%d', %d", i, 7000*i+21) }},
	"sessions": {"token VARCHAR(40) PRIMARY KEY, reader_id BIGINT, expires_at BIGINT, agent VARCHAR(20)", "", 9, func(i int) string {
		return fmt.Sprintf("'5f0c%04d-8a1b-4c2d-9e3f-00000000%04d', %d, %d, 'app'", i*7, i, (i*5)%16+1, 95000+1000*i)
	}},
	"blocked_cards": {"card VARCHAR(20) PRIMARY KEY, reason VARCHAR(40)", "", 3, func(i int) string { return fmt.Sprintf("'LC-9%04d', 'lost'", i*11) }},
	"reading_lists": {"id {auto}, reader_id BIGINT, name VARCHAR(40), title_ids VARCHAR(200), shared BIGINT", "", 9, func(i int) string {
		return fmt.Sprintf("%d, 'list %d', '[14,3,19,8,11,6,17]', 1", (i-1)/3+5, i)
	}},
	"list_shares": {"list_id BIGINT, reader_id BIGINT, may_edit BIGINT", "PRIMARY KEY (list_id, reader_id)", 18, func(i int) string {
		return rowOf((i-1)%9+1, (i-1)/9+7, i%2)
	}},
	"jobs": {"id {auto}, kind VARCHAR(20), payload VARCHAR(40), state VARCHAR(10), done_n BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("'label', 'copy %d', 'new', 0", i*3)
	}},
}

func lbOf(names string) []string { return tablesOf(lbTables, names) }

// lbAt adds the function at the call site to a label.
func lbAt(f string, wants []Want) []Want {
	for i := range wants {
		wants[i].Func = f
	}
	return wants
}

type lbLoan struct{ id, copy, reader, due, renewals int64 }

// lbLoans is the repository of loans.
type lbLoans struct{ whStore }

func (r lbLoans) scan(ctx context.Context, where string, args ...any) []lbLoan {
	return whScan[lbLoan](r.db.QueryContext(ctx, r.q("SELECT id, copy_id, reader_id, due_at, renewals FROM loans WHERE "+where+" ORDER BY id"), args...))(func(l *lbLoan) []any {
		return []any{&l.id, &l.copy, &l.reader, &l.due, &l.renewals}
	})
}

// OfReader are the open loans of a reader.
func (r lbLoans) OfReader(ctx context.Context, reader int64) []lbLoan {
	return r.scan(ctx, "reader_id = ? AND state = 'open'", reader)
}

// Overdue are the loans that were due before a time.
func (r lbLoans) Overdue(ctx context.Context, now int64) []lbLoan {
	return r.scan(ctx, "due_at < ? AND state = 'open'", now)
}

type lbReader struct {
	id, branch, balance int64
	card, name, kind    string
}

// lbReaders is the repository of readers.
type lbReaders struct{ whStore }

func (r lbReaders) ByID(ctx context.Context, id int64) (v lbReader) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT id, card, name, branch_id, kind, balance FROM readers WHERE id = ?"), id), &v.id, &v.card, &v.name, &v.branch, &v.kind, &v.balance)
	return v
}

// lbToken is the session of the i-th row.
func lbToken(i int) string { return fmt.Sprintf("5f0c%04d-8a1b-4c2d-9e3f-00000000%04d", i*7, i) }

// lbSignedIn is the middleware: it reads whose session it is and calls the handler.
func lbSignedIn(ctx context.Context, s whStore, token string, next func(context.Context, int64) error) error {
	var reader int64
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT reader_id FROM sessions WHERE token = ? AND expires_at > ?"), token, 90000), &reader) {
		return fmt.Errorf("no session %s", token)
	}
	return next(ctx, reader)
}

type (
	lbTitle struct {
		bun.BaseModel `bun:"table:titles" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Isbn          string
		Name          string
		AuthorID      int64
		LoansN        int64     `bun:"loans_n"`
		Author        *lbAuthor `bun:"rel:belongs-to,join:author_id=id" gorm:"foreignKey:AuthorID"`
		Copies        []lbCopy  `bun:"rel:has-many,join:id=title_id" gorm:"foreignKey:TitleID"`
	}
	lbAuthor struct {
		bun.BaseModel `bun:"table:authors" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Name          string
		Country       string
	}
	lbCopy struct {
		bun.BaseModel `bun:"table:copies" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Barcode       string
		TitleID       int64
		BranchID      int64
		State         string
		Price         int64
	}
	lbPatron struct {
		bun.BaseModel `bun:"table:readers" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Card          string
		Name          string
		BranchID      int64
		Balance       int64
	}
	lbHold struct {
		bun.BaseModel `bun:"table:reservations" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		TitleID       int64
		ReaderID      int64
		BranchID      int64
		Place         int64
		State         string
	}
	lbEvent struct {
		bun.BaseModel `bun:"table:events" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		BranchID      int64
		Name          string
		Seats         int64
		Booked        int64
		State         string
	}
	lbNotice struct {
		bun.BaseModel `bun:"table:notices" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		ReaderID      int64
		Kind          string
		Body          string
		State         string
	}
)

func (lbTitle) TableName() string  { return "titles" }
func (lbAuthor) TableName() string { return "authors" }
func (lbCopy) TableName() string   { return "copies" }
func (lbPatron) TableName() string { return "readers" }
func (lbHold) TableName() string   { return "reservations" }
func (lbEvent) TableName() string  { return "events" }
func (lbNotice) TableName() string { return "notices" }
