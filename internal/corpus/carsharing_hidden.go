package corpus

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/querybudget/querybudget/budget"
)

// csHiddenCases are loops that do not look like one, what looks like one, and rows that
// are open.
func csHiddenCases() []Case {
	return []Case{
		{
			Name: "carsharing/station-tree", About: "a zone and the zones below it, by recursion: WITH RECURSIVE",
			Setup: csOf("stations"), Run: csStationTree, Want: []Want{{Kind: budget.NPlusOne, Func: "below", Table: "stations"}},
		},
		{
			Name: "carsharing/referral-chain", Values: true, About: "who recommended whom, up to the first member",
			Setup: csOf("members"), Run: csReferralChain, Want: []Want{{Kind: budget.NPlusOne, Func: "csReferralChain", Table: "members"}},
		},
		{
			Name: "carsharing/cached-stations", About: "a cache saves two of three reads; one for each of eight stations is left",
			Setup: csOf("vehicles stations"), Run: csCachedStations, Want: []Want{found(budget.NPlusOne, "name", "stations", "vehicles")},
		},
		{
			Name: "carsharing/cached-tariffs", About: "24 vehicles, a cache, and four reads: four of 24 rows are none",
			Setup: csOf("vehicles tariffs"), Run: csCachedTariffs,
		},
		{
			Name: "carsharing/iterator-of-list", About: "an iterator over a list that was read to its end; the body reads for each",
			Setup: csOf("trips trip_points"), Run: csIteratorOfList, Want: []Want{proven(budget.NPlusOne, "points", "trip_points", "trips")},
		},
		{
			Name: "carsharing/iterator-of-open-rows", About: "an iterator yields while its rows are open: a loop, and nested queries",
			Setup: csOf("trips trip_points"), Run: csIteratorOfOpenRows,
			Want: []Want{found(budget.NPlusOne, "points", "trip_points", "trips"), {Kind: budget.NestedQuery, Func: "points", Table: "trip_points"}},
		},
		{
			Name: "carsharing/two-rows-open", About: "only two rows, and a query while they are open",
			Setup: csOf("tickets messages"), Run: csTwoRowsOpen, Want: []Want{{Kind: budget.NestedQuery, Func: "csTwoRowsOpen", Table: "messages"}},
		},
		{
			Name: "carsharing/sqlx-open-rows", About: "Queryx, and one Get while its rows are open",
			Setup: csOf("members quotas"), Run: csSQLXOpenRows, Want: []Want{{Kind: budget.NestedQuery, Func: "csSQLXOpenRows", Table: "quotas"}},
		},
		{
			Name: "carsharing/first-row-then-close", About: "the rows were closed after the first, and then comes the query",
			Setup: csOf("tickets messages"), Run: csFirstRowThenClose,
		},
		{
			Name: "carsharing/errgroup-of-each", About: "a goroutine for each vehicle: as many reads, and none is nested",
			Setup: csOf("vehicles damages"), Run: csErrgroupOfEach, Want: []Want{proven(budget.NPlusOne, "csErrgroupOfEach.func1", "damages", "vehicles")},
		},
		{
			Name: "carsharing/stream-to-workers", About: "two workers read for the ids that come while the rows are open: a loop; another goroutine's query is not nested",
			Setup: csOf("vehicles telemetry"), Run: csStreamToWorkers, Want: []Want{found(budget.NPlusOne, "Latest", "telemetry", "vehicles")},
		},
		{
			Name: "carsharing/lists-of-ten", About: "the owners of 36 bookings, by lists of ten",
			Setup: csOf("bookings vehicles"), Run: csListsOfTen,
		},
		{
			Name: "carsharing/keyset-pages", About: "36 bookings by pages of six: no read for each",
			Setup: csOf("bookings"), Run: csKeysetPages,
		},
		{
			Name: "carsharing/pages-of-requests", About: "five pages by OFFSET",
			Setup: csOf("invoices"), Run: csOffsetPages,
		},
		{
			Name: "carsharing/poll-until-paid", Values: true, About: "the same look up until the payment's provider has answered",
			Setup: csOf("payments"), Run: csPollUntilPaid,
		},
	}
}

func (r csRepo) below(ctx context.Context, station int64, depth int) (n int) {
	for _, id := range ints(r.db.QueryContext(ctx, r.q("SELECT id, name FROM stations WHERE parent_id = ?"), station)) {
		n += 1 + r.below(ctx, id, depth+1)
	}
	return n
}

func csStationTree(ctx context.Context, e *Env) error {
	if n := csBase(e).below(ctx, 1, 0); n != 7 {
		return fmt.Errorf("%d stations are below the first", n)
	}
	return nil
}

func csReferralChain(ctx context.Context, e *Env) error {
	for at := int64(9); at != 0; {
		var name string
		if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT name, referrer_id FROM members WHERE id = ?"), at), &name, &at) {
			break
		}
	}
	return nil
}

// csNames keeps what was read, for a request.
type csNames struct {
	csRepo
	query string
	known map[int64]string
}

func (n csNames) name(ctx context.Context, id int64) string {
	name, is := n.known[id]
	if !is {
		one(n.db.QueryRowContext(ctx, n.q(n.query), id), &name)
		n.known[id] = name
	}
	return name
}

func csCachedStations(ctx context.Context, e *Env) error {
	names := csNames{csBase(e), "SELECT name FROM stations WHERE id = ?", map[int64]string{}}
	for _, v := range pairs(e.DB.QueryContext(ctx, "SELECT id, station_id FROM vehicles ORDER BY id")) {
		names.name(ctx, v[1])
	}
	return nil
}

func csCachedTariffs(ctx context.Context, e *Env) error {
	names := csNames{csBase(e), "SELECT name FROM tariffs WHERE id = ?", map[int64]string{}}
	for _, v := range pairs(e.DB.QueryContext(ctx, "SELECT id, tariff_id FROM vehicles ORDER BY id")) {
		names.name(ctx, v[1])
	}
	return nil
}

func (r csRepo) points(ctx context.Context, trip int64) int {
	return drain(r.db.QueryContext(ctx, r.q("SELECT lat, lon FROM trip_points WHERE trip_id = ? ORDER BY seq"), trip))
}

func (r csRepo) listed(ctx context.Context) iter.Seq2[int64, int64] {
	return func(yield func(int64, int64) bool) {
		for _, t := range pairs(r.db.QueryContext(ctx, "SELECT id, km FROM trips WHERE state = 'done' ORDER BY km LIMIT 8")) {
			if !yield(t[0], t[1]) {
				return
			}
		}
	}
}

func csIteratorOfList(ctx context.Context, e *Env) error {
	r := csBase(e)
	for trip := range r.listed(ctx) {
		r.points(ctx, trip)
	}
	return nil
}

func (r csRepo) streamed(ctx context.Context) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		rows, err := r.db.QueryContext(ctx, "SELECT id FROM trips WHERE state = 'done' ORDER BY km DESC LIMIT 8")
		try(err)
		defer rows.Close() //nolint:errcheck // rows.Err says it
		for rows.Next() {
			var id int64
			try(rows.Scan(&id))
			if !yield(id) {
				return
			}
		}
		try(rows.Err())
	}
}

func csIteratorOfOpenRows(ctx context.Context, e *Env) error {
	r := csBase(e)
	for trip := range r.streamed(ctx) {
		r.points(ctx, trip)
	}
	return nil
}

func csTwoRowsOpen(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT id FROM tickets ORDER BY unread DESC, id LIMIT 2")
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var id, n int64
		try(rows.Scan(&id))
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM messages WHERE ticket_id = ?"), id), &n)
	}
	return rows.Err()
}

func csSQLXOpenRows(ctx context.Context, e *Env) error {
	db := e.SQLX()
	rows, err := db.QueryxContext(ctx, "SELECT id, name FROM members ORDER BY id LIMIT 5")
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	var most int64
	for rows.Next() {
		var m struct {
			ID   int64
			Name string
		}
		try(rows.StructScan(&m))
		if most == 0 {
			try(db.GetContext(ctx, &most, "SELECT max(max_n) FROM quotas"))
		}
	}
	return rows.Err()
}

func csFirstRowThenClose(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT id FROM tickets WHERE state = 'open' ORDER BY id")
	try(err)
	var first int64
	for rows.Next() {
		try(rows.Scan(&first))
		break
	}
	try(rows.Close())
	drain(e.DB.QueryContext(ctx, e.Q("SELECT body FROM messages WHERE ticket_id = ?"), first))
	return nil
}

func csErrgroupOfEach(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM vehicles WHERE state = 'free' ORDER BY charge LIMIT 8"))
	costs := make([]int64, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(3)
	for i, id := range ids {
		g.Go(func() error {
			return e.DB.QueryRowContext(ctx, e.Q("SELECT coalesce(max(cost), 0) FROM damages WHERE vehicle_id = ?"), id).Scan(&costs[i])
		})
	}
	return g.Wait()
}

func csStreamToWorkers(ctx context.Context, e *Env) error {
	telemetry, ids := csTelemetry{csBase(e)}, make(chan int64)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for id := range ids {
				telemetry.Latest(ctx, id)
			}
		})
	}
	rows, err := e.DB.QueryContext(ctx, "SELECT id FROM vehicles ORDER BY odometer DESC LIMIT 10")
	try(err)
	for rows.Next() {
		var id int64
		try(rows.Scan(&id))
		ids <- id
	}
	close(ids)
	wg.Wait()
	try(rows.Close())
	return rows.Err()
}

func csListsOfTen(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var ids []int64
	try(db.SelectContext(ctx, &ids, "SELECT vehicle_id FROM bookings ORDER BY id"))
	plates := map[int64]string{}
	for len(ids) > 0 {
		n := min(10, len(ids))
		query, args, err := sqlx.In("SELECT id, plate FROM vehicles WHERE id IN (?)", ids[:n])
		try(err)
		var part []struct {
			ID    int64
			Plate string
		}
		try(db.SelectContext(ctx, &part, db.Rebind(query), args...))
		for _, v := range part {
			plates[v.ID] = v.Plate
		}
		ids = ids[n:]
	}
	return nil
}

func csKeysetPages(ctx context.Context, e *Env) error {
	for after, n := int64(0), 0; ; n++ {
		page := pairs(e.DB.QueryContext(ctx, e.Q("SELECT id, price FROM bookings WHERE id > ? ORDER BY id LIMIT 6"), after))
		if len(page) == 0 {
			return nil
		}
		after = page[len(page)-1][0]
	}
}

func csOffsetPages(ctx context.Context, e *Env) error {
	for page := 0; ; page++ {
		if drain(e.DB.QueryContext(ctx, e.Q("SELECT id, no FROM invoices ORDER BY no LIMIT ? OFFSET ?"), 4, 4*page)) < 4 {
			return nil
		}
	}
}

func csPollUntilPaid(ctx context.Context, e *Env) error {
	for i := 0; ; i++ {
		var state string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM payments WHERE ref = ?"), "pay_3"), &state)
		if state == "paid" {
			return nil
		}
		if i == 4 {
			csElse(e, "UPDATE payments SET state = 'paid' WHERE ref = ?", "pay_3")
		}
	}
}
