package corpus

import (
	"context"
	"encoding/json"

	"github.com/querybudget/querybudget/budget"
)

// hospitalParents are loops over rows that could be those of several reads, or of none.
func hospitalParents() []Case {
	return []Case{
		{
			Name: "hospital/all-doctors-before", About: "a list of all doctors for a menu stands before the visits whose doctors are read one by one",
			Setup: and(doctors(6), visitsOf(8, 1)), Run: doctorsOfVisitsAfterMenu,
			Want: []Want{proven(budget.NPlusOne, "doctorsOfVisitsAfterMenu", "doctors", "visits")},
		},
		{
			Name: "hospital/all-doctors-between", About: "the same list stands between the visits and the loop; it is longer than the loop",
			Setup: and(doctors(20), visitsOf(8, 1)), Run: doctorsOfVisitsBeforeMenu,
			Want: []Want{found(budget.NPlusOne, "doctorsOfVisitsBeforeMenu", "doctors", "visits")},
		},
		{
			Name: "hospital/tabs-of-states", About: "the tabs of a page are counted, after the visits: floors 1 to 5 stand in the code", Values: true,
			Setup: and(wards(12), []string{"UPDATE wards SET floor = CASE WHEN id <= 5 THEN id ELSE 1 END"}), Run: countsOfFloors,
			Want: []Want{found(budget.NPlusOne, "countsOfFloors", "wards", none)},
		},
		{
			Name: "hospital/ids-by-chance", About: "four settings by their number, after four wards with the same numbers: no loop over the wards", Values: true,
			Setup: and(wards(4), numbered("settings", 6)), Run: fourSettings,
		},
		{
			Name: "hospital/of-the-address", About: "five keys out of the address, after a list of five wards", Values: true,
			Setup: and(wards(5), patientsOf(5, 4)), Run: patientsOfAddress,
			Want: []Want{found(budget.NPlusOne, "patientsOfAddress", "patients", none)},
		},
		{
			Name: "hospital/pages-collected-first", About: "three pages of four are collected, and then gone through: the pages are the parent", Values: true,
			Setup: and(patientsOf(6, 2), visitsOf(12, 2)), Run: visitsOfCollectedPages,
			Want: []Want{proven(budget.NPlusOne, "visitsOfCollectedPages", "visits", "patients")},
		},
		{
			Name: "hospital/update-returning", About: "the rows are those of an UPDATE that returns them", Values: true, Systems: []string{"sqlite", "postgres"},
			Setup: and(patientsOf(6, 1), visitsOf(6, 2)), Run: visitsOfReleased,
			Want: []Want{found(budget.NPlusOne, "visitsOfReleased", "visits", "patients")},
		},
		{
			Name: "hospital/document-of-keys", Values: true, About: "the keys stand in one document of one row",
			Setup: and(doctors(9), []string{"CREATE TABLE teams (id BIGINT, members VARCHAR(80))", "INSERT INTO teams VALUES (1, '[4, 7, 1, 9, 3]')"}), Run: doctorsOfTeam,
			Want: []Want{found(budget.NPlusOne, "doctorsOfTeam", "doctors", "teams")},
		},
		{
			Name: "hospital/two-lists-one-serializer", About: "two lists of three go through one serializer each, which reads the ward of each: two loops",
			Setup: and(wards(6), patientsOf(6, 1)), Run: insAndOuts,
			Want: []Want{
				proven(budget.NPlusOne, "withWard", "wards", "patients"),
				proven(budget.NPlusOne, "withWard", "wards", "patients"),
			},
		},
		{
			Name: "hospital/three-heads", About: "three wards, three heads: as sure as twenty",
			Setup: and(wards(3), doctors(6)), Run: headsOfWards, Want: []Want{found(budget.NPlusOne, "headsOfWards", "doctors", "wards")},
		},
		{
			Name: "hospital/two-heads-of-three", About: "one of three wards has no head: two reads are below the threshold",
			Setup: and(wards(3), doctors(6), []string{"UPDATE wards SET head_id = 0 WHERE id = 2"}), Run: headsOfWards,
		},
		{
			Name: "hospital/two-doctors-in-turn", About: "six visits of two doctors: the rows decide how many reads there are",
			Setup: and(doctors(6), visitsOf(6, 1), []string{"UPDATE visits SET doctor_id = id % 2 + 3"}), Run: doctorsOfVisits,
			Want: []Want{proven(budget.NPlusOne, "doctorsOfVisits", "doctors", "visits")},
		},
		{
			Name: "hospital/doctor-of-his-patients", About: "the patients of one doctor, and this doctor for each of them: one answer, eight times",
			Setup: and(doctors(6), patientsOf(8, 1), []string{"UPDATE patients SET doctor_id = 4"}), Run: doctorOfHisPatients,
			Want: []Want{{Kind: budget.Duplicate, Func: "doctorOfHisPatients", Table: "doctors"}},
		},
		{
			Name: "hospital/roles-in-code", About: "the roles stand in the code, and a read before had them, too",
			Setup: and(doctors(8), filled("rights", "role VARCHAR(10), may VARCHAR(10)", 6, func(i int) string {
				return "'" + roles[i-1] + "', 'read'"
			})),
			Run: countsOfRoles, Want: []Want{found(budget.NPlusOne, "countsOfRoles", "doctors", "")},
		},
		{
			Name: "hospital/merged-lists", About: "two reads are merged, and gone through in one loop",
			Setup: and(patientsOf(3, 2), visitsOf(6, 2)), Run: visitsOfMerged, Want: []Want{found(budget.NPlusOne, "visitsOfMerged", "visits", "")},
		},
		{
			Name: "hospital/sorted-in-the-application", About: "the rows are sorted and one is left out before the loop",
			Setup: and(patientsOf(4, 2), visitsOf(8, 2)), Run: visitsOfSorted, Want: []Want{found(budget.NPlusOne, "visitsOfSorted", "visits", "")},
		},
	}
}

func doctorsOfVisitsAfterMenu(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM doctors ORDER BY id"))
	for _, visit := range pairs(e.DB.QueryContext(ctx, "SELECT id, doctor_id FROM visits ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name, role FROM doctors WHERE id = ?"), visit[1]))
	}
	return nil
}

func doctorsOfVisitsBeforeMenu(ctx context.Context, e *Env) error {
	visits := pairs(e.DB.QueryContext(ctx, "SELECT id, doctor_id FROM visits ORDER BY id"))
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM doctors ORDER BY id"))
	for _, visit := range visits {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name, role FROM doctors WHERE id = ?"), visit[1]))
	}
	return nil
}

func countsOfFloors(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, name, floor FROM wards ORDER BY name"))
	for floor := 1; floor <= 5; floor++ {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM wards WHERE floor = ?"), floor))
	}
	return nil
}

func fourSettings(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM wards ORDER BY id"))
	for _, id := range []int64{1, 2, 3, 4} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT n FROM settings WHERE id = ?"), id))
	}
	return nil
}

func patientsOfAddress(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM wards ORDER BY id"))
	for _, id := range []int64{17, 3, 9, 12, 5} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name, mrn FROM patients WHERE id = ?"), id))
	}
	return nil
}

func visitsOfCollectedPages(ctx context.Context, e *Env) error {
	var all []int64
	for last := int64(0); ; {
		page := ints(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM patients WHERE id > ? ORDER BY id LIMIT 4"), last))
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
		last = page[len(page)-1]
	}
	for _, id := range all {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind, cost FROM visits WHERE patient_id = ?"), id))
	}
	return nil
}

func visitsOfReleased(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "UPDATE patients SET state = 'released' WHERE state <> 'released' RETURNING id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind, cost FROM visits WHERE patient_id = ?"), id))
	}
	return nil
}

func doctorsOfTeam(ctx context.Context, e *Env) error {
	var document string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT members FROM teams WHERE id = ?"), 1), &document)
	var members []int64
	if err := json.Unmarshal([]byte(document), &members); err != nil {
		return err
	}
	for _, id := range members {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM doctors WHERE id = ?"), id))
	}
	return nil
}

func insAndOuts(ctx context.Context, e *Env) error {
	ins := pairs(e.DB.QueryContext(ctx, "SELECT id, ward_id FROM patients WHERE state = 'in' ORDER BY id"))
	outs := pairs(e.DB.QueryContext(ctx, "SELECT id, ward_id FROM patients WHERE state = 'out' ORDER BY name"))
	serialize(ctx, e, ins)
	serialize(ctx, e, outs)
	return nil
}

func serialize(ctx context.Context, e *Env, patients [][2]int64) (out []string) {
	for _, p := range patients {
		out = append(out, withWard(ctx, e, p[1]))
	}
	return out
}

func withWard(ctx context.Context, e *Env, id int64) (name string) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM wards WHERE id = ?"), id), &name)
	return name
}

func headsOfWards(ctx context.Context, e *Env) error {
	for _, ward := range pairs(e.DB.QueryContext(ctx, "SELECT id, head_id FROM wards ORDER BY id")) {
		if ward[1] != 0 {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM doctors WHERE id = ?"), ward[1]))
		}
	}
	return nil
}

func doctorsOfVisits(ctx context.Context, e *Env) error {
	for _, visit := range pairs(e.DB.QueryContext(ctx, "SELECT id, doctor_id FROM visits ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM doctors WHERE id = ?"), visit[1]))
	}
	return nil
}

func doctorOfHisPatients(ctx context.Context, e *Env) error {
	for _, patient := range pairs(e.DB.QueryContext(ctx, e.Q("SELECT id, doctor_id FROM patients WHERE doctor_id = ? ORDER BY id"), 4)) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM doctors WHERE id = ?"), patient[1]))
	}
	return nil
}

var roles = []string{"staff", "chief", "nurse", "intern", "guest", "admin"}

func countsOfRoles(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT role, may FROM rights"))
	for _, role := range []string{"admin", "chief", "guest", "intern", "nurse", "staff"} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM doctors WHERE role = ?"), role))
	}
	return nil
}

func visitsOfMerged(ctx context.Context, e *Env) error {
	all := ints(e.DB.QueryContext(ctx, "SELECT id, name FROM patients WHERE state = 'in' ORDER BY id"))
	all = append(all, ints(e.DB.QueryContext(ctx, "SELECT id, name FROM patients WHERE state = 'out' ORDER BY id"))...)
	for _, id := range all {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM visits WHERE patient_id = ?"), id))
	}
	return nil
}

func visitsOfSorted(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id, name FROM patients ORDER BY id"))
	for i := len(ids) - 1; i > 0; i-- {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM visits WHERE patient_id = ?"), ids[i]))
	}
	return nil
}
