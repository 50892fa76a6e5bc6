package corpus

import (
	"context"
	"database/sql"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// hospitalMore are cases that were labelled when the first ones had been judged: what is
// the same by chance, and lists beside keys.
func hospitalMore() []Case {
	ofWards := and(wards(6), bedsOf(6, 2))
	return []Case{
		{Name: "hospital/three-tabs", About: "three kinds stand in the code, and are counted after a list in which each of them occurs: no loop over its rows",
			Setup: visitsOf(6, 2), Run: threeTabs},
		{Name: "hospital/three-floors", About: "the same with the floors 1 to 3",
			Setup: wards(6), Run: threeFloors},
		{Name: "hospital/new-ids-by-chance", About: "the ids of the new orders are the numbers of the drugs, as they are where all begins at 1: one loop",
			Setup: and(drugs(8), []string{"CREATE TABLE orders (id {auto}, customer BIGINT)"}), Run: ordersOfDrugs,
			Want: []Want{{Kind: budget.WriteLoop, Table: "orders", Parent: none, Also: reads}}},
		{Name: "hospital/new-ids-not-by-chance", About: "the same where the ids are others",
			Setup: and(drugs(8), orders()), Run: ordersOfDrugs,
			Want: []Want{{Kind: budget.WriteLoop, Table: "orders", Parent: none, Also: reads}}},
		{Name: "hospital/chain-in-memory", About: "a chain of units is in memory, and its people are counted by recursion: once at each depth", Values: true,
			Setup: units(8, 1, 2), Run: countsInTree, Want: []Want{found(budget.NPlusOne, "countBelow", "staff", "units")}},
		{Name: "hospital/chain-in-memory-without-chance", About: "the same with counts that are no ids of units", Values: true,
			Setup: units(8, 1, 40), Run: countsInTree, Want: []Want{found(budget.NPlusOne, "countBelow", "staff", "units")}},
		{Name: "hospital/placeholder-twice", About: "$1 stands twice, and both vary: no list", Systems: []string{"postgres"},
			Setup: ofWards, Run: bedsByPlaceholderTwice, Want: []Want{found(budget.NPlusOne, "bedsByPlaceholderTwice", "beds", "wards")}, Same: noProposal},
		{Name: "hospital/any-beside-key", About: "the array is the same each time: a condition", Systems: []string{"postgres"},
			Setup: ofWards, Run: bedsInStates, Want: []Want{proven(budget.NPlusOne, "bedsInStates", "beds", "wards")}},
		{Name: "hospital/list-beside-key", About: "a list of two that differs, beside a key that differs: one query for each row",
			Setup: ofWards, Run: bedsOfTwoNumbers, Want: []Want{found(budget.NPlusOne, "bedsOfTwoNumbers", "beds", "wards")}},
		{Name: "hospital/either-end", About: "the key may be in one of two columns",
			Setup: and(doctors(9), referrals(9)), Run: referralsOfDoctors, Want: []Want{found(budget.NPlusOne, "referralsOfDoctors", "referrals", "doctors")}, Same: noProposal},
		{Name: "hospital/periods", About: "one count for each of six periods, from today back to a year: it cannot be told from a poll",
			Setup: visitsOf(6, 2), Run: visitsOfPeriods},
		{Name: "hospital/delete-with-limit-each", About: "a few rows of each patient are deleted: the key moves", Systems: []string{"mysql"},
			Setup: and(patientsOf(3, 2), visitsOf(6, 4)), Run: deleteSomeOfEach, Want: []Want{{Kind: budget.WriteLoop, Func: "deleteSomeOfEach", Table: "visits"}}},
		{Name: "hospital/audited-transactions", About: "a transaction for each bed, with its line of the audit, and no decision in it",
			Setup: and(bedsOf(3, 2), audits()), Run: auditedTransactions, Want: []Want{{Kind: budget.WriteLoop, Table: "beds"}}},
		{Name: "hospital/literal-and-argument", About: "one row, asked for once with an argument and once in the text",
			Setup: patientsOf(3, 2), Run: literalAndArgument, Want: duplicate("", "patients")},
		{Name: "hospital/other-case", About: "one text in small letters and one in large ones",
			Setup: patientsOf(3, 2), Run: otherCase, Want: duplicate("", "patients")},
		{Name: "hospital/keys-in-answers-by-chance", About: "wards of the address; the numbers of their beds are the same numbers, and nothing is walked: a list of keys is right",
			Setup: and(wards(6), bedsOf(6, 6)), Run: bedsOfAddress, Want: []Want{found(budget.NPlusOne, "bedsOfAddress", "beds", none)},
			Same: sameRows("SELECT no, state FROM beds WHERE ward_id = ?", upTo(6))},

		{Name: "hospital/cheapest-and-newest", About: "the cheapest and the newest visit are two rows",
			Setup: visitsOf(3, 5), Run: cheapestAndNewest},
		{Name: "hospital/each-other", About: "the visit that was no scan, and the one that was no lab, are two rows",
			Setup: visitsOf(3, 2), Run: eachOther},
		{Name: "hospital/near-two-costs", About: "the same with literals in a function",
			Setup: visitsOf(3, 2), Run: nearTwoCosts},
		{Name: "hospital/three-totals", About: "three totals of kinds that stand in the code are written after a list in which each of them occurs",
			Setup: and(visitsOf(6, 2), []string{"CREATE TABLE totals (kind VARCHAR(10), n BIGINT)"}), Run: threeTotals},
		{Name: "hospital/number-each", About: "each bed gets the next number, which is read each time: one read is enough, and one UPDATE",
			Setup: bedsOf(3, 2), Run: numberEach, Want: []Want{{Kind: budget.WriteLoop, Func: "numberEach", Table: "beds"}}},
		{Name: "hospital/doctor-of-his-patients-joined", About: "the patients of one doctor by a join, and this doctor for each of them: one answer, eight times",
			Setup: and(doctors(6), wards(8), patientsOf(8, 1), []string{"UPDATE patients SET doctor_id = 4"}), Run: doctorOfHisJoinedPatients,
			Want: []Want{{Kind: budget.Duplicate, Func: "doctorOfHisJoinedPatients", Table: "doctors"}}},
		{Name: "hospital/open-rows-in-transaction", About: "what runs while rows are open is on their connection: a loop, and nothing nested", Systems: []string{"sqlite"},
			Setup: ofWards, Run: bedsInOpenTransaction, Want: []Want{proven(budget.NPlusOne, "bedsInOpenTransaction.func1", "beds", "wards")}},
		{Name: "hospital/selected-insert-id", About: "the new id is asked for by a SELECT, a dozen times", Systems: []string{"sqlite", "mysql"},
			Setup: and(orders(), audits()), Run: selectInsertID, Want: []Want{{Kind: budget.WriteLoop, Table: "orders"}}},
		{Name: "hospital/names-by-subtraction", About: "a batch of rows is read, and what is missing in it is read one by one: five of eleven",
			Setup: patientsOf(4, 3), Run: missingOnes, Want: []Want{found(budget.NPlusOne, "missingOnes", "patients", none)},
			Same: sameRows("SELECT name FROM patients WHERE id = ?", upTo(6))},
	}
}

func threeTabs(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, kind, cost FROM visits ORDER BY id"))
	for _, kind := range []string{"talk", "lab", "scan"} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM visits WHERE kind = ?"), kind))
	}
	return nil
}

func threeFloors(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, name, floor FROM wards ORDER BY name"))
	for floor := 1; floor <= 3; floor++ {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM wards WHERE floor = ?"), floor))
	}
	return nil
}

func ordersOfDrugs(ctx context.Context, e *Env) error {
	for drug := int64(1); drug <= 6; drug++ {
		insertOrder(ctx, e, 900+drug)
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name, stock FROM drugs WHERE id = ?"), drug))
	}
	return nil
}

func bedsByPlaceholderTwice(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, "SELECT no FROM beds WHERE ward_id = $1 AND patient_id <> $1", id))
	}
	return nil
}

func bedsInStates(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, "SELECT no FROM beds WHERE ward_id = $1 AND state = ANY($2)", id, []string{"free", "clean"}))
	}
	return nil
}

func bedsOfTwoNumbers(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT state FROM beds WHERE ward_id = ? AND no IN (?, ?)"), id, id%2+1, id%3+2))
	}
	return nil
}

func referralsOfDoctors(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM doctors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT from_id, to_id FROM referrals WHERE from_id = ? OR to_id = ?"), id, id))
	}
	return nil
}

func visitsOfPeriods(ctx context.Context, e *Env) error {
	now := time.Date(2024, 6, 30, 12, 0, 0, 0, time.UTC)
	for _, days := range []int{1, 7, 30, 90, 180, 365} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM visits WHERE taken_at >= ?"), now.AddDate(0, 0, -days)))
	}
	return nil
}

func deleteSomeOfEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM patients ORDER BY id")) {
		done(e.DB.ExecContext(ctx, "DELETE FROM visits WHERE patient_id = ? ORDER BY id LIMIT 2", id))
	}
	return nil
}

func auditedTransactions(ctx context.Context, e *Env) error {
	for _, bed := range []int64{4, 2, 6, 1, 5} {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			done(tx.ExecContext(ctx, e.Q("UPDATE beds SET state = ? WHERE id = ?"), "clean", bed))
			done(tx.ExecContext(ctx, e.Q("INSERT INTO audits (what, row_id) VALUES (?, ?)"), "cleaned", bed))
		}))
	}
	return nil
}

func literalAndArgument(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name, mrn FROM patients WHERE id = ?"), 3))
	drain(e.DB.QueryContext(ctx, "SELECT name, mrn FROM patients WHERE id = 3"))
	return nil
}

func otherCase(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name, mrn FROM patients WHERE id = ?"), 3))
	drain(e.DB.QueryContext(ctx, e.Q("select name, mrn from patients where id = ?"), 3))
	return nil
}

func bedsOfAddress(ctx context.Context, e *Env) error {
	for _, ward := range []int64{1, 2, 3, 4, 5, 6} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT no, state FROM beds WHERE ward_id = ?"), ward))
	}
	return nil
}

func cheapestAndNewest(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, cost FROM visits WHERE patient_id = ? ORDER BY cost LIMIT 1"), 2))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, kind, note FROM visits WHERE patient_id = ? ORDER BY taken_at DESC, id DESC LIMIT 1"), 2))
	return nil
}

func eachOther(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, cost FROM visits WHERE patient_id = ? AND kind <> ?"), 2, "scan"))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT note, taken_at FROM visits WHERE patient_id = ? AND kind <> ?"), 2, "lab"))
	return nil
}

func nearTwoCosts(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, cost FROM visits WHERE patient_id = 2 AND abs(cost - 110) < 5"))
	drain(e.DB.QueryContext(ctx, "SELECT note, taken_at FROM visits WHERE patient_id = 2 AND abs(cost - 150) < 5"))
	return nil
}

func threeTotals(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, kind, cost FROM visits ORDER BY id"))
	for i, kind := range []string{"talk", "lab", "scan"} {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO totals (kind, n) VALUES (?, ?)"), kind, 100*i))
	}
	return nil
}

func numberEach(ctx context.Context, e *Env) error {
	for _, bed := range []int64{4, 2, 6, 1, 5, 3} {
		var last int64
		one(e.DB.QueryRowContext(ctx, "SELECT no FROM beds ORDER BY no DESC LIMIT 1"), &last)
		done(e.DB.ExecContext(ctx, e.Q("UPDATE beds SET no = ? WHERE id = ?"), last+1, bed))
	}
	return nil
}

func doctorOfHisJoinedPatients(ctx context.Context, e *Env) error {
	for _, patient := range pairs(e.DB.QueryContext(ctx, e.Q("SELECT p.id, p.doctor_id FROM patients p JOIN wards w ON w.id = p.ward_id WHERE p.doctor_id = ? ORDER BY p.id"), 4)) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM doctors WHERE id = ?"), patient[1]))
	}
	return nil
}

func bedsInOpenTransaction(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		rows, err := tx.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")
		try(err)
		defer rows.Close() //nolint:errcheck // rows.Err says it
		for rows.Next() {
			var id int64
			try(rows.Scan(&id))
			drain(tx.QueryContext(ctx, "SELECT no FROM beds WHERE ward_id = ?", id))
		}
		try(rows.Err())
	})
}

func selectInsertID(ctx context.Context, e *Env) error {
	newID := map[string]string{"sqlite": "SELECT last_insert_rowid()", "mysql": "SELECT LAST_INSERT_ID()"}[e.System]
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		for customer := range 12 {
			var id int64
			done(tx.ExecContext(ctx, "INSERT INTO orders (customer) VALUES (?)", customer+50))
			one(tx.QueryRowContext(ctx, newID), &id)
			done(tx.ExecContext(ctx, "INSERT INTO audits (what, row_id) VALUES (?, ?)", "new", id))
		}
	})
}

func missingOnes(ctx context.Context, e *Env) error {
	wanted := []int64{3, 1, 11, 8, 5, 2, 12, 7, 4, 9, 6}
	query, args := in("SELECT id, name FROM patients WHERE id IN (?) AND state = 'in'", wanted)
	known := make(map[int64]bool)
	for _, id := range ints(e.DB.QueryContext(ctx, e.Q(query), args...)) {
		known[id] = true
	}
	for _, id := range wanted {
		if !known[id] {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM patients WHERE id = ?"), id))
		}
	}
	return nil
}
