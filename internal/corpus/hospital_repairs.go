package corpus

import (
	"context"
	"fmt"

	"github.com/querybudget/querybudget/budget"
)

// hospitalRepairs are loops whose statement is hard to write for all keys at once. The
// label is the loop; Same is what a proposal, if there is one, has to keep.
func hospitalRepairs() []Case {
	const patients = "SELECT id, name FROM patients ORDER BY id"
	setup := and(wards(6), patientsOf(6, 1), visitsOf(6, 5))
	visits := []Want{proven(budget.NPlusOne, "", "visits", "patients")}
	ofVisits := func(name, about, query string, fixed ...any) Case {
		return Case{Name: "hospital/repair-" + name, About: about, Setup: setup, Run: perRow(patients, query), Want: visits, Same: sameAs(query, upTo(6), fixed...)}
	}
	only := func(c Case, systems ...string) Case {
		c.Systems = systems
		return c
	}
	unproven := func(c Case) Case {
		c.Want = []Want{found(budget.NPlusOne, "", "visits", "patients")}
		return c
	}
	return []Case{
		ofVisits("having", "HAVING counts for each patient", "SELECT count(*) FROM visits WHERE patient_id = ? HAVING count(*) > 4", 4),
		ofVisits("distinct", "DISTINCT is within each patient", "SELECT DISTINCT kind FROM visits WHERE patient_id = ?"),
		ofVisits("count-distinct", "an aggregate of different values", "SELECT count(DISTINCT kind) FROM visits WHERE patient_id = ?"),
		ofVisits("coalesce-sum", "an aggregate inside of a function", "SELECT coalesce(sum(cost), 0) FROM visits WHERE patient_id = ?", 0),
		ofVisits("second-newest", "LIMIT with an OFFSET that is not 0", "SELECT id, cost FROM visits WHERE patient_id = ? ORDER BY cost DESC LIMIT 1 OFFSET 1", 1, 1),
		only(ofVisits("comma-limit", "LIMIT 1, 2 leaves the first row out", "SELECT id, cost FROM visits WHERE patient_id = ? ORDER BY cost DESC LIMIT 1, 2", 1, 2), "sqlite", "mysql"),
		ofVisits("order-by-ordinal", "ORDER BY 2 is a column, and in a window it is a number", "SELECT id, cost FROM visits WHERE patient_id = ? ORDER BY 2 DESC LIMIT 1", 2, 1),
		ofVisits("order-by-alias", "ORDER BY the alias of an expression", "SELECT id, cost * 2 AS price FROM visits WHERE patient_id = ? ORDER BY price LIMIT 2", 2, 2),
		ofVisits("group-limit", "the kind that a patient has most often: GROUP BY and LIMIT", "SELECT kind, count(*) AS n FROM visits WHERE patient_id = ? GROUP BY kind ORDER BY n DESC, kind LIMIT 1", 1),
		ofVisits("distinct-limit", "DISTINCT and LIMIT", "SELECT DISTINCT kind FROM visits WHERE patient_id = ? ORDER BY kind LIMIT 2", 2),
		ofVisits("star-limit", "all columns of the first rows", "SELECT * FROM visits WHERE patient_id = ? ORDER BY cost LIMIT 2", 2),
		unproven(ofVisits("mirrored", "the key stands left of its column, where no name is seen", "SELECT id, cost FROM visits WHERE ? = patient_id")),
		ofVisits("self-join", "a table is joined with itself, and the key has the second name",
			"SELECT a.id, b.cost FROM visits a JOIN visits b ON b.patient_id = a.patient_id AND b.cost > a.cost WHERE b.patient_id = ? AND a.kind = 'lab'", "lab"),
		only(ofVisits("filter", "an aggregate of some rows", "SELECT count(*) FILTER (WHERE kind = kind) FROM visits WHERE patient_id = ?"), "sqlite", "postgres"),
		{
			Name: "hospital/repair-left-join", About: "the key decides in ON which rows have no partner: a list of keys cannot tell",
			Setup: and(wards(6), patientsOf(6, 1)), Run: perRow(patients, "SELECT w.id, p.name FROM wards w LEFT JOIN patients p ON p.ward_id = w.id AND p.id = ? ORDER BY w.id"),
			Want: []Want{found(budget.NPlusOne, "", "wards", "patients")},
			Same: sameAs("SELECT w.id, p.name FROM wards w LEFT JOIN patients p ON p.ward_id = w.id AND p.id = ? ORDER BY w.id", upTo(6)),
		},
		{
			Name: "hospital/repair-through", About: "has-many-through: the key is a column of the table in between",
			Setup: and(wards(6), doctors(6), filled("postings", "doctor_id BIGINT, ward_id BIGINT", 12, func(i int) string { return fmt.Sprintf("%d, %d", (i-1)/2+1, i*5%6+1) })),
			Run:   perRow("SELECT id, name FROM doctors ORDER BY id", "SELECT w.name FROM wards w JOIN postings p ON p.ward_id = w.id WHERE p.doctor_id = ? ORDER BY w.name"),
			Want:  []Want{proven(budget.NPlusOne, "", "postings", "doctors")},
			Same:  sameAs("SELECT w.name FROM wards w JOIN postings p ON p.ward_id = w.id WHERE p.doctor_id = ? ORDER BY w.name", upTo(6)),
		},
		{
			Name: "hospital/repair-cte", About: "a WITH for each row",
			Setup: setup, Run: perRow(patients, "WITH own AS (SELECT id, cost FROM visits WHERE patient_id = ?) SELECT max(cost) FROM own"), Want: visits, Same: noProposal,
		},
		{
			Name: "hospital/repair-exists", About: "EXISTS with the key inside",
			Setup: setup, Run: perRow(patients, "SELECT EXISTS (SELECT 1 FROM visits WHERE patient_id = ? AND kind = 'lab')"), Want: visits, Same: noProposal,
		},
		{
			Name: "hospital/repair-lateral", About: "LATERAL with the newest of each: the repair", Systems: []string{"postgres"},
			Setup: setup, Run: perRow("SELECT count(*) FROM wards", "SELECT p.id, v.cost FROM patients p CROSS JOIN LATERAL (SELECT cost FROM visits WHERE patient_id = p.id ORDER BY cost DESC LIMIT 1) v WHERE p.id < $1 * 100"),
		},
		{
			Name: "hospital/repair-window", About: "row_number over all: the repair",
			Setup: setup, Run: perRow("SELECT count(*) FROM wards", "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY patient_id ORDER BY cost) AS n FROM visits) t WHERE n <= ?"),
		},
		{
			Name: "hospital/repair-lower", About: "an expression is compared with the key",
			Setup: drugs(8), Run: drugsByLowerCode, Want: []Want{found(budget.NPlusOne, "drugsByLowerCode", "drugs", none)},
			Same: sameKeys("SELECT name FROM drugs WHERE lower(code) = ?", []string{"c1", "c5", "c2", "c8", "c4", "c3"}),
		},
		{
			Name: "hospital/repair-argument-in-function", About: "the key is an argument of a function",
			Setup: drugs(8), Run: drugsByLoweredKey, Want: []Want{found(budget.NPlusOne, "drugsByLoweredKey", "drugs", none)},
			Same: sameKeys("SELECT name FROM drugs WHERE code = lower(?)", []string{"C1", "C5", "C2"}),
		},
		{
			Name: "hospital/repair-not-equal", About: "the others in the ward: the key excludes, and a list of keys would exclude all",
			Setup: setup, Run: othersInWard, Want: []Want{found(budget.NPlusOne, "othersInWard", "patients", "patients")}, Same: noProposal,
		},
		{
			Name: "hospital/repair-text-keys", About: "words as keys, with the newest of each",
			Setup: and(setup, filled("kinds", "name VARCHAR(10)", 3, func(i int) string { return "'" + []string{"lab", "scan", "talk"}[i-1] + "'" })), Run: dearestOfKinds,
			Want: []Want{proven(budget.NPlusOne, "dearestOfKinds", "visits", "kinds")},
			Same: sameKeys("SELECT id, cost FROM visits WHERE kind = ? ORDER BY cost DESC LIMIT ?", []string{"lab", "scan", "talk"}, 2),
		},
	}
}

// sameAs compares the rows of a loop, whose text has its literals, with those of a
// proposal, which has placeholders for them.
func sameAs(loop string, keys []int64, fixed ...any) func(context.Context, *Env, string) error {
	return sameRowsOf(loop, keys, nil, fixed)
}

func drugsByLowerCode(ctx context.Context, e *Env) error {
	for _, code := range []string{"c1", "c5", "c2", "c8", "c4", "c3"} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM drugs WHERE lower(code) = ?"), code))
	}
	return nil
}

func drugsByLoweredKey(ctx context.Context, e *Env) error {
	for _, code := range []string{"C1", "C5", "C2", "C8", "C4", "C3"} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM drugs WHERE code = lower(?)"), code))
	}
	return nil
}

func othersInWard(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM patients ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM patients WHERE id <> ? AND state = ?"), id, "in"))
	}
	return nil
}

func dearestOfKinds(ctx context.Context, e *Env) error {
	for _, kind := range texts(e.DB.QueryContext(ctx, "SELECT name FROM kinds ORDER BY name")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, cost FROM visits WHERE kind = ? ORDER BY cost DESC LIMIT 2"), kind))
	}
	return nil
}
