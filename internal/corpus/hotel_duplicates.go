package corpus

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
)

// htDuplicateCases ask again what has been answered and cannot have changed.
func htDuplicateCases() []Case {
	return []Case{
		{Name: "hotel/user-in-three-layers", About: "session, permission and handler read the same user", Setup: htOf("sessions users hotels"), Run: htThreeLayers, Want: pmD("htUser", "users")},
		{Name: "hotel/tax-for-each-line", About: "the same setting is read for each line of an invoice", Setup: htOf("invoice_lines settings"), Run: htTaxOfLines, Want: pmD("htSetting", "settings")},
		{Name: "hotel/one-then-the-row", About: "SELECT 1 by the address, and then the row by the address", Setup: htOf("guests"), Run: htOneThenRow, Want: pmD("", "guests")},
		{Name: "hotel/name-and-email", About: "two helpers read two columns of one row", Setup: htOf("guests"), Run: htNameAndEmail, Want: pmD("", "guests")},
		{Name: "hotel/nothing-found-twice", About: "two checks look for a review that is not there", Setup: htOf("reviews"), Run: htNothingTwice, Want: pmD("htReviewOf", "reviews")},
		{Name: "hotel/two-goroutines", About: "two goroutines of a page read the hotel", Setup: htOf("hotels rooms reviews"), Run: htTwoGoroutines, Want: pmD("htHotelCode", "hotels")},
		{Name: "hotel/other-table-between", About: "an outbox row is written between two reads of a booking", Setup: htOf("bookings outbox"), Run: htOtherTable, Want: pmD("Where", "bookings")},
		{Name: "hotel/pure-function-between", About: "a SELECT of known functions changes nothing", Setup: htOf("rooms guests"), Run: htPureBetween, Want: pmD("Number", "rooms")},
		{Name: "hotel/gorm-two-services", About: "GORM: First in one service, Take in the other, of one row", Setup: htOf("bookings"), Run: htGormTwice, Want: pmD("", "bookings")},
		{Name: "hotel/bun-policy-and-view", About: "bun: a policy reads the hotel, and the view again", Setup: htOf("hotels rooms"), Run: htBunTwice, Want: pmD("htBunHotel", "hotels")},
		{Name: "hotel/table-called-update", Systems: htPg, About: "two reads of a table that is called update", Setup: []string{"CREATE TABLE update (id BIGINT PRIMARY KEY, title VARCHAR(20), merge BIGINT)", "INSERT INTO update VALUES (1, 'pool', 3), (2, 'spa', 4)"}, Run: htTableUpdate, Want: pmD("htNews", "update")},
		{Name: "hotel/two-pagers", About: "the head and the foot of a page count alike", Setup: htOf("bookings"), Run: htTwoPagers, Want: pmD("total", "bookings")},
		{Name: "hotel/three-checks-in-a-transaction", About: "two checks of one transaction read the same room, then a booking is made", Setup: htOf("rooms bookings"), Run: htChecksInTx, Want: pmD("Number", "rooms")},
		{Name: "hotel/column-called-delete", Systems: htPg, About: "a read of a column called delete is no write between two reads", Setup: append(htOf("rooms"), "CREATE TABLE grants (user_id BIGINT, delete BOOLEAN, update BOOLEAN)"), Run: htVerbBetween, Want: pmD("Number", "rooms")},
	}
}

func htUser(ctx context.Context, s whStore, id int64) (login string, hotel int64) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT login, hotel_id FROM users WHERE id = ?"), id), &login, &hotel)
	return login, hotel
}

func htThreeLayers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var id int64
	session := func(next htHandler) htHandler {
		return func(ctx context.Context) error {
			one(s.db.QueryRowContext(ctx, s.q("SELECT user_id FROM sessions WHERE token = ?"), "tok-2973"), &id)
			if login, _ := htUser(ctx, s, id); login == "" {
				return errors.New("401")
			}
			return next(ctx)
		}
	}
	permitted := func(next htHandler) htHandler {
		return func(ctx context.Context) error {
			if _, hotel := htUser(ctx, s, id); hotel == 0 {
				return errors.New("403")
			}
			return next(ctx)
		}
	}
	return session(permitted(func(ctx context.Context) error {
		_, hotel := htUser(ctx, s, id)
		drain(s.db.QueryContext(ctx, s.q("SELECT name, city FROM hotels WHERE id = ?"), hotel))
		return nil
	}))(ctx)
}

func htTaxOfLines(ctx context.Context, e *Env) error {
	s := whOpen(e)
	sum := int64(0)
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT id, amount FROM invoice_lines WHERE amount > 4300 ORDER BY label")) {
		if htSetting(ctx, s, "set-3") == "15" {
			sum += v[1]
		}
	}
	if sum == 0 {
		return errors.New("no lines")
	}
	return nil
}

func htOneThenRow(ctx context.Context, e *Env) error {
	s := whOpen(e)
	email := "g117@example.org"
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT 1 FROM guests WHERE email = ?"), email), new(int64)) {
		return errors.New("404")
	}
	var name string
	one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM guests WHERE email = ?"), email), &name)
	return nil
}

func htNameAndEmail(ctx context.Context, e *Env) error {
	g := htGuests{whOpen(e)}
	if g.Name(ctx, 23) == "" || g.Email(ctx, 23) == "" {
		return errors.New("404")
	}
	return nil
}

func htReviewOf(ctx context.Context, s whStore, hotel, guest int64) bool {
	return one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM reviews WHERE hotel_id = ? AND guest_id = ?"), hotel, guest), new(int64))
}

func htNothingTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if htReviewOf(ctx, s, 4, 29) {
		return errors.New("it is there")
	}
	if mayWrite := !htReviewOf(ctx, s, 4, 29); !mayWrite {
		return errors.New("403")
	}
	return nil
}

func htHotelCode(ctx context.Context, s whStore, id int64) (code string) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT code FROM hotels WHERE id = ?"), id), &code)
	return code
}

func htTwoGoroutines(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var g errgroup.Group
	g.Go(func() error {
		if htHotelCode(ctx, s, 6) == "" {
			return errors.New("404")
		}
		var n int64
		return s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM rooms WHERE hotel_id = ?"), 6).Scan(&n)
	})
	g.Go(func() error {
		if htHotelCode(ctx, s, 6) == "" {
			return errors.New("404")
		}
		var n int64
		return s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM reviews WHERE hotel_id = ?"), 6).Scan(&n)
	})
	return g.Wait()
}

func htOtherTable(ctx context.Context, e *Env) error {
	s := whOpen(e)
	b := htBookings{s}.Where(ctx, "id = ?", 18)[0]
	tiExec(ctx, s, "INSERT INTO outbox (topic, payload, state) VALUES ('seen', ?, 'new')", b.ref)
	again := htBookings{s}.Where(ctx, "id = ?", 18)[0]
	if again.state != b.state {
		return errors.New("409")
	}
	return nil
}

func htPureBetween(ctx context.Context, e *Env) error {
	s := whOpen(e)
	door := htRooms{s}.Number(ctx, 27)
	var n int64
	var name string
	one(s.db.QueryRowContext(ctx, s.q("SELECT count(*), MAX(UPPER(COALESCE(name, 'nobody'))) FROM guests WHERE LENGTH(email) > ?"), 3), &n, &name)
	if door != (htRooms{s}).Number(ctx, 27) {
		return errors.New("another door")
	}
	return nil
}

func htGormTwice(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	pay := func(id int64) (b htBookingModel, err error) {
		return b, db.First(&b, id).Error
	}
	mail := func(id int64) (b htBookingModel, err error) {
		return b, db.Where("id = ?", id).Take(&b).Error
	}
	_, err := pay(31)
	if err == nil {
		_, err = mail(31)
	}
	return err
}

func htBunHotel(ctx context.Context, e *Env, id int64) (h htHotelModel, err error) {
	err = e.Bun().NewSelect().Model(&h).Where("id = ?", id).Scan(ctx)
	return h, err
}

func htBunTwice(ctx context.Context, e *Env) error {
	if h, err := htBunHotel(ctx, e, 10); err != nil || h.Stars > 9 {
		return errors.Join(err, errors.New("403"))
	}
	var rooms []htRoomModel
	if err := e.Bun().NewSelect().Model(&rooms).Where("hotel_id = ?", 10).Scan(ctx); err != nil {
		return err
	}
	_, err := htBunHotel(ctx, e, 10)
	return err
}

func htNews(ctx context.Context, s whStore) (title string) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT title FROM update WHERE merge > ? ORDER BY id LIMIT 1"), 2), &title)
	return title
}

func htTableUpdate(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if htNews(ctx, s)+htNews(ctx, s) != "poolpool" {
		return errors.New("no news")
	}
	return nil
}

func (b htBookings) total(ctx context.Context, state string) (n int64) {
	one(b.db.QueryRowContext(ctx, b.q("SELECT count(*) FROM bookings WHERE state = ?"), state), &n)
	return n
}

func htTwoPagers(ctx context.Context, e *Env) error {
	b := htBookings{whOpen(e)}
	pages := (b.total(ctx, "open") + 4) / 5
	list := b.Where(ctx, "state = 'open' ORDER BY from_day LIMIT 5")
	if pages == 0 || b.total(ctx, "open") < int64(len(list)) {
		return errors.New("no pages")
	}
	return nil
}

func htChecksInTx(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		r := htRooms{s}
		if r.Number(ctx, 33) == "" {
			return errors.New("no room")
		}
		if len(r.Number(ctx, 33)) > 5 {
			return errors.New("no such door")
		}
		tiExec(ctx, s, "INSERT INTO bookings (ref, guest_id, room_id, from_day, to_day, state) VALUES ('N1', ?, ?, 900, 902, 'open')", 3, 33)
		return nil
	})
}

func htVerbBetween(ctx context.Context, e *Env) error {
	r := htRooms{whOpen(e)}
	first := r.Number(ctx, 5)
	drain(r.db.QueryContext(ctx, r.q("SELECT update, delete FROM grants WHERE user_id = ? AND NOT delete"), 7))
	if first != r.Number(ctx, 5) {
		return errors.New("another door")
	}
	return nil
}
