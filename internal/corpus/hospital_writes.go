package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// hospitalWrites are writes for each row, and what looks like them.
func hospitalWrites() []Case {
	people := patientsOf(4, 2)
	loopOf := func(table string) []Want { return []Want{{Kind: budget.WriteLoop, Table: table}} }
	return []Case{
		{Name: "hospital/on-duplicate-key", About: "an upsert for each row", Systems: []string{"mysql"}, Setup: drugs(8), Run: writeDrugs("INSERT INTO drugs (id, stock) VALUES (?, ?) ON DUPLICATE KEY UPDATE stock = VALUES(stock)"), Want: loopOf("drugs")},
		{Name: "hospital/insert-ignore", About: "INSERT IGNORE for each row", Systems: []string{"mysql"}, Setup: drugs(3), Run: writeDrugs("INSERT IGNORE INTO drugs (id, stock) VALUES (?, ?)"), Want: loopOf("drugs")},
		{Name: "hospital/replace", About: "REPLACE for each row", Systems: []string{"mysql", "sqlite"}, Setup: drugs(3), Run: writeDrugs("REPLACE INTO drugs (id, stock) VALUES (?, ?)"), Want: loopOf("drugs")},
		{Name: "hospital/insert-set", About: "INSERT ... SET for each row", Systems: []string{"mysql"}, Setup: drugs(1), Run: writeDrugs("INSERT INTO drugs SET id = ? + 100, stock = ?"), Want: loopOf("drugs")},
		{Name: "hospital/insert-or-ignore", About: "INSERT OR IGNORE for each row", Systems: []string{"sqlite"}, Setup: drugs(3), Run: writeDrugs("INSERT OR IGNORE INTO drugs (id, stock) VALUES (?, ?)"), Want: loopOf("drugs")},
		{Name: "hospital/merge", About: "MERGE for each row", Systems: []string{"postgres"}, Setup: drugs(3),
			Run:  writeDrugs("MERGE INTO drugs d USING (VALUES (?::bigint, ?::bigint)) AS v (id, stock) ON d.id = v.id WHEN MATCHED THEN UPDATE SET stock = v.stock WHEN NOT MATCHED THEN INSERT (id, stock) VALUES (v.id, v.stock)"),
			Want: loopOf("drugs")},
		{Name: "hospital/on-duplicate-key-rows", About: "the repair: one upsert of all", Systems: []string{"mysql"}, Setup: drugs(3), Run: upsertAllDrugs},
		{Name: "hospital/last-insert-id", About: "the second INSERT takes its key from the first by a function: a dozen rounds", Systems: []string{"mysql"}, Setup: and(orders(), audits()), Run: insertsWithLastID, Want: loopOf("orders")},
		{Name: "hospital/update-join", About: "an UPDATE with a join, for each ward", Systems: []string{"mysql"}, Setup: and(wards(6), bedsOf(6, 2)), Run: cleanByJoin, Want: loopOf("beds")},
		{Name: "hospital/with-update", About: "an UPDATE inside of WITH, for each row", Systems: []string{"postgres"}, Setup: bedsOf(4, 2), Run: freeByWith, Want: loopOf("beds")},
		{Name: "hospital/insert-select-each", About: "one INSERT ... SELECT for each patient: GROUP BY", Setup: and(people, visitsOf(8, 2), []string{"CREATE TABLE bills (patient_id BIGINT, total BIGINT)"}), Run: billEach,
			Want: writeLoop("billEach", "bills")},
		{Name: "hospital/insert-select-all", About: "the repair", Setup: and(people, visitsOf(8, 2), []string{"CREATE TABLE bills (patient_id BIGINT, total BIGINT)"}), Run: billAll},
		{Name: "hospital/three-discharges", About: "three rows, three UPDATEs: as sure as twenty", Values: true, Setup: and(patientsOf(3, 1), bedsOf(3, 2)), Run: freeBedsOfPatients, Want: []Want{proven(budget.WriteLoop, "freeBedsOfPatients", "beds", "patients")}},
		{Name: "hospital/three-steps", About: "three INSERTs with the numbers 1 to 3, after three wards with these numbers: no loop over the wards", Setup: and(wards(3), []string{"CREATE TABLE steps (no BIGINT, what VARCHAR(20))"}), Run: threeSteps},
		{Name: "hospital/soft-delete", About: "a moment for each row, and it is another one each time", Setup: people, Run: softDeleteEach, Want: loopOf("patients")},
		{Name: "hospital/erasure", About: "six tables forget one patient: six texts from one line", Setup: erasable(), Run: eraseOne},
		{Name: "hospital/erasures", About: "the same for five patients: one loop", Setup: erasable(), Run: eraseFive, Want: []Want{{Kind: budget.WriteLoop}}},
		{Name: "hospital/update-and-audit", About: "each row is changed, and a line is written about it: one loop", Setup: and(bedsOf(4, 2), audits()), Run: updateWithAudit, Want: loopOf("beds")},
		{Name: "hospital/hash-chain", About: "each line needs the hash of the one before, which is read each time", Setup: and(audits(), []string{"INSERT INTO audits VALUES ('begin', 0, 'x')"}), Run: hashChain, Want: loopOf("audits")},
		{Name: "hospital/optimistic-each", About: "each bed is read and written with its version: one loop", Setup: bedsOf(4, 2), Run: optimisticEach,
			Want: []Want{{Kind: budget.WriteLoop, Func: "optimisticEach", Table: "beds", Also: reads}}},
		{Name: "hospital/import-each", About: "each line is looked for, and then written or changed", Hints: NoHints, Setup: drugs(6), Run: importDrugsEach,
			Want: []Want{{Kind: budget.WriteLoop, Func: "importDrugsEach", Table: "drugs", Parent: none, Also: []string{"INSERT", "SELECT"}}}},
		{Name: "hospital/get-or-create", About: "an INSERT that may do nothing, and a read where it did", Systems: []string{"postgres", "sqlite"}, Setup: tagsOf(6), Run: getOrCreateTags,
			Want: []Want{{Kind: budget.WriteLoop, Func: "getOrCreate", Table: "tags", Parent: none, Also: reads}}},
		{Name: "hospital/code-until-free", About: "a code that is taken is refused by the index, and another one is tried", Setup: tagsOf(6), Run: codeUntilFree},
		{Name: "hospital/progress", Values: true, About: "a job tells after each page how far it has come, for others to see", Setup: and(people, outbox(1)), Run: exportWithProgress},
		{Name: "hospital/progress-unseen", Systems: servers, About: "the same in a transaction, where nobody sees it: the last of these writes is left", Setup: and(people, outbox(1)), Run: exportUnseen, Want: writeLoop("", "outbox")},
		{Name: "hospital/positions", About: "a list is sorted anew", Systems: servers, Setup: drugs(7), Run: sortAnew, Want: loopOf("drugs")},
		{Name: "hospital/positions-at-once", About: "the repair: one UPDATE", Setup: drugs(7), Run: sortAnewAtOnce},
		{Name: "hospital/open-rows-and-writes", About: "each row is written while the list is open, on another connection", Systems: servers, Setup: bedsOf(3, 2), Run: writeWhileOpen,
			Want: []Want{{Kind: budget.WriteLoop, Func: "writeWhileOpen", Table: "beds"}, {Kind: budget.NestedQuery, Func: "writeWhileOpen", Table: "beds"}}},
	}
}

func writeDrugs(query string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for _, line := range [][2]int{{3, 40}, {9, 12}, {5, 31}, {11, 8}, {2, 64}, {12, 5}} {
			done(e.DB.ExecContext(ctx, e.Q(query), line[0], line[1]))
		}
		return nil
	}
}

func upsertAllDrugs(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, "INSERT INTO drugs (id, stock) VALUES (?, ?), (?, ?), (?, ?) ON DUPLICATE KEY UPDATE stock = VALUES(stock)", 3, 40, 9, 12, 5, 31))
	return nil
}

func insertsWithLastID(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		for customer := range 12 {
			done(tx.ExecContext(ctx, "INSERT INTO orders (customer) VALUES (?)", customer+50))
			done(tx.ExecContext(ctx, "INSERT INTO audits (what, row_id) VALUES (?, LAST_INSERT_ID())", "new"))
		}
	})
}

func cleanByJoin(ctx context.Context, e *Env) error {
	for _, ward := range []int64{4, 2, 6, 1, 5} {
		done(e.DB.ExecContext(ctx, "UPDATE beds b JOIN wards w ON w.id = b.ward_id SET b.state = 'clean' WHERE w.id = ?", ward))
	}
	return nil
}

func freeByWith(ctx context.Context, e *Env) error {
	for _, bed := range []int64{4, 2, 6, 1, 5, 8} {
		var n int
		one(e.DB.QueryRowContext(ctx, "WITH freed AS (UPDATE beds SET state = 'free' WHERE id = $1 RETURNING id) SELECT count(*) FROM freed", bed), &n)
	}
	return nil
}

func billEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM patients ORDER BY id")) {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO bills (patient_id, total) SELECT patient_id, sum(cost) FROM visits WHERE patient_id = ? GROUP BY patient_id"), id))
	}
	return nil
}

func billAll(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM patients ORDER BY id"))
	done(e.DB.ExecContext(ctx, "INSERT INTO bills (patient_id, total) SELECT patient_id, sum(cost) FROM visits GROUP BY patient_id"))
	return nil
}

func freeBedsOfPatients(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM patients ORDER BY id DESC")) {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE beds SET state = 'free' WHERE patient_id = ?"), id))
	}
	return nil
}

func threeSteps(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM wards ORDER BY id"))
	for i, what := range []string{"wash", "wait", "talk"} {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO steps (no, what) VALUES (?, ?)"), i+1, what))
	}
	return nil
}

func softDeleteEach(ctx context.Context, e *Env) error {
	for _, id := range []int64{7, 3, 5, 1, 2, 8} {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE patients SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL"), time.Now().UTC(), id))
	}
	return nil
}

var erasableTables = []string{"notes_of", "scans_of", "bills_of", "mails_of", "calls_of", "stays_of"}

func erasable() (out []string) {
	for _, table := range erasableTables {
		out = append(out, filled(table, "id BIGINT, patient_id BIGINT", 8, func(i int) string { return rowOf(i, i) })...)
	}
	return out
}

func erase(ctx context.Context, e *Env, patient int64) {
	for _, table := range erasableTables {
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM "+table+" WHERE patient_id = ?"), patient))
	}
}

func eraseOne(ctx context.Context, e *Env) error {
	erase(ctx, e, 4)
	return nil
}

func eraseFive(ctx context.Context, e *Env) error {
	for _, patient := range []int64{4, 8, 1, 6, 2} {
		erase(ctx, e, patient)
	}
	return nil
}

func updateWithAudit(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		for _, bed := range []int64{4, 8, 1, 6, 2} {
			done(tx.ExecContext(ctx, e.Q("UPDATE beds SET state = 'clean' WHERE id = ?"), bed))
			done(tx.ExecContext(ctx, e.Q("INSERT INTO audits (what, row_id) VALUES (?, ?)"), "cleaned", bed))
		}
	})
}

func hashChain(ctx context.Context, e *Env) error {
	for i := range 6 {
		var last string
		one(e.DB.QueryRowContext(ctx, "SELECT hash FROM audits ORDER BY row_id DESC LIMIT 1"), &last)
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO audits (what, row_id, hash) VALUES (?, ?, ?)"), "moved", i+1, fmt.Sprintf("%.20x", last+"moved")))
	}
	return nil
}

func optimisticEach(ctx context.Context, e *Env) error {
	for _, bed := range []int64{4, 8, 1, 6, 2, 3} {
		var version int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT version FROM beds WHERE id = ?"), bed), &version)
		if done(e.DB.ExecContext(ctx, e.Q("UPDATE beds SET state = ?, version = ? WHERE id = ? AND version = ?"), "clean", version+1, bed, version)) == 0 {
			return fmt.Errorf("bed %d was changed by another one", bed)
		}
	}
	return nil
}

func importDrugsEach(ctx context.Context, e *Env) error {
	for i, code := range []string{"c4", "n1", "c2", "n2", "c6", "n3", "n4", "c1", "n5", "c5", "c3", "n6"} {
		var id int64
		if one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM drugs WHERE code = ?"), code), &id) {
			done(e.DB.ExecContext(ctx, e.Q("UPDATE drugs SET stock = ? WHERE id = ?"), 10*i, id))
			continue
		}
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO drugs (id, code, stock) VALUES (?, ?, ?)"), 100+i, code, 10*i))
	}
	return nil
}

func tagsOf(n int) []string {
	return filled("tags", "id BIGINT PRIMARY KEY, name VARCHAR(20) UNIQUE", n, func(i int) string { return fmt.Sprintf("%d, 't%d'", i, i) })
}

func getOrCreate(ctx context.Context, e *Env, id int, name string) (found int64) {
	if !one(e.DB.QueryRowContext(ctx, e.Q("INSERT INTO tags (id, name) VALUES (?, ?) ON CONFLICT (name) DO NOTHING RETURNING id"), id, name), &found) {
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM tags WHERE name = ?"), name), &found)
	}
	return found
}

func getOrCreateTags(ctx context.Context, e *Env) error {
	for i, name := range []string{"t4", "u1", "t2", "t6", "t1", "u2", "t5", "t3"} {
		getOrCreate(ctx, e, 100+i, name)
	}
	return nil
}

func codeUntilFree(ctx context.Context, e *Env) error {
	for i := 1; ; i++ {
		_, err := e.DB.ExecContext(ctx, e.Q("INSERT INTO tags (id, name) VALUES (?, ?)"), 100, fmt.Sprint("t", i))
		if err == nil {
			return nil
		}
		if i > 10 {
			return err
		}
	}
}

func exportUnseen(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		for at := range 6 {
			done(tx.ExecContext(ctx, e.Q("UPDATE outbox SET tries = ? WHERE id = ?"), at, 1))
		}
	})
}

func exportWithProgress(ctx context.Context, e *Env) error {
	for at, n := 0, 1; n > 0; at += n {
		n = drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM patients ORDER BY id LIMIT 2 OFFSET ?"), at))
		done(e.DB.ExecContext(ctx, e.Q("UPDATE outbox SET tries = ? WHERE id = ?"), at+n, 1))
	}
	return nil
}

func sortAnew(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		for place, id := range []int64{4, 2, 7, 1, 6, 3, 5} {
			done(tx.ExecContext(ctx, e.Q("UPDATE drugs SET stock = ? WHERE id = ?"), place+1, id))
		}
	})
}

func sortAnewAtOnce(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, e.Q("UPDATE drugs SET stock = CASE id WHEN ? THEN 1 WHEN ? THEN 2 WHEN ? THEN 3 END WHERE id IN (?, ?, ?)"), 4, 2, 7, 4, 2, 7))
	return nil
}

func writeWhileOpen(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT id, state FROM beds ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var id int64
		try(rows.Scan(&id, new(string)))
		done(e.DB.ExecContext(ctx, e.Q("UPDATE beds SET state = 'clean' WHERE id = ?"), id))
	}
	return rows.Err()
}
