package corpus

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/querybudget/querybudget/budget"
)

// freightHints are races between a read and a write, and what prevents them.
func freightHints() []Case {
	lost := func(table string) []Want { return []Want{{Kind: budget.ReadModifyWrite, Table: table}} }
	twice := func(table string) []Want { return []Want{{Kind: budget.SelectThenInsert, Table: table}} }
	emails := []string{"CREATE TABLE contacts (id {auto}, email VARCHAR(40), name VARCHAR(40))"}
	return []Case{
		{Name: "freight/credit-computed", About: "a number is read, computed and written", Setup: frCustomers(4), Run: frCreditComputed, Want: lost("customers")},
		{Name: "freight/credit-in-transaction", About: "the same in a transaction: READ COMMITTED loses it, too", Systems: []string{"postgres"}, Setup: frCustomers(4), Run: frCreditIn(nil), Want: lost("customers")},
		{Name: "freight/credit-read-whole", About: "the whole row is read for it", Setup: frDepots(4), Run: frUsedOfWholeRow, Want: lost("depots")},
		{Name: "freight/gorm-credit", About: "GORM reads and updates a column with a computed number", Setup: frDepots(5), Run: frGORMUsed, Want: lost("depots")},
		{Name: "freight/bun-credit", About: "bun writes the computed number into the text", Setup: frCustomers(5), Run: frBunCredit, Want: lost("customers")},
		{Name: "freight/notes-appended", About: "a text is read, something is appended, and it is written", Setup: frShipments(5, 3), Run: frNotesAppended, Want: lost("shipments")},

		{Name: "freight/credit-serializable", About: "SERIALIZABLE refuses one of two", Systems: servers, Setup: frCustomers(4), Run: frCreditIn(&sql.TxOptions{Isolation: sql.LevelSerializable})},
		{Name: "freight/credit-repeatable-read", About: "REPEATABLE READ of PostgreSQL refuses it, too", Systems: []string{"postgres"}, Setup: frCustomers(4), Run: frCreditIn(&sql.TxOptions{Isolation: sql.LevelRepeatableRead})},
		{Name: "freight/credit-in-sqlite", About: "a transaction of SQLite cannot lose it", Systems: []string{"sqlite"}, Setup: frCustomers(4), Run: frCreditIn(nil)},
		{Name: "freight/bun-locked", About: "FOR UPDATE by bun", Systems: servers, Setup: frDepots(4), Run: frBunLocked},
		{Name: "freight/gorm-version", About: "an UPDATE with the version that was read", Setup: frCustomers(4), Run: frGORMVersion},
		{Name: "freight/guarded-decrement", About: "looked at first, and then the UPDATE computes and guards by itself", Setup: frCustomers(4), Run: frGuardedDecrement},
		{Name: "freight/edit-form", About: "what the user has typed is written, the row was read to show it", Setup: frCustomers(4), Run: frEditForm},
		{Name: "freight/other-table-same-id", About: "customer 3 is read, and depot 3 is written", Setup: and(frCustomers(4), frDepots(4)), Run: frOtherTableSameID},

		{Name: "freight/contact-by-mail", About: "nobody has the address: it is inserted, and nothing guards it", Setup: emails, Run: frContactByMail, Want: twice("contacts")},
		{Name: "freight/contact-by-not-exists", About: "the same by SELECT NOT EXISTS", Setup: emails, Run: frContactByNotExists, Want: twice("contacts")},
		{Name: "freight/gorm-contact", About: "First finds nothing, Create", Setup: emails, Run: frGORMContact, Want: twice("contacts")},
		{Name: "freight/bun-contact", About: "Exists by bun, then INSERT", Setup: emails, Run: frBunContact, Want: twice("contacts")},
		{Name: "freight/update-then-insert", About: "an UPDATE hits nothing, so it is inserted: an upsert", Setup: frTariffs(3), Run: frUpdateThenInsert, Want: twice("tariffs")},

		{Name: "freight/contact-do-nothing", About: "looked for, and inserted with a guard", Setup: []string{"CREATE TABLE contacts (id {auto}, email VARCHAR(40) UNIQUE, name VARCHAR(40))"}, Run: frContactDoNothing},
		{Name: "freight/gorm-do-nothing", About: "the same by GORM's OnConflict", Setup: []string{"CREATE TABLE contacts (id {auto}, email VARCHAR(40) UNIQUE, name VARCHAR(40))"}, Run: frGORMDoNothing},
		{Name: "freight/no-discount", About: "a customer has no discount, and a shipment is inserted: two tables", Setup: and(frTariffs(3), frShipments(3, 3)), Run: frNoDiscount},
		{Name: "freight/no-open-legs", About: "no open leg of another shipment, and a leg is inserted: another condition", Setup: and(frLegs(3, 2, 3), []string{"UPDATE legs SET state = 'done'"}), Run: frNoOpenLegs},
		{Name: "freight/contact-under-lock", About: "under an advisory lock of the transaction", Systems: []string{"postgres"}, Setup: emails, Run: frContactUnderLock},
	}
}

func frCreditComputed(ctx context.Context, e *Env) error {
	n := frCreditOf(ctx, e, 3)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE customers SET credit = ? WHERE id = ?"), n-250, 3))
	return nil
}

func frCreditIn(options *sql.TxOptions) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		tx, err := e.DB.BeginTx(ctx, options)
		try(err)
		defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
		var n int64
		one(tx.QueryRowContext(ctx, e.Q("SELECT credit FROM customers WHERE id = ?"), 2), &n)
		done(tx.ExecContext(ctx, e.Q("UPDATE customers SET credit = ? WHERE id = ?"), n+77, 2))
		return tx.Commit()
	}
}

func frUsedOfWholeRow(ctx context.Context, e *Env) error {
	var id, capacity, used int64
	var name, region string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT id, name, region, capacity, used FROM depots WHERE id = ?"), 3), &id, &name, &region, &capacity, &used)
	if used+5 > capacity {
		return nil
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE depots SET used = ? WHERE id = ?"), used+5, id))
	return nil
}

func frGORMUsed(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var d frDepot
	try(g.First(&d, 2).Error)
	return g.Model(&d).Update("used", d.Used+4).Error
}

func frBunCredit(ctx context.Context, e *Env) error {
	c := frBunCustomer(ctx, e, 4)
	c.Credit -= 300
	_, err := e.Bun().NewUpdate().Model(&c).Column("credit").WherePK().Exec(ctx)
	return err
}

func frNotesAppended(ctx context.Context, e *Env) error {
	var notes string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT notes FROM shipments WHERE id = ?"), 2), &notes)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE shipments SET notes = ? WHERE id = ?"), notes+"; held by customs", 2))
	return nil
}

func frBunLocked(ctx context.Context, e *Env) error {
	return e.Bun().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		var d frDepot
		if err := tx.NewSelect().Model(&d).Where("id = ?", 3).For("UPDATE").Scan(ctx); err != nil {
			return err
		}
		d.Used += 6
		_, err := tx.NewUpdate().Model(&d).Column("used").WherePK().Exec(ctx)
		return err
	})
}

func frGORMVersion(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var c frCustomer
	try(g.First(&c, 3).Error)
	result := g.Model(&frCustomer{}).Where("id = ? AND version = ?", c.ID, c.Version).Updates(map[string]any{"credit": c.Credit - 100, "version": c.Version + 1})
	return result.Error
}

func frGuardedDecrement(ctx context.Context, e *Env) error {
	if frCreditOf(ctx, e, 2) < 200 {
		return errors.New("no credit")
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE customers SET credit = credit - ? WHERE id = ? AND credit >= ?"), 200, 2, 200))
	return nil
}

func frEditForm(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name, email, country FROM customers WHERE id = ?"), 2))
	done(e.DB.ExecContext(ctx, e.Q("UPDATE customers SET name = ?, email = ? WHERE id = ?"), "Kühne Söhne", "office@kuehne.example", 2))
	return nil
}

func frOtherTableSameID(ctx context.Context, e *Env) error {
	n := frCreditOf(ctx, e, 3)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE depots SET used = ? WHERE id = ?"), n%7, 3))
	return nil
}

func frContactByMail(ctx context.Context, e *Env) error {
	var id int64
	if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM contacts WHERE email = ?"), "dock@example.com"), &id) {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO contacts (email, name) VALUES (?, ?)"), "dock@example.com", "Dock 4"))
	}
	return nil
}

func frContactByNotExists(ctx context.Context, e *Env) error {
	var free bool
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT NOT EXISTS (SELECT 1 FROM contacts WHERE email = ?)"), "gate@example.com"), &free)
	if free {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO contacts (email, name) VALUES (?, ?)"), "gate@example.com", "Gate 1"))
	}
	return nil
}

type frContact struct {
	bun.BaseModel `bun:"table:contacts" gorm:"-"`
	ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
	Email         string
	Name          string
}

// TableName is that of contacts.
func (frContact) TableName() string { return "contacts" }

func frGORMContact(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var c frContact
	err := g.Where("email = ?", "yard@example.com").First(&c).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return g.Create(&frContact{Email: "yard@example.com", Name: "Yard"}).Error
	}
	return err
}

func frBunContact(ctx context.Context, e *Env) error {
	is, err := e.Bun().NewSelect().Model((*frContact)(nil)).Where("email = ?", "rail@example.com").Exists(ctx)
	if err != nil || is {
		return err
	}
	_, err = e.Bun().NewInsert().Model(&frContact{Email: "rail@example.com", Name: "Rail"}).Exec(ctx)
	return err
}

func frUpdateThenInsert(ctx context.Context, e *Env) error {
	if done(e.DB.ExecContext(ctx, e.Q("UPDATE tariffs SET price = ? WHERE lane = ?"), 410, "L77")) == 0 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO tariffs (id, lane, carrier_id, price, valid_from) VALUES (?, ?, ?, ?, ?)"), 77, "L77", 2, 410, 2026))
	}
	return nil
}

func frContactDoNothing(ctx context.Context, e *Env) error {
	insert := map[string]string{
		"sqlite": "INSERT INTO contacts (email, name) VALUES (?, ?) ON CONFLICT DO NOTHING", "postgres": "INSERT INTO contacts (email, name) VALUES (?, ?) ON CONFLICT (email) DO NOTHING",
		"mysql": "INSERT IGNORE INTO contacts (email, name) VALUES (?, ?)",
	}[e.System]
	var id int64
	if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM contacts WHERE email = ?"), "sea@example.com"), &id) {
		done(e.DB.ExecContext(ctx, e.Q(insert), "sea@example.com", "Sea"))
	}
	return nil
}

func frGORMDoNothing(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var n int64
	try(g.Model(&frContact{}).Where("email = ?", "air@example.com").Count(&n).Error)
	if n > 0 {
		return nil
	}
	return g.Clauses(clause.OnConflict{DoNothing: true}).Create(&frContact{Email: "air@example.com", Name: "Air"}).Error
}

func frNoDiscount(ctx context.Context, e *Env) error {
	var price int64
	if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT price FROM tariffs WHERE lane = ?"), "L40"), &price) {
		price = 500
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO shipments (id, customer_id, ref, state, weight, lane) VALUES (?, ?, ?, ?, ?, ?)"), 90, 2, "SHP-90", "open", price, "L40"))
	return nil
}

func frNoOpenLegs(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM legs WHERE shipment_id = ? AND state = 'open'"), 1)) > 0 {
		return nil
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO legs (id, shipment_id, seq, driver_id, depot_id, state) VALUES (?, ?, ?, ?, ?, ?)"), 60, 9, 5, 3, 4, "plan"))
	return nil
}

func frContactUnderLock(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	try(err)
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtext($1))", "dock@example.com")
	try(err)
	var id int64
	if !one(tx.QueryRowContext(ctx, "SELECT id FROM contacts WHERE email = $1", "dock@example.com"), &id) {
		done(tx.ExecContext(ctx, "INSERT INTO contacts (email, name) VALUES ($1, $2)", "dock@example.com", "Dock 4"))
	}
	return tx.Commit()
}
