package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/querybudget/querybudget/budget"
)

const timeLimit = time.Minute

func monthOf(month int) time.Time { return time.Date(2024, time.Month(month), 1, 0, 0, 0, 0, time.UTC) }

// hospitalKeys are loops over keys of all kinds.
func hospitalKeys() []Case {
	ofWards := and(wards(6), bedsOf(6, 2))
	return []Case{
		{
			Name: "hospital/uuid-keys", About: "keys that are no numbers can be nobody else's",
			Setup: scans("VARCHAR(40)", "'0190a5c2-0000-7000-8000-0000000000%02d'"), Run: scansByText,
			Want: []Want{proven(budget.NPlusOne, "scansByText", "frames", "scans")},
		},
		{
			Name: "hospital/uuid-type", About: "the type uuid", Systems: []string{"postgres"},
			Setup: scans("UUID", "'0190a5c2-0000-7000-8000-0000000000%02d'"), Run: scansByText,
			Want: []Want{proven(budget.NPlusOne, "scansByText", "frames", "scans")},
		},
		{
			Name: "hospital/bytes-keys", About: "keys of 16 bytes", Systems: []string{"sqlite", "mysql"},
			Setup: scans("VARBINARY(16)", "X'0190a5c2000070008000000000000%03d'"), Run: scansByBytes,
			Want: []Want{proven(budget.NPlusOne, "scansByBytes", "frames", "scans")},
		},
		{
			Name: "hospital/bytea-keys", About: "the same there", Systems: []string{"postgres"},
			Setup: scans("BYTEA", `'\x0190a5c2000070008000000000000%03d'`), Run: scansByBytes,
			Want: []Want{proven(budget.NPlusOne, "scansByBytes", "frames", "scans")},
		},
		{
			Name: "hospital/time-keys", About: "the shifts of each moment at which one begins", Systems: servers,
			Setup: and(
				filled("shifts", "starts_at TIMESTAMP NULL, name VARCHAR(20)", 6, func(i int) string { return fmt.Sprintf("'2024-05-%02d 06:00:00', 'shift %d'", i, i) }),
				filled("duties", "starts_at TIMESTAMP NULL, doctor_id BIGINT", 12, func(i int) string { return fmt.Sprintf("'2024-05-%02d 06:00:00', %d", (i+1)/2, i) }),
			),
			Run: dutiesOfShifts, Want: []Want{proven(budget.NPlusOne, "dutiesOfShifts", "duties", "shifts")},
		},
		{
			Name: "hospital/keys-as-text", About: "numbers that went through JSON are texts in the arguments",
			Setup: ofWards, Run: bedsByTextOfNumber, Want: []Want{proven(budget.NPlusOne, "bedsByTextOfNumber", "beds", "wards")},
		},
		{
			Name: "hospital/key-made-of-row", About: "the key is computed from the row in the application",
			Setup: and(wards(7), filled("labels", "code VARCHAR(20), text VARCHAR(20)", 7, func(i int) string { return fmt.Sprintf("'W-%03d', 'label %d'", i, i) })),
			Run:   labelsOfWards, Want: []Want{found(budget.NPlusOne, "labelOf", "labels", "")},
			Same: sameKeys("SELECT text FROM labels WHERE code = ?", []string{"W-001", "W-002", "W-003"}),
		},
		{
			Name: "hospital/null-keys", About: "rows without a key are left out: five of eight",
			Setup: and(doctors(8), filled("cases", "id BIGINT, doctor_id BIGINT", 8, func(i int) string {
				if i%3 == 0 {
					return fmt.Sprintf("%d, NULL", i)
				}
				return fmt.Sprintf("%d, %d", i, 9-i)
			})),
			Run: doctorsOfCases, Want: []Want{proven(budget.NPlusOne, "doctorsOfCases", "doctors", "cases")},
		},
		{
			Name: "hospital/composite-keys", About: "two columns are the key, and both vary",
			Setup: and(wards(4), bedsOf(4, 3), filled("devices", "ward_id BIGINT, bed_no BIGINT, name VARCHAR(20)", 12, func(i int) string { return fmt.Sprintf("%d, %d, 'device %d'", (i-1)/3+1, (i-1)%3+1, i) })),
			Run:   devicesOfBeds, Want: []Want{found(budget.NPlusOne, "devicesOfBeds", "devices", "beds")}, Same: noProposal,
		},
		{
			Name: "hospital/row-value-key", About: "the same as a comparison of rows",
			Setup: and(wards(4), bedsOf(4, 3), filled("devices", "ward_id BIGINT, bed_no BIGINT, name VARCHAR(20)", 12, func(i int) string { return fmt.Sprintf("%d, %d, 'device %d'", (i-1)/3+1, (i-1)%3+1, i) })),
			Run:   devicesByRowValue, Want: []Want{found(budget.NPlusOne, "devicesByRowValue", "devices", "beds")}, Same: noProposal,
		},
		{
			Name: "hospital/array-of-one", About: "an array that has one key each time is a loop", Systems: []string{"postgres"},
			Setup: ofWards, Run: bedsByArrayOfOne, Want: []Want{found(budget.NPlusOne, "bedsByArrayOfOne", "beds", "wards")},
		},
		{
			Name: "hospital/squirrel-list-of-one", About: "a repository that takes a list, called for each row",
			Setup: ofWards, Run: bedsBySquirrel, Want: []Want{found(budget.NPlusOne, "bedsOfWardList", "beds", "wards")},
		},
		{
			Name: "hospital/squirrel-list", About: "the same, called once",
			Setup: ofWards, Run: func(ctx context.Context, e *Env) error {
				bedsOfWardList(ctx, e, ints(e.DB.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")))
				return nil
			},
		},
		{
			Name: "hospital/named-arguments", About: "arguments with names", Systems: []string{"sqlite"},
			Setup: ofWards, Run: bedsByName, Want: []Want{found(budget.NPlusOne, "bedsByName", "beds", "wards")},
		},
		{
			Name: "hospital/numbered-placeholders", About: "?1 stands twice", Systems: []string{"sqlite"},
			Setup: ofWards, Run: bedsByNumber, Want: []Want{proven(budget.NPlusOne, "bedsByNumber", "beds", "wards")}, Same: noProposal,
		},
		{
			Name: "hospital/optional-filter", About: "a filter that may be left out, with the key twice in the arguments",
			Setup: ofWards, Run: bedsWithFilter, Want: []Want{proven(budget.NPlusOne, "bedsWithFilter", "beds", "wards")}, Same: noProposal,
		},
		{
			Name: "hospital/json-key", About: "the key stands in a document", Systems: []string{"postgres"},
			Setup: and(wards(6), []string{"CREATE TABLE forms (id BIGINT, data JSONB)", `INSERT INTO forms SELECT id, jsonb_build_object('ward', id) FROM wards`}),
			Run:   formsOfWards, Want: []Want{found(budget.NPlusOne, "formsOfWards", "forms", "wards")},
		},
		{
			Name: "hospital/rowid", About: "the rows of a table without a key of its own", Systems: []string{"sqlite"},
			Setup: and(patientsOf(3, 2), []string{"CREATE TABLE search (words TEXT)", "INSERT INTO search SELECT name FROM patients ORDER BY id"}),
			Run:   wordsOfPatients, Want: []Want{found(budget.NPlusOne, "wordsOfPatients", "search", "patients")},
		},
		{
			Name: "hospital/prefixes", About: "LIKE with another pattern each time",
			Setup: drugs(9), Run: drugsLike, Want: []Want{found(budget.NPlusOne, "drugsLike", "drugs", none)}, Same: noProposal,
		},
		{
			Name: "hospital/range-of-row", About: "the visits within each stay: the key moves, too",
			Setup: and(visitsOf(6, 2), filled("stays", "id BIGINT, patient_id BIGINT, low BIGINT, high BIGINT", 6, func(i int) string { return fmt.Sprintf("%d, %d, %d, %d", i, 7-i, i, 500+10*i) })),
			Run:   visitsWithinStays, Want: []Want{proven(budget.NPlusOne, "visitsWithinStays", "visits", "stays")}, Same: noProposal,
		},
	}
}

// scans have keys of a type, and two frames each.
func scans(kind, key string) []string {
	return and(
		filled("scans", "uid "+kind+", name VARCHAR(20)", 6, func(i int) string { return fmt.Sprintf(key+", 'scan %d'", i, i) }),
		filled("frames", "scan_uid "+kind+", no BIGINT", 12, func(i int) string { return fmt.Sprintf(key+", %d", (i+1)/2, i) }),
	)
}

func scansByText(ctx context.Context, e *Env) error {
	for _, uid := range texts(e.DB.QueryContext(ctx, "SELECT uid, name FROM scans ORDER BY name")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT no FROM frames WHERE scan_uid = ?"), uid))
	}
	return nil
}

func scansByBytes(ctx context.Context, e *Env) error {
	for _, uid := range texts(e.DB.QueryContext(ctx, "SELECT uid, name FROM scans ORDER BY name")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT no FROM frames WHERE scan_uid = ?"), []byte(uid)))
	}
	return nil
}

func dutiesOfShifts(ctx context.Context, e *Env) error {
	var begins []time.Time
	rows, err := e.DB.QueryContext(ctx, "SELECT starts_at, name FROM shifts ORDER BY name")
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var at time.Time
		try(rows.Scan(&at, new(string)))
		begins = append(begins, at)
	}
	try(rows.Err())
	for _, at := range begins {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT doctor_id FROM duties WHERE starts_at = ?"), at))
	}
	return nil
}

func bedsByTextOfNumber(ctx context.Context, e *Env) error {
	for _, id := range texts(e.DB.QueryContext(ctx, "SELECT id, name FROM wards ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT no FROM beds WHERE ward_id = ?"), id))
	}
	return nil
}

func labelsOfWards(ctx context.Context, e *Env) error {
	return each(ctx, e, "SELECT id, name FROM wards ORDER BY id", func(id int64) { labelOf(ctx, e, fmt.Sprintf("W-%03d", id)) })
}

func labelOf(ctx context.Context, e *Env, code string) {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT text FROM labels WHERE code = ?"), code))
}

func doctorsOfCases(ctx context.Context, e *Env) error {
	for _, id := range texts(e.DB.QueryContext(ctx, "SELECT doctor_id, id FROM cases ORDER BY id")) {
		if id == "" {
			continue
		}
		n, err := strconv.ParseInt(id, 10, 64)
		try(err)
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM doctors WHERE id = ?"), n))
	}
	return nil
}

func devicesOfBeds(ctx context.Context, e *Env) error {
	for _, bed := range pairs(e.DB.QueryContext(ctx, "SELECT ward_id, no FROM beds ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM devices WHERE ward_id = ? AND bed_no = ?"), bed[0], bed[1]))
	}
	return nil
}

func devicesByRowValue(ctx context.Context, e *Env) error {
	for _, bed := range pairs(e.DB.QueryContext(ctx, "SELECT ward_id, no FROM beds ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM devices WHERE (ward_id, bed_no) = (?, ?)"), bed[0], bed[1]))
	}
	return nil
}

func bedsByArrayOfOne(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, "SELECT no FROM beds WHERE ward_id = ANY($1)", []int64{id}))
	}
	return nil
}

func bedsOfWardList(ctx context.Context, e *Env, wards []int64) int {
	format := squirrel.PlaceholderFormat(squirrel.Question)
	if e.System == "postgres" {
		format = squirrel.Dollar
	}
	text, args, err := squirrel.Select("ward_id", "no").From("beds").Where(squirrel.Eq{"ward_id": wards}).PlaceholderFormat(format).ToSql()
	try(err)
	return drain(e.DB.QueryContext(ctx, text, args...))
}

func bedsBySquirrel(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM wards ORDER BY id")) {
		bedsOfWardList(ctx, e, []int64{id})
	}
	return nil
}

func bedsByName(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, "SELECT no FROM beds WHERE ward_id = :ward AND state = :state", sql.Named("ward", id), sql.Named("state", "free")))
	}
	return nil
}

func bedsByNumber(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, "SELECT no FROM beds WHERE ward_id = ?1 AND no <= ?1", id))
	}
	return nil
}

func bedsWithFilter(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT no FROM beds WHERE (ward_id = ? OR ? = 0) AND state = ?"), id, id, "free"))
	}
	return nil
}

func formsOfWards(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM wards ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, "SELECT id FROM forms WHERE (data->>'ward')::bigint = $1", id))
	}
	return nil
}

func wordsOfPatients(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM patients ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, "SELECT words FROM search WHERE rowid = ?", id))
	}
	return nil
}

func drugsLike(ctx context.Context, e *Env) error {
	for _, word := range strings.Fields("asp ibu para mor drug ins") {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM drugs WHERE name LIKE ?"), word+"%"))
	}
	return nil
}

func visitsWithinStays(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT patient_id, low, high FROM stays ORDER BY id")
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	var stays [][3]int64
	for rows.Next() {
		var s [3]int64
		try(rows.Scan(&s[0], &s[1], &s[2]))
		stays = append(stays, s)
	}
	try(rows.Err())
	for _, s := range stays {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM visits WHERE patient_id = ? AND cost BETWEEN ? AND ?"), s[0], s[1], s[2]))
	}
	return nil
}
