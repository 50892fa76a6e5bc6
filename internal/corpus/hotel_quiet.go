package corpus

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// htQuietReadCases are the repaired loops of reads, and what looks like them.
func htQuietReadCases() []Case {
	return []Case{
		{Name: "hotel/joined", About: "bookings with their rooms by a JOIN", Setup: htOf("bookings rooms"), Run: htSequence("SELECT b.ref, r.number FROM bookings b JOIN rooms r ON r.id = b.room_id WHERE b.state = ?", "open")},
		{Name: "hotel/chunks-of-keys", About: "seven lists of three keys and a rest", Setup: htOf("guests bookings"), Run: htChunks},
		{Name: "hotel/any-of-arrays", Systems: htPg, About: "ANY of an array, six times", Setup: htOf("guests bookings"), Run: htAny},
		{Name: "hotel/pairs-in-chunks", Systems: htServers, About: "lists of pairs of keys, six times", Setup: htOf("rates rooms"), Run: htPairs},
		{Name: "hotel/json-list", Systems: []string{"sqlite"}, About: "a list of keys in one argument, by json_each", Setup: htOf("guests bookings"), Run: htJSON},
		{Name: "hotel/pages-of-one-hotel", About: "the reviews of one hotel, by keyset of day and id", Setup: append(htOf("reviews"), "UPDATE reviews SET hotel_id = 4"), Run: htPagesOfOne},
		{Name: "hotel/pages-backwards", About: "the newest first, in an iterator: id < ? ORDER BY id DESC", Setup: htOf("bookings"), Run: htBackwards},
		{Name: "hotel/offsets", About: "LIMIT and OFFSET for one hotel", Setup: append(htOf("rooms"), "UPDATE rooms SET hotel_id = 4"), Run: htOffsets},
		{Name: "hotel/ranges-of-ids", About: "id BETWEEN, five ranges", Setup: htOf("points"), Run: htRanges},
		{Name: "hotel/two-hotels-in-a-loop", About: "a loop that runs twice", Setup: htOf("hotels rooms"), Run: htFor("SELECT id FROM hotels WHERE id IN (3, 9)", "SELECT number FROM rooms WHERE hotel_id = ?")},
		{Name: "hotel/three-of-a-form", About: "three rows that the request asks for", Setup: htOf("guests settings"), Run: htThreeOfForm},
		{Name: "hotel/loop-over-nothing", About: "no guest is found", Setup: htOf("guests bookings"), Run: htFor("SELECT id FROM guests WHERE country = 'xx'", "SELECT ref FROM bookings WHERE guest_id = ?")},
		{Name: "hotel/page-of-a-booking", About: "a page with eight different statements", Setup: htOf("bookings guests rooms hotels invoices invoice_lines tasks points"), Run: htPageOfBooking},
		{Name: "hotel/loader-of-ten", About: "a data loader with batches of ten", Setup: htOf("reviews guests"), Run: func(ctx context.Context, e *Env) error { return htLoad(ctx, e, 10) }},
		{Name: "hotel/cache-that-hits", About: "three agencies of all guests are read once each", Setup: append(htOf("guests agencies"), "UPDATE guests SET agency_id = 2 WHERE agency_id = 4"), Run: htCacheHits},
		{Name: "hotel/fan-out-of-three", About: "three goroutines, each with two reads in sequence", Setup: htOf("hotels rooms reviews photos settings agencies currencies"), Run: htFanOut},
		{Name: "hotel/first-free-room", About: "the loop over the rooms ends at the second", Setup: htOf("rooms bookings"), Run: htFirstFree},
		{Name: "hotel/rows-by-window", About: "the cheapest of each hotel by one window", Setup: htOf("rooms"), Run: htSequence("SELECT number FROM (SELECT number, ROW_NUMBER() OVER (PARTITION BY hotel_id ORDER BY price) AS n FROM rooms) r WHERE n <= ?", 2)},
		{Name: "hotel/wait-for-the-payment", About: "a row is looked for until it appears", Setup: htOf("outbox"), Run: htWait},
		{Name: "hotel/once-in-a-loop", About: "a setting is read once, by sync.Once, below a loop", Setup: htOf("settings bookings"), Run: htOnce},
	}
}

// htSequence sends statements that ";" divides, see [lnSequence].
func htSequence(parts ...any) func(context.Context, *Env) error { return lnSequence(parts...) }

func htChunks(ctx context.Context, e *Env) error {
	s := whOpen(e)
	guests := pmIDs(ctx, s, "SELECT id FROM guests WHERE points > 150 ORDER BY email")
	for chunk := range slices.Chunk(guests[:22], 3) {
		drain(s.db.QueryContext(ctx, s.q("SELECT guest_id, ref FROM bookings WHERE guest_id IN ("+whMarks(len(chunk))+") AND state IN ('open', 'arrived')"), whArgs(chunk)...))
	}
	return nil
}

func htAny(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for chunk := range slices.Chunk(pmIDs(ctx, s, "SELECT id FROM guests ORDER BY email"), 5) {
		drain(s.db.QueryContext(ctx, "SELECT guest_id, ref FROM bookings WHERE guest_id = ANY($1)", chunk))
	}
	return nil
}

func htPairs(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type pair struct{ kind, season string }
	list := whScan[pair](s.db.QueryContext(ctx, "SELECT kind, season FROM rates ORDER BY price"))(func(p *pair) []any { return []any{&p.kind, &p.season} })
	for chunk := range slices.Chunk(list, 2) {
		var args []any
		for _, p := range chunk {
			args = append(args, p.kind, p.season)
		}
		drain(s.db.QueryContext(ctx, s.q("SELECT price FROM rates WHERE (kind, season) IN (("+strings.Join(slices.Repeat([]string{"?, ?"}, len(chunk)), "), (")+"))"), args...))
	}
	return nil
}

func htJSON(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for chunk := range slices.Chunk(pmIDs(ctx, s, "SELECT id FROM guests ORDER BY email"), 5) {
		list := strings.ReplaceAll(fmt.Sprint(chunk), " ", ",")
		drain(s.db.QueryContext(ctx, "SELECT guest_id, ref FROM bookings WHERE guest_id IN (SELECT value FROM json_each(?))", list))
	}
	return nil
}

func htPagesOfOne(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for day, id, n := int64(0), int64(0), 0; ; {
		page := pairs(s.db.QueryContext(ctx, s.q("SELECT day, id FROM reviews WHERE hotel_id = ? AND (day > ? OR (day = ? AND id > ?)) ORDER BY day, id LIMIT 6"), 4, day, day, id))
		if n += len(page); len(page) == 0 {
			if n != 36 {
				return fmt.Errorf("%d reviews", n)
			}
			return nil
		}
		day, id = page[len(page)-1][0], page[len(page)-1][1]
	}
}

func htNewest(ctx context.Context, s whStore) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for last := int64(1 << 40); ; {
			page := pmIDs(ctx, s, "SELECT id FROM bookings WHERE id < ? ORDER BY id DESC LIMIT 7", last)
			for _, id := range page {
				if !yield(id) {
					return
				}
				last = id
			}
			if len(page) < 7 {
				return
			}
		}
	}
}

func htBackwards(ctx context.Context, e *Env) error {
	n := 0
	for range htNewest(ctx, whOpen(e)) {
		n++
	}
	if n != 40 {
		return fmt.Errorf("%d bookings", n)
	}
	return nil
}

func htOffsets(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for offset := 0; ; offset += 8 {
		if drain(s.db.QueryContext(ctx, s.q("SELECT number, price FROM rooms WHERE hotel_id = ? ORDER BY price, id LIMIT ? OFFSET ?"), 4, 8, offset)) < 8 {
			return nil
		}
	}
}

func htRanges(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for from := 1; from <= 45; from += 9 {
		drain(s.db.QueryContext(ctx, s.q("SELECT id, amount FROM points WHERE id BETWEEN ? AND ?"), from, from+8))
	}
	return nil
}

func htThreeOfForm(ctx context.Context, e *Env) error {
	s := whOpen(e)
	drain(s.db.QueryContext(ctx, "SELECT name, value FROM settings"))
	for _, id := range []int64{21, 5, 14} { // of the form
		if (htGuests{s}).Name(ctx, id) == "" {
			return errors.New("404")
		}
	}
	return nil
}

func htPageOfBooking(ctx context.Context, e *Env) error {
	s := whOpen(e)
	b := htBookings{s}.Where(ctx, "ref = ?", "B1897")[0]
	_ = htGuests{s}.Name(ctx, b.guest)
	_ = htGuests{s}.Name(ctx, b.payer)
	_ = htRooms{s}.Number(ctx, b.room)
	invoices := pmIDs(ctx, s, "SELECT id FROM invoices WHERE booking_id = ?", b.id)
	drain(s.db.QueryContext(ctx, s.q("SELECT label, amount FROM invoice_lines WHERE invoice_id IN (0, "+whMarks(1+len(invoices))+")"), append([]any{0}, whArgs(invoices)...)...))
	drain(s.db.QueryContext(ctx, s.q("SELECT day, state FROM tasks WHERE room_id = ?"), b.room))
	drain(s.db.QueryContext(ctx, s.q("SELECT SUM(amount) FROM points WHERE guest_id = ?"), b.guest))
	return nil
}

func htCacheHits(ctx context.Context, e *Env) error {
	s := whOpen(e)
	shares := map[int64]int64{}
	for _, g := range pairs(s.db.QueryContext(ctx, "SELECT id, agency_id FROM guests ORDER BY name")) {
		if _, is := shares[g[1]]; !is {
			var share int64
			one(s.db.QueryRowContext(ctx, s.q("SELECT share FROM agencies WHERE id = ?"), g[1]), &share)
			shares[g[1]] = share
		}
	}
	return nil
}

func htFanOut(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var g errgroup.Group
	for _, two := range [][2]string{{"SELECT name FROM hotels", "SELECT count(*) FROM rooms"}, {"SELECT body FROM reviews WHERE stars > 3", "SELECT url FROM photos"}, {"SELECT name FROM agencies", "SELECT code, rate FROM currencies"}} {
		g.Go(func() error {
			for _, query := range two {
				rows, err := s.db.QueryContext(ctx, query)
				if err != nil {
					return err
				}
				for rows.Next() { // they are counted elsewhere
				}
				if err := errors.Join(rows.Err(), rows.Close()); err != nil { //nolint:sqlclosecheck // it is the case
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func htFirstFree(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, room := range pmIDs(ctx, s, "SELECT id FROM rooms WHERE kind = 'suite' ORDER BY price") {
		var n int64
		if one(s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM bookings WHERE room_id = ? AND to_day > ?"), room, 990), &n); n == 0 && i > 0 {
			return nil
		}
	}
	return errors.New("nothing is free")
}

func htWait(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for try := range 9 {
		if try == 7 { // the provider calls back, in another request
			done(e.DB.ExecContext(htElsewhere(), s.q("INSERT INTO outbox (topic, payload, state) VALUES ('paid', ?, 'new')"), "B542"))
		}
		if one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM outbox WHERE topic = 'paid' AND payload = ?"), "B542"), new(int64)) {
			return nil
		}
	}
	return errors.New("408")
}

func htOnce(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var tax string
	var once sync.Once
	for _, b := range (htBookings{s}).Where(ctx, "state = ?", "left") {
		once.Do(func() { tax = htSetting(ctx, s, "set-6") })
		if tax == "" {
			return errors.New("no tax for " + b.ref)
		}
	}
	return nil
}
