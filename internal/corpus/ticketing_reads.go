package corpus

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"golang.org/x/sync/errgroup"
)

// tiReadLoopCases read a row, or the rows of one, at a time.
func tiReadLoopCases() []Case {
	return []Case{
		{Name: "ticketing/callback-of-pages", About: "a generic pager calls back for each row, and the callback reads its hall", Setup: tiOf("events halls"), Run: tiCallbackOfPages, Want: whReads("halls", "events")},
		{Name: "ticketing/iterator-of-performers", About: "the ids come out of an iterator, the range over it reads a performer each time", Setup: tiOf("event_performers performers"), Run: tiIteratorOfPerformers, Want: whReads("performers", "event_performers")},
		{Name: "ticketing/three-halls-of-many-seats", About: "24 seats of three halls without a cache: a loop whose keys are repeated, and no duplicate", Setup: tiOf("seats halls"), Run: tiThreeHalls, Want: whReads("halls", "seats")},
		{Name: "ticketing/goroutine-with-two-reads", About: "each goroutine reads the seat of a ticket and then its category: one loop", Setup: tiOf("tickets seats categories"), Run: tiGoroutineTwoReads, Want: whReads("seats", "tickets")},
		{Name: "ticketing/workers-at-a-channel", About: "three workers take tickets from a channel, and read a category for each", Setup: tiOf("tickets categories"), Run: tiWorkersAtChannel, Want: whReads("categories", "tickets")},
		{Name: "ticketing/list-helper-with-one-key", About: "a helper for lists is called with one key for each ticket", Setup: tiOf("tickets seats"), Run: tiListHelper, Want: whReads("seats", "tickets")},
		{Name: "ticketing/areas-by-recursion", About: "each area of the festival reads the areas in it: WITH RECURSIVE", Setup: tiOf("areas"), Run: tiAreasByRecursion, Want: whReads("areas", "")},
		{Name: "ticketing/up-to-the-root", About: "from a region to the one that it lies in, eight times: WITH RECURSIVE", Setup: tiOf("regions"), Run: tiUpToRoot, Want: whReads("regions", "")},
		{Name: "ticketing/labels-in-a-text", Values: true, About: "the labels of the seats are in a text of the order", Setup: tiOf("orders seats"), Run: tiLabelsInText, Want: whReads("seats", "orders")},
		{Name: "ticketing/both-ends-of-a-transfer", About: "the giver and the taker of each transfer, on two lines of one loop", Setup: tiOf("transfers customers"), Run: tiBothEnds, Want: whReads("customers", "transfers")},
		{Name: "ticketing/two-performers-of-each-event", About: "an IN list for each event, of its own two performers: the lists of all events are one", Setup: tiOf("event_performers performers"), Run: tiTwoPerformers, Want: whReads("performers", "event_performers")},
		{Name: "ticketing/place-in-each-queue", About: "a count below a bound looks like a page, and is one query for each entry of the waiting list", Setup: tiOf("waiting"), Run: tiPlaceInQueue, Want: whReads("waiting", "waiting")},
		{Name: "ticketing/sales-of-each-day", About: "fourteen sums of neighbouring windows: GROUP BY gives them all", Setup: tiOf("orders"), Run: tiSalesOfDays, Want: whReads("orders", none)},
		{Name: "ticketing/template-by-locale", About: "thirteen customers, three locales, a template read for each customer", Setup: tiOf("customers templates"), Run: tiTemplateByLocale, Want: whReads("templates", "customers")},
	}
}

// tiPages calls a function for each row of a table, page by page.
func tiPages[T any](page func(after int64) []T, id func(T) int64, each func(T)) {
	for after := int64(0); ; {
		rows := page(after)
		if len(rows) == 0 {
			return
		}
		for _, r := range rows {
			each(r)
		}
		after = id(rows[len(rows)-1])
	}
}

type tiShow struct{ id, hall, promoter int64 }

func tiCallbackOfPages(ctx context.Context, e *Env) error {
	s := whOpen(e)
	page := func(after int64) []tiShow {
		return whScan[tiShow](s.db.QueryContext(ctx, s.q("SELECT id, hall_id, promoter_id FROM events WHERE id > ? ORDER BY id LIMIT 6"), after))(func(v *tiShow) []any { return []any{&v.id, &v.hall, &v.promoter} })
	}
	var lines []string
	tiPages(page, func(v tiShow) int64 { return v.id }, func(v tiShow) {
		var name, plan string
		one(s.db.QueryRowContext(ctx, s.q("SELECT name, plan FROM halls WHERE id = ?"), v.hall), &name, &plan)
		lines = append(lines, name+plan)
	})
	if len(lines) == 0 {
		return errors.New("no events")
	}
	return nil
}

// tiBilled are the performers of the early slots.
func tiBilled(ctx context.Context, s whStore) iter.Seq[int64] {
	ids := whKeys(s.db.QueryContext(ctx, s.q("SELECT performer_id FROM event_performers WHERE slot < ? ORDER BY event_id, slot"), 3))
	return func(yield func(int64) bool) {
		for _, id := range ids {
			if !yield(id) {
				return
			}
		}
	}
}

func tiIteratorOfPerformers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var fees int64
	for id := range tiBilled(ctx, s) {
		fees += tiNumber(ctx, s, "SELECT fee FROM performers WHERE id = ?", id)
	}
	return nil
}

func tiThreeHalls(ctx context.Context, e *Env) error {
	s := whOpen(e)
	halls := whKeys(s.db.QueryContext(ctx, s.q("SELECT hall_id FROM seats WHERE hall_id BETWEEN ? AND ? ORDER BY label"), 2, 4))
	plans := map[string]int{}
	for _, hall := range halls {
		var plan string
		one(s.db.QueryRowContext(ctx, s.q("SELECT plan FROM halls WHERE id = ?"), hall), &plan)
		plans[plan]++
	}
	return nil
}

func tiGoroutineTwoReads(ctx context.Context, e *Env) error {
	s := whOpen(e)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for _, t := range (tiTickets{s}).of(ctx, 4) {
		g.Go(func() error {
			var label string
			var price int64
			if err := s.db.QueryRowContext(gctx, s.q("SELECT label FROM seats WHERE id = ?"), t.seat).Scan(&label); err != nil {
				return err
			}
			return s.db.QueryRowContext(gctx, s.q("SELECT price FROM categories WHERE id = ?"), t.category).Scan(&price)
		})
	}
	return g.Wait()
}

func tiWorkersAtChannel(ctx context.Context, e *Env) error {
	s := whOpen(e)
	work := make(chan tiTicket)
	g, gctx := errgroup.WithContext(ctx)
	for range 3 {
		g.Go(func() error {
			for t := range work {
				var name string
				if err := s.db.QueryRowContext(gctx, s.q("SELECT name FROM categories WHERE id = ?"), t.category).Scan(&name); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, t := range (tiTickets{s}).of(ctx, 5) {
		work <- t
	}
	close(work)
	return g.Wait()
}

type tiSeats struct{ whStore }

func (r tiSeats) labels(ctx context.Context, ids ...int64) map[int64]string {
	type seat struct {
		id    int64
		label string
	}
	out := map[int64]string{}
	for _, v := range whScan[seat](r.db.QueryContext(ctx, r.q("SELECT id, label FROM seats WHERE id IN ("+whMarks(len(ids))+")"), whArgs(ids)...))(func(v *seat) []any { return []any{&v.id, &v.label} }) {
		out[v.id] = v.label
	}
	return out
}

func tiListHelper(ctx context.Context, e *Env) error {
	s := whOpen(e)
	seats := tiSeats{s}
	for _, t := range (tiTickets{s}).of(ctx, 6) {
		if seats.labels(ctx, t.seat)[t.seat] == "" {
			return errors.New("no such seat")
		}
	}
	return nil
}

// tiMap draws the areas of a festival.
type tiMap struct{ whStore }

func (m tiMap) draw(ctx context.Context, area int64, depth int) (n int) {
	for _, child := range whKeys(m.db.QueryContext(ctx, m.q("SELECT id FROM areas WHERE parent_id = ? ORDER BY name"), area)) {
		n += 1 + m.draw(ctx, child, depth+1)
	}
	return n
}

func tiAreasByRecursion(ctx context.Context, e *Env) error {
	tiMap{whOpen(e)}.draw(ctx, 0, 0)
	return nil
}

func tiUpToRoot(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var path []string
	for region := int64(9); region != 0; {
		var name string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT name, parent_id FROM regions WHERE id = ?"), region), &name, &region) {
			break
		}
		path = append(path, name)
	}
	if len(path) == 0 {
		return errors.New("no path")
	}
	return nil
}

func tiLabelsInText(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var note string
	one(s.db.QueryRowContext(ctx, s.q("SELECT note FROM orders WHERE number = ?"), "T-5133"), &note)
	for label := range strings.SplitSeq(note, ",") {
		tiNumber(ctx, s, "SELECT row_no FROM seats WHERE hall_id = 4 AND label = ?", label)
	}
	return nil
}

func tiBothEnds(ctx context.Context, e *Env) error {
	s := whOpen(e)
	name := func(id int64) (n string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM customers WHERE id = ?"), id), &n)
		return n
	}
	type transfer struct{ from, to int64 }
	for _, t := range whScan[transfer](s.db.QueryContext(ctx, "SELECT from_customer, to_customer FROM transfers ORDER BY id"))(func(t *transfer) []any { return []any{&t.from, &t.to} }) {
		giver := name(t.from)
		taker := name(t.to)
		_ = giver + taker
	}
	return nil
}

func tiTwoPerformers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type slot struct{ event, performer int64 }
	billed := map[int64][]int64{}
	for _, v := range whScan[slot](s.db.QueryContext(ctx, "SELECT event_id, performer_id FROM event_performers WHERE event_id < 12 ORDER BY event_id, slot"))(func(v *slot) []any { return []any{&v.event, &v.performer} }) {
		billed[v.event] = append(billed[v.event], v.performer)
	}
	for _, performers := range billed {
		drain(s.db.QueryContext(ctx, s.q("SELECT name, genre FROM performers WHERE id IN ("+whMarks(len(performers))+")"), whArgs(performers)...))
	}
	return nil
}

func tiPlaceInQueue(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type entry struct{ event, place int64 }
	entries := whScan[entry](s.db.QueryContext(ctx, s.q("SELECT event_id, place FROM waiting WHERE state = ? ORDER BY id"), "waiting"))(func(v *entry) []any { return []any{&v.event, &v.place} })
	var text []string
	for _, v := range entries {
		before := tiNumber(ctx, s, "SELECT count(*) FROM waiting WHERE event_id = ? AND place < ?", v.event, v.place)
		text = append(text, fmt.Sprintf("%d before you", before))
	}
	if len(text) == 0 {
		return errors.New("nobody waits")
	}
	return nil
}

func tiSalesOfDays(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const day = 64
	sales := make([]int64, 14)
	for i := range sales {
		from := int64(60_000 + i*day)
		sales[i] = tiNumber(ctx, s, "SELECT COALESCE(SUM(total), 0) FROM orders WHERE placed_at >= ? AND placed_at < ?", from, from+day)
	}
	return nil
}

type tiReader struct {
	id     int64
	locale string
}

func tiReaders(ctx context.Context, s whStore) []tiReader {
	return whScan[tiReader](s.db.QueryContext(ctx, "SELECT id, locale FROM customers ORDER BY id"))(func(r *tiReader) []any { return []any{&r.id, &r.locale} })
}

func tiTemplateByLocale(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var mails []string
	for _, r := range tiReaders(ctx, s) {
		var body string
		one(s.db.QueryRowContext(ctx, s.q("SELECT body FROM templates WHERE name = ? AND locale = ?"), "moved", r.locale), &body)
		mails = append(mails, body)
	}
	if len(mails) == 0 {
		return errors.New("nobody to write to")
	}
	return nil
}
