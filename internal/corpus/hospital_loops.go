package corpus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"text/template"

	"github.com/querybudget/querybudget/budget"
)

// hospitalLoops are reads for each row, where developers hide them.
func hospitalLoops() []Case {
	ofWards := and(wards(6), bedsOf(6, 2))
	return []Case{
		{
			Name: "hospital/marshal-json", About: "each patient loads its visits while it is encoded",
			Setup: and(patientsOf(3, 2), visitsOf(6, 2)), Run: chartsAsJSON,
			Want: []Want{proven(budget.NPlusOne, "MarshalJSON", "visits", "patients")},
		},
		{
			Name: "hospital/template", About: "a template calls a method that loads the beds",
			Setup: ofWards, Run: wardsByTemplate, Want: []Want{proven(budget.NPlusOne, "Beds", "beds", "wards")},
		},
		{
			Name: "hospital/template-preloaded", About: "the same template with beds that were read at once",
			Setup: ofWards, Run: wardsByTemplatePreloaded,
		},
		{
			Name: "hospital/fan-out", About: "a goroutine for each ward, three at a time, each with its own time limit",
			Setup: ofWards, Run: bedsByFanOut, Want: []Want{proven(budget.NPlusOne, "", "beds", "wards")},
		},
		{
			Name: "hospital/fan-out-of-widgets", About: "six goroutines that read six different things",
			Setup: and(ofWards, doctors(6), drugs(6), patientsOf(3, 2)), Run: widgetsByFanOut,
		},
		{
			Name: "hospital/middleware", About: "a chain of middleware, each with a question of its own, and a handler with two",
			Setup: and(ofWards, doctors(6), patientsOf(3, 2)), Run: wardBehindMiddleware,
		},
		{
			Name: "hospital/right-for-each", About: "a permission check for each ward of the list: the user is the same",
			Setup: and(wards(7), filled("grants", "ward_id BIGINT, doctor_id BIGINT, level BIGINT", 14, func(i int) string { return fmt.Sprintf("%d, %d, %d", (i-1)/2+1, i%2+3, i) })),
			Run:   wardsThatMayBeSeen, Want: []Want{proven(budget.NPlusOne, "mayRead3", "grants", "wards")},
			Same: sameRows("SELECT level FROM grants WHERE ward_id = ? AND doctor_id = ?", upTo(7), 3),
		},
		{
			Name: "hospital/polymorphic", About: "what an attachment belongs to is read for each of them, from one of three tables: one loop", Values: true,
			Setup: and(patientsOf(3, 2), visitsOf(6, 1), doctors(6), attachments(18)), Run: ownersOfAttachments,
			Want: []Want{found(budget.NPlusOne, "ownerOf", "patients", "attachments")},
		},
		{
			Name: "hospital/polymorphic-grouped", About: "one list of keys for each of the three types",
			Setup: and(patientsOf(3, 2), visitsOf(6, 1), doctors(6), attachments(18)), Run: ownersByType,
		},
		{
			Name: "hospital/chain", About: "each round goes from the visit to the patient to the ward: one loop over the visits",
			Setup: and(wards(4), patientsOf(4, 2), visitsOf(8, 1)), Run: wardsOfVisits,
			Want: []Want{proven(budget.NPlusOne, "wardsOfVisits", "patients", "visits")},
		},
		{
			Name: "hospital/twice-in-a-round", About: "header and footer ask for the patient of each visit: one loop",
			Setup: and(patientsOf(4, 2), visitsOf(8, 1)), Run: headersAndFooters,
			Want: []Want{proven(budget.NPlusOne, "", "patients", "visits")},
		},
		{
			Name: "hospital/search-until-found", About: "the beds of one ward after the other, until one is free: the sixth of eight",
			Setup: and(wards(8), bedsOf(8, 2), []string{"UPDATE beds SET state = 'taken' WHERE ward_id < 6"}), Run: firstFreeWard,
			Want: []Want{proven(budget.NPlusOne, "firstFreeWard", "beds", "wards")},
		},
		{
			Name: "hospital/retry-helper", About: "a helper that tries again sends each question once: a loop",
			Setup: ofWards, Run: bedsWithRetry, Want: []Want{proven(budget.NPlusOne, "", "beds", "wards")},
		},
		{
			Name: "hospital/three-levels", About: "wards, patients, visits, by methods of a repository: two loops",
			Setup: and(wards(5), patientsOf(5, 3), visitsOf(15, 1)), Run: wardReport,
			Want: []Want{
				proven(budget.NPlusOne, "patientsOf", "patients", "wards"),
				found(budget.NPlusOne, "visitsOf", "visits", "patients"),
			},
		},
		{
			Name: "hospital/three-levels-joined", About: "the same by one query with two joins",
			Setup: and(wards(5), patientsOf(5, 3), visitsOf(15, 1)),
			Run: func(ctx context.Context, e *Env) error {
				drain(e.DB.QueryContext(ctx, "SELECT w.id, p.id, v.id FROM wards w JOIN patients p ON p.ward_id = w.id LEFT JOIN visits v ON v.patient_id = p.id ORDER BY w.id, p.id, v.id"))
				return nil
			},
		},
		{
			Name: "hospital/comment-in-each", About: "a trace's id in a comment makes each text another one, and the loop is the same",
			Setup: ofWards, Run: bedsWithComment, Want: []Want{proven(budget.NPlusOne, "bedsWithComment", "beds", "wards")},
			Same: sameRows("SELECT no FROM beds WHERE ward_id = ?", upTo(6)),
		},
		{
			Name: "hospital/table-for-each-year", About: "six tables of six years: nothing repeats",
			Setup: yearTables(), Run: visitsOfYears,
		},
		{
			Name: "hospital/table-driven-widgets", About: "six texts from one line, each once",
			Setup: and(ofWards, doctors(6), drugs(3)), Run: figures,
		},
		{
			Name: "hospital/months", About: "one count for each of six months: GROUP BY", Systems: []string{"postgres"},
			Setup: visitsOf(6, 3), Run: visitsOfMonths, Want: []Want{found(budget.NPlusOne, "visitsOfMonths", "visits", none)},
		},
		{
			Name: "hospital/states", About: "one count for each of six states, which stand in the code: GROUP BY",
			Setup: patientsOf(6, 2), Run: countsOfStates, Want: []Want{found(budget.NPlusOne, "countsOfStates", "patients", none)},
		},
	}
}

// chart is a patient whose visits are loaded late.
type chart struct {
	ID  int64
	ctx context.Context //nolint:containedctx // as lazy models do
	e   *Env
}

// MarshalJSON loads the visits.
func (c chart) MarshalJSON() ([]byte, error) {
	visits := ints(c.e.DB.QueryContext(c.ctx, c.e.Q("SELECT id, kind FROM visits WHERE patient_id = ? ORDER BY id"), c.ID))
	return json.Marshal(map[string]any{"id": c.ID, "visits": visits})
}

func chartsAsJSON(ctx context.Context, e *Env) error {
	var charts []chart
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM patients ORDER BY id")) {
		charts = append(charts, chart{id, ctx, e})
	}
	_, err := json.Marshal(charts)
	return err
}

// wardView is what a template shows.
type wardView struct {
	ID     int64
	ctx    context.Context //nolint:containedctx // as lazy models do
	e      *Env
	loaded []int64
}

// Beds are loaded once.
func (w *wardView) Beds() []int64 {
	if w.loaded == nil {
		w.loaded = ints(w.e.DB.QueryContext(w.ctx, w.e.Q("SELECT no FROM beds WHERE ward_id = ?"), w.ID))
	}
	return w.loaded
}

var wardTemplate = template.Must(template.New("wards").Parse(`{{range .}}{{.ID}}:{{range .Beds}} {{.}}{{end}}{{if .Beds}}.{{end}}{{end}}`))

func wardViews(ctx context.Context, e *Env) (views []*wardView) {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM wards ORDER BY name")) {
		views = append(views, &wardView{ID: id, ctx: ctx, e: e})
	}
	return views
}

func wardsByTemplate(ctx context.Context, e *Env) error {
	var b strings.Builder
	return wardTemplate.Execute(&b, wardViews(ctx, e))
}

func wardsByTemplatePreloaded(ctx context.Context, e *Env) error {
	views := wardViews(ctx, e)
	beds := make(map[int64][]int64)
	for _, bed := range pairs(e.DB.QueryContext(ctx, "SELECT ward_id, no FROM beds ORDER BY id")) {
		beds[bed[0]] = append(beds[bed[0]], bed[1])
	}
	for _, w := range views {
		w.loaded = beds[w.ID]
	}
	var b strings.Builder
	return wardTemplate.Execute(&b, views)
}

func bedsByFanOut(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id, floor FROM wards ORDER BY id"))
	free := make([]int, len(ids))
	places := make(chan struct{}, 3)
	var wg sync.WaitGroup
	for i, id := range ids {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			ctx, cancel := context.WithTimeout(ctx, timeLimit)
			defer cancel()
			free[i] = drain(e.DB.QueryContext(ctx, e.Q("SELECT no FROM beds WHERE ward_id = ? AND state = 'free'"), id))
		})
	}
	wg.Wait()
	return nil
}

func widgetsByFanOut(ctx context.Context, e *Env) error {
	var wg sync.WaitGroup
	for _, query := range []string{
		"SELECT count(*) FROM wards", "SELECT count(*) FROM beds WHERE state = 'free'", "SELECT name FROM doctors ORDER BY id LIMIT 3",
		"SELECT name FROM drugs WHERE stock < 30", "SELECT count(*) FROM patients WHERE state = 'in'", "SELECT max(occupied) FROM wards",
	} {
		wg.Go(func() { drain(e.DB.QueryContext(ctx, query)) })
	}
	wg.Wait()
	return nil
}

// step is a handler, or what stands before one.
type step func(ctx context.Context, e *Env) error

func (next step) withUser(user int64) step {
	return func(ctx context.Context, e *Env) error {
		if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM doctors WHERE id = ?"), user), new(string)) {
			return errors.New("who is that?")
		}
		return next(ctx, e)
	}
}

func (next step) withRight(user, ward int64) step {
	return func(ctx context.Context, e *Env) error {
		var n int
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM patients WHERE doctor_id = ? AND ward_id = ?"), user, ward), &n)
		return next(ctx, e)
	}
}

func wardBehindMiddleware(ctx context.Context, e *Env) error {
	handler := step(func(ctx context.Context, e *Env) error {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name, floor FROM wards WHERE id = ?"), 2))
		drain(e.DB.QueryContext(ctx, e.Q("SELECT no, state FROM beds WHERE ward_id = ?"), 2))
		return nil
	})
	return handler.withRight(3, 2).withUser(3)(ctx, e)
}

func mayRead3(ctx context.Context, e *Env, ward int64) bool {
	return one(e.DB.QueryRowContext(ctx, e.Q("SELECT level FROM grants WHERE ward_id = ? AND doctor_id = ?"), ward, 3), new(int))
}

func wardsThatMayBeSeen(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM wards ORDER BY id")) {
		mayRead3(ctx, e, id)
	}
	return nil
}

// attachments belong to patients, visits and doctors in turn.
func attachments(n int) []string {
	return filled("attachments", "id BIGINT PRIMARY KEY, owner_type VARCHAR(10), owner_id BIGINT, file VARCHAR(20)", n, func(i int) string {
		return fmt.Sprintf("%d, '%s', %d, 'file%d'", i+500, []string{"patient", "visit", "doctor"}[i%3], (i-1)/3+1, i)
	})
}

type attachment struct {
	kind  string
	owner int64
}

func listAttachments(ctx context.Context, e *Env) (out []attachment) {
	rows, err := e.DB.QueryContext(ctx, "SELECT owner_type, owner_id FROM attachments ORDER BY id")
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var a attachment
		try(rows.Scan(&a.kind, &a.owner))
		out = append(out, a)
	}
	try(rows.Err())
	return out
}

func ownerOf(ctx context.Context, e *Env, a attachment) (name string) {
	switch a.kind {
	case "patient":
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM patients WHERE id = ?"), a.owner), &name)
	case "visit":
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT note FROM visits WHERE id = ?"), a.owner), &name)
	default:
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM doctors WHERE id = ?"), a.owner), &name)
	}
	return name
}

func ownersOfAttachments(ctx context.Context, e *Env) error {
	for _, a := range listAttachments(ctx, e) {
		ownerOf(ctx, e, a)
	}
	return nil
}

func ownersByType(ctx context.Context, e *Env) error {
	byType := make(map[string][]int64)
	for _, a := range listAttachments(ctx, e) {
		byType[a.kind] = append(byType[a.kind], a.owner)
	}
	for kind, query := range map[string]string{
		"patient": "SELECT id, name FROM patients WHERE id IN (?)", "visit": "SELECT id, note FROM visits WHERE id IN (?)", "doctor": "SELECT id, name FROM doctors WHERE id IN (?)",
	} {
		query, args := in(query, byType[kind])
		drain(e.DB.QueryContext(ctx, e.Q(query), args...))
	}
	return nil
}

func wardsOfVisits(ctx context.Context, e *Env) error {
	for _, visit := range pairs(e.DB.QueryContext(ctx, "SELECT id, patient_id FROM visits ORDER BY taken_at, id")) {
		var ward int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT ward_id FROM patients WHERE id = ?"), visit[1]), &ward)
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM wards WHERE id = ?"), ward), new(string))
	}
	return nil
}

func patientName(ctx context.Context, e *Env, id int64) (name string) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM patients WHERE id = ?"), id), &name)
	return name
}

func headersAndFooters(ctx context.Context, e *Env) error {
	var b strings.Builder
	for _, visit := range pairs(e.DB.QueryContext(ctx, "SELECT id, patient_id FROM visits ORDER BY id")) {
		b.WriteString(patientName(ctx, e, visit[1]) + ": ")
		fmt.Fprint(&b, visit[0])
		b.WriteString(" (" + patientName(ctx, e, visit[1]) + ")")
	}
	return nil
}

func firstFreeWard(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM wards ORDER BY id")) {
		var free int
		if one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM beds WHERE ward_id = ? AND state = ?"), id, "free"), &free); free > 0 {
			return nil
		}
	}
	return errors.New("no bed is free")
}

// withRetry calls do again if it fails.
func withRetry(do func() error) (err error) {
	for range 3 {
		if err = do(); err == nil {
			return nil
		}
	}
	return err
}

func bedsWithRetry(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")) {
		if err := withRetry(func() error {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT no FROM beds WHERE ward_id = ?"), id))
			return ctx.Err()
		}); err != nil {
			return err
		}
	}
	return nil
}

// registry is a repository.
type registry struct{ e *Env }

func (r registry) wards(ctx context.Context) []int64 {
	return ints(r.e.DB.QueryContext(ctx, "SELECT id, name FROM wards ORDER BY id"))
}

func (r registry) patientsOf(ctx context.Context, ward int64) []int64 {
	return ints(r.e.DB.QueryContext(ctx, r.e.Q("SELECT id, name FROM patients WHERE ward_id = ? ORDER BY id"), ward))
}

func (r registry) visitsOf(ctx context.Context, patient int64) []int64 {
	return ints(r.e.DB.QueryContext(ctx, r.e.Q("SELECT id, kind FROM visits WHERE patient_id = ? ORDER BY id"), patient))
}

func wardReport(ctx context.Context, e *Env) error {
	r := registry{e}
	for _, ward := range r.wards(ctx) {
		for _, patient := range r.patientsOf(ctx, ward) {
			r.visitsOf(ctx, patient)
		}
	}
	return nil
}

func bedsWithComment(ctx context.Context, e *Env) error {
	for i, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM wards ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q(fmt.Sprintf("/* traceparent='00-%032x-01' */ SELECT no FROM beds WHERE ward_id = ?", 7*i+1)), id))
	}
	return nil
}

func yearTables() (out []string) {
	for year := 2019; year < 2025; year++ {
		out = append(out, filled(fmt.Sprint("visits_", year), "id BIGINT, patient_id BIGINT", 2, func(i int) string { return fmt.Sprintf("%d, 4", i) })...)
	}
	return out
}

func visitsOfYears(ctx context.Context, e *Env) error {
	for year := 2019; year < 2025; year++ {
		drain(e.DB.QueryContext(ctx, e.Q(fmt.Sprintf("SELECT id FROM visits_%d WHERE patient_id = ?", year)), 4))
	}
	return nil
}

func figures(ctx context.Context, e *Env) error {
	for _, query := range []string{
		"SELECT count(*) FROM wards", "SELECT count(*) FROM beds", "SELECT count(*) FROM doctors",
		"SELECT count(*) FROM drugs", "SELECT sum(stock) FROM drugs", "SELECT avg(occupied) FROM wards",
	} {
		drain(e.DB.QueryContext(ctx, query))
	}
	return nil
}

func visitsOfMonths(ctx context.Context, e *Env) error {
	for month := 1; month <= 6; month++ {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM visits WHERE date_trunc('month', taken_at) = ?"), monthOf(month)))
	}
	return nil
}

func countsOfStates(ctx context.Context, e *Env) error {
	counts := make(map[string]int)
	for _, state := range []string{"new", "in", "moved", "out", "dead", "lost"} {
		var n int
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM patients WHERE state = ?"), state), &n)
		counts[state] = n
	}
	return nil
}
