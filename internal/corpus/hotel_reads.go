package corpus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
)

// htReadCases are loops of reads as an ordinary team writes them, and what their parents are.
func htReadCases() []Case {
	return []Case{
		{Name: "hotel/room-of-each-booking", About: "many to one: the repository gives the number of the room of each booking", Setup: htOf("bookings rooms"), Run: htRoomOfBookings, Want: pmN("Number", "rooms", "bookings"),
			Same: sameRows("SELECT number FROM rooms WHERE id = ?", []int64{14, 31, 5, 40, 2})},
		{Name: "hotel/lines-of-each-invoice", About: "one to many, prepared outside of the loop", Setup: htOf("invoices invoice_lines"), Run: htLinesOfInvoices, Want: pmN("htLinesOfInvoices", "invoice_lines", "invoices")},
		{Name: "hotel/doubles-of-each-hotel", About: "a list of two states, the same each time, is a condition", Setup: htOf("hotels rooms"), Run: htFor("SELECT id FROM hotels ORDER BY name", "SELECT number, price FROM rooms WHERE hotel_id = ? AND kind IN ('double', 'suite') AND state <> 'broken'"), Want: pmN("htFor.func1", "rooms", "hotels"),
			Same: sameRowsOf("SELECT number, price FROM rooms WHERE hotel_id = ? AND kind IN ('double', 'suite') AND state <> 'broken'", []int64{3, 7, 12, 5}, nil, []any{[]string{"double", "suite"}, "broken"})},
		{Name: "hotel/list-of-arguments-that-stays", About: "the tiers come as arguments, the same ones for each hotel", Setup: htOf("hotels bookings rooms guests"), Run: htFor("SELECT id FROM hotels WHERE stars > 3 ORDER BY code DESC", "SELECT count(*) FROM bookings b JOIN rooms r ON r.id = b.room_id WHERE r.hotel_id = ? AND b.state IN (?, ?, ?)", "open", "arrived", "left"), Want: pmN("htFor.func1", "bookings", "hotels")},
		{Name: "hotel/row-value-list", Systems: htServers, About: "(kind, beds) IN ((..), (..)) with constants is no batch", Setup: htOf("hotels rooms"), Run: htFor("SELECT id FROM hotels ORDER BY name", "SELECT id, number FROM rooms WHERE hotel_id = ? AND (kind, beds) IN (('double', 2), ('suite', 4))"), Want: pmN("htFor.func1", "rooms", "hotels")},
		{Name: "hotel/sum-with-case-in-list", About: "the bracket with two literals stands in a CASE", Setup: htOf("guests invoices"), Run: htFor("SELECT id FROM guests WHERE country = 'no' ORDER BY points DESC", "SELECT COALESCE(SUM(CASE WHEN state IN ('void', 'paid') THEN 0 ELSE amount END), 0) FROM invoices WHERE guest_id = ?"), Want: pmN("htFor.func1", "invoices", "guests")},
		{Name: "hotel/next-three-arrivals", About: "ORDER BY with a lower bound and a LIMIT, for each room: nothing continues", Setup: htOf("rooms bookings"), Run: htNextArrivals, Want: pmN("htNextArrivals", "bookings", "rooms")},
		{Name: "hotel/bookings-of-three-guests", Values: true, About: "three guests of Japan are found, three reads with exactly their ids", Setup: append(htOf("guests bookings"), "UPDATE guests SET country = 'is' WHERE id IN (8, 15, 22)"), Run: htFor("SELECT id FROM guests WHERE country = 'is' ORDER BY id DESC", "SELECT ref, total FROM bookings WHERE guest_id = ?"), Want: pmN("htFor.func1", "bookings", "guests")},
		{Name: "hotel/four-agencies", Values: true, About: "four agencies, four sums", Setup: htOf("agencies guests bookings"), Run: htFor("SELECT id FROM agencies ORDER BY share DESC", "SELECT count(*) FROM bookings b JOIN guests g ON g.id = b.guest_id WHERE g.agency_id = ?"), Want: pmN("htFor.func1", "bookings", "agencies")},
		{Name: "hotel/agency-of-each-guest", About: "thirty guests have four agencies: keys that repeat, and no duplicate", Setup: htOf("guests agencies"), Run: htAgencies, Want: pmN("htAgencies", "agencies", "guests")},
		{Name: "hotel/all-rooms-of-one-hotel", Values: true, About: "a page of rooms, and for each its hotel, which is one and the same: a JOIN", Setup: htOf("rooms hotels"), Run: htHotelOfRooms, Want: pmN("htHotelOfRooms", "hotels", "rooms")},
		{Name: "hotel/inner-loop-of-two-hotels", About: "the outer loop runs twice, the inner one has the rooms for its parent", Setup: htOf("rooms tasks"), Run: htInnerOfTwo, Want: pmN("htInnerOfTwo", "tasks", "rooms")},
		{Name: "hotel/ref-as-key", About: "the key is a text, and the ids would fit, too", Setup: append(htOf("bookings invoices"), "CREATE TABLE key_cards (id {auto}, booking_ref VARCHAR(12), serial VARCHAR(10))"), Run: htCards, Want: pmN("htCards", "key_cards", "bookings")},
		{Name: "hotel/rate-by-kind-and-season", About: "a key of two columns, of which one is the season of the request", Setup: htOf("rooms rates"), Run: htRates, Want: pmN("htRates", "rates", "rooms")},
		{Name: "hotel/parent-is-not-the-nearest", About: "twelve hotels, then a list with twelve and more ids that has nothing to do with it, then the rooms of each hotel", Setup: htOf("hotels points rooms"), Run: htNotNearest, Want: pmN("htNotNearest", "rooms", "hotels")},
		{Name: "hotel/ids-of-the-request", About: "the ids came with the request: amenities has such ids by chance", Setup: htOf("amenities guests"), Run: htAsked, Want: pmN("Name", "guests", none)},
		{Name: "hotel/sorted-in-go", About: "the list is sorted in Go before the loop: the parent stays", Setup: htOf("bookings guests settings"), Run: htSorted, Want: pmN("Name", "guests", "bookings")},
		{Name: "hotel/distinct-in-go", Values: true, About: "the keys are made unique in Go, and read in the order of a map", Setup: htOf("tasks staff"), Run: htDistinct, Want: pmN("htDistinct", "staff", "tasks")},
		{Name: "hotel/loop-inside-of-batches", About: "bookings come in batches by keyset, the guest of each by itself", Setup: htOf("bookings guests"), Run: htInsideBatches, Want: pmN("Name", "guests", "bookings")},
		{Name: "hotel/events-before-the-limit", About: "reads for each event before a rate limit", Setup: htOf("events guests settings"), Run: htEvents, Want: pmN("Email", "guests", "events")},
		{Name: "hotel/list-helper-with-one-key", About: "a helper for lists gets one key in each round: IN of one", Setup: htOf("rooms room_amenities"), Run: htListOfOne, Want: pmN("htAmenityIDs", "room_amenities", "rooms")},
		{Name: "hotel/three-functions-in-one-body", About: "guest, room and invoice of each booking, by three functions: one finding", Setup: htOf("bookings guests rooms invoices"), Run: htThreeFunctions, Want: []Want{{Kind: "n+1", Parent: "bookings", Also: []string{"SELECT", "SELECT"}}}},
		{Name: "hotel/two-loops-one-list", About: "two loops over one list are two findings", Setup: htOf("hotels photos reviews"), Run: htTwoLoops, Want: append(pmN("htTwoLoops", "photos", "hotels"), pmN("htTwoLoops", "reviews", "hotels")...)},
	}
}

func htRoomOfBookings(ctx context.Context, e *Env) error {
	s := whOpen(e)
	rooms := htRooms{s}
	for _, b := range (htBookings{s}).Where(ctx, "state = ? ORDER BY from_day", "open") {
		if rooms.Number(ctx, b.room) == "" {
			return fmt.Errorf("%s has no room", b.ref)
		}
	}
	return nil
}

func htLinesOfInvoices(ctx context.Context, e *Env) error {
	s := whOpen(e)
	stmt, err := e.DB.PrepareContext(ctx, s.q("SELECT label, amount FROM invoice_lines WHERE invoice_id = ? ORDER BY id"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	for _, id := range pmIDs(ctx, s, "SELECT id FROM invoices WHERE state = 'due' ORDER BY amount DESC") {
		drain(stmt.QueryContext(ctx, id))
	}
	return nil
}

func htNextArrivals(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, room := range pmIDs(ctx, s, "SELECT id FROM rooms WHERE floor = 3 ORDER BY number") {
		drain(s.db.QueryContext(ctx, s.q("SELECT ref, from_day FROM bookings WHERE room_id = ? AND from_day > ? ORDER BY from_day LIMIT 3"), room, 705))
	}
	return nil
}

func htAgencies(ctx context.Context, e *Env) error {
	s := whOpen(e)
	shares := map[int64]int64{}
	for _, g := range pairs(s.db.QueryContext(ctx, "SELECT id, agency_id FROM guests WHERE deleted_at = 0 ORDER BY name")) {
		var share int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT share FROM agencies WHERE id = ?"), g[1]), &share)
		shares[g[0]] = share
	}
	return nil
}

func htHotelOfRooms(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type room struct {
		hotel  int64
		number string
	}
	for _, r := range whScan[room](s.db.QueryContext(ctx, s.q("SELECT r.hotel_id, r.number FROM rooms r JOIN rooms o ON o.price <= r.price WHERE r.hotel_id = ? AND o.hotel_id = 9"), 9))(func(r *room) []any { return []any{&r.hotel, &r.number} }) {
		var code string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT code FROM hotels WHERE id = ?"), r.hotel), &code) {
			return errors.New("no hotel for " + r.number)
		}
	}
	return nil
}

func htInnerOfTwo(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, kind := range []string{"suite", "single"} {
		for _, room := range pmIDs(ctx, s, "SELECT id FROM rooms WHERE kind = ? ORDER BY price", kind) {
			drain(s.db.QueryContext(ctx, s.q("SELECT maid_id, minutes FROM tasks WHERE room_id = ?"), room))
		}
	}
	return nil
}

func htCards(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, b := range (htBookings{s}).Where(ctx, "state = 'arrived' ORDER BY total") {
		var serial string
		one(s.db.QueryRowContext(ctx, s.q("SELECT serial FROM key_cards WHERE booking_ref = ?"), b.ref), &serial)
	}
	return nil
}

func htRates(ctx context.Context, e *Env) error {
	s := whOpen(e)
	season := "season-2"
	for _, kind := range pmTexts(ctx, s, "SELECT kind FROM rooms WHERE hotel_id < ? ORDER BY number", 4) {
		var price int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT price FROM rates WHERE season = ? AND kind = ?"), season, kind), &price)
	}
	return nil
}

func htNotNearest(ctx context.Context, e *Env) error {
	s := whOpen(e)
	hotels := pmIDs(ctx, s, "SELECT id FROM hotels ORDER BY stars, name")
	total := int64(0)
	for _, p := range pairs(s.db.QueryContext(ctx, "SELECT id, amount FROM points ORDER BY id")) {
		total += p[1]
	}
	for _, h := range hotels {
		drain(s.db.QueryContext(ctx, s.q("SELECT number FROM rooms WHERE hotel_id = ? AND price < ?"), h, total))
	}
	return nil
}

func htAsked(ctx context.Context, e *Env) error {
	s := whOpen(e)
	drain(s.db.QueryContext(ctx, "SELECT id, name FROM amenities ORDER BY name"))
	for _, id := range []int64{6, 1, 8, 3, 5, 2} { // of the form
		if (htGuests{s}).Name(ctx, id) == "" {
			return fmt.Errorf("no guest %d", id)
		}
	}
	return nil
}

func htSorted(ctx context.Context, e *Env) error {
	s := whOpen(e)
	list := htBookings{s}.Where(ctx, "to_day > ?", 780)
	drain(s.db.QueryContext(ctx, "SELECT name, value FROM settings"))
	sort.Slice(list, func(i, j int) bool { return list[i].total%1000 < list[j].total%1000 })
	for _, b := range list {
		_ = htGuests{s}.Name(ctx, b.guest)
	}
	return nil
}

func htDistinct(ctx context.Context, e *Env) error {
	s := whOpen(e)
	byMaid := map[int64]int64{}
	for _, t := range pairs(s.db.QueryContext(ctx, "SELECT maid_id, minutes FROM tasks WHERE state = 'new'")) {
		byMaid[t[0]] += t[1]
	}
	for maid, minutes := range byMaid {
		var name string
		one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM staff WHERE id = ?"), maid), &name)
		if minutes > 10000 {
			return errors.New(name + " works too much")
		}
	}
	return nil
}

func htInsideBatches(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for last := int64(0); ; {
		page := htBookings{s}.Where(ctx, "id > ? ORDER BY id LIMIT 10", last)
		for _, b := range page {
			if (htGuests{s}).Name(ctx, b.guest) == "" {
				return errors.New("no guest")
			}
		}
		if len(page) < 10 {
			return nil
		}
		last = page[9].id
	}
}

func htEvents(ctx context.Context, e *Env) error {
	s := whOpen(e)
	sent := 0
	for _, v := range pairs(s.db.QueryContext(ctx, s.q("SELECT guest_id, day FROM events WHERE day > ? ORDER BY day"), 512)) {
		email := htGuests{s}.Email(ctx, v[0]) // and then the limit
		if sent >= 3 || email == "" {
			continue
		}
		sent++
	}
	return nil
}

func htAmenityIDs(ctx context.Context, s whStore, rooms ...int64) []int64 {
	return ints(s.db.QueryContext(ctx, s.q("SELECT amenity_id FROM room_amenities WHERE room_id IN ("+whMarks(len(rooms))+")"), whArgs(rooms)...))
}

func htListOfOne(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, room := range pmIDs(ctx, s, "SELECT id FROM rooms WHERE beds = 4 ORDER BY price") {
		if slices.Contains(htAmenityIDs(ctx, s, room), 99) {
			return errors.New("no such amenity")
		}
	}
	return nil
}

func (b htBookings) owed(ctx context.Context, id int64) (sum int64) {
	one(b.db.QueryRowContext(ctx, b.q("SELECT COALESCE(SUM(amount), 0) FROM invoices WHERE booking_id = ? AND state = 'due'"), id), &sum)
	return sum
}

func htThreeFunctions(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, b := range (htBookings{s}).Where(ctx, "from_day BETWEEN ? AND ? ORDER BY ref", 720, 760) {
		line := htGuests{s}.Name(ctx, b.guest) + htRooms{s}.Number(ctx, b.room)
		if line == "" || (htBookings{s}).owed(ctx, b.id) < 0 {
			return errors.New("an empty line")
		}
	}
	return nil
}

func htTwoLoops(ctx context.Context, e *Env) error {
	s := whOpen(e)
	hotels := pmIDs(ctx, s, "SELECT id FROM hotels WHERE rooms_n > 0 ORDER BY city, name")
	for _, h := range hotels {
		drain(s.db.QueryContext(ctx, s.q("SELECT url FROM photos WHERE hotel_id = ? ORDER BY place"), h))
	}
	for _, h := range hotels {
		drain(s.db.QueryContext(ctx, s.q("SELECT AVG(stars) FROM reviews WHERE hotel_id = ?"), h))
	}
	return nil
}
