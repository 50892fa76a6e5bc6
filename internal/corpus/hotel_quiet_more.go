package corpus

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
)

// htQuietMoreCases are ordinary code, and what is nearly a loop or a duplicate.
func htQuietMoreCases() []Case {
	return []Case{
		{Name: "hotel/dashboard-of-six", About: "six goroutines of a page, each with its own number", Setup: htOf("hotels rooms guests bookings invoices tasks"), Run: htDashboard},
		{Name: "hotel/gorm-three-models", About: "GORM: a transaction creates a guest, an account and a booking", Setup: htOf("guests accounts bookings"), Run: htGormThree},
		{Name: "hotel/gorm-page", About: "GORM: Count and Find with one scope", Setup: htOf("reviews"), Run: htGormPage},
		{Name: "hotel/bun-scan-and-count", About: "bun: ScanAndCount", Setup: htOf("bookings"), Run: htBunPage},
		{Name: "hotel/transaction-again", About: "a transaction fails, and is tried again as a whole", Setup: htOf("rooms bookings"), Run: htTxAgain},
		{Name: "hotel/lock-polled", Systems: htPg, About: "an advisory lock is tried until it is given", Run: htLockPolled},
		{Name: "hotel/row-value-pages", About: "pages after (day, id) > (?, ?)", Setup: htOf("reviews"), Run: htRowValuePages},
		{Name: "hotel/cursor", Systems: htPg, About: "FETCH 8 of a cursor until it is empty", Setup: htOf("bookings"), Run: htCursor},
		{Name: "hotel/progress-of-batches", About: "after each batch of eight its progress is written", Setup: htOf("bookings jobs"), Run: htProgress},
		{Name: "hotel/bun-upserts-in-batches", About: "bun: five upserts of six rows", Setup: htOf("accounts"), Run: htBunUpserts, Systems: htNoMySQL},
		{Name: "hotel/five-log-lines", About: "five entries of the log, at five places of a handler", Setup: htOf("audit rooms"), Run: htFiveLogs},
		{Name: "hotel/time-zone", Systems: htPg, About: "the zone of the session is another one at the second read", Setup: []string{"CREATE TABLE stays (id BIGINT PRIMARY KEY, at TIMESTAMPTZ)", "INSERT INTO stays VALUES (1, '2026-05-01T23:30:00Z')"}, Run: htZone},
		{Name: "hotel/table-of-picks", About: "a table of work is emptied and filled between two reads", Setup: append(htOf("rooms"), "CREATE TABLE picks (room_id BIGINT)"), Run: htPicks},
		{Name: "hotel/prepared-twice", About: "one prepared statement with two keys", Setup: htOf("guests"), Run: htPreparedTwice},
		{Name: "hotel/gorm-first-or-create", About: "GORM: FirstOrCreate of one setting", Setup: htOf("amenities"), Run: htGormFirstOrCreate},
		{Name: "hotel/lists-by-kind", About: "a switch over three kinds, one list of keys for each", Setup: htOf("bookings guests rooms invoices"), Run: htListsByKind},
	}
}

func htDashboard(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var n [6]int64
	var g errgroup.Group
	for i, query := range []string{
		"SELECT count(*) FROM hotels", "SELECT count(*) FROM rooms WHERE state = 'free'", "SELECT MAX(points) FROM guests",
		"SELECT count(*) FROM bookings WHERE state = 'open'", "SELECT SUM(amount) FROM invoices WHERE state = 'due'", "SELECT SUM(minutes) FROM tasks",
	} {
		g.Go(func() error { return s.db.QueryRowContext(ctx, query).Scan(&n[i]) })
	}
	return g.Wait()
}

func htGormThree(ctx context.Context, e *Env) error {
	tx := e.GORM().WithContext(ctx).Begin()
	g := htGuestModel{Name: "new", Email: "new@example.org"}
	err := tx.Create(&g).Error
	if err == nil {
		err = tx.Create(&htAccountModel{GuestID: g.ID, State: "active"}).Error
	}
	if err == nil {
		err = tx.Create(&htBookingModel{Ref: "B-G", GuestID: g.ID, PayerID: g.ID, RoomID: 4, State: "open"}).Error
	}
	if err != nil {
		return errors.Join(err, tx.Rollback().Error)
	}
	return tx.Commit().Error
}

func htGormPage(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var n int64
	if err := db.Model(&htReviewModel{}).Where("stars > ?", 2).Count(&n).Error; err != nil {
		return err
	}
	var page []htReviewModel
	return db.Where("stars > ?", 2).Order("day DESC").Limit(10).Find(&page).Error
}

func htBunPage(ctx context.Context, e *Env) error {
	var page []htBookingModel
	n, err := e.Bun().NewSelect().Model(&page).Where("state = ?", "open").Order("ref").Limit(5).ScanAndCount(ctx)
	if err == nil && int(n) < len(page) {
		err = errors.New("a wrong number")
	}
	return err
}

var errAgain = errors.New("again")

func htTxAgain(ctx context.Context, e *Env) error {
	for try := range 3 {
		err := whOpen(e).atomically(ctx, nil, func(s whStore) error {
			if htRoomState(ctx, s, 12) != "free" {
				return errors.New("409")
			}
			tiExec(ctx, s, "INSERT INTO bookings (ref, guest_id, room_id, state) VALUES ('B-T', ?, ?, 'open')", 3, 12)
			tiExec(ctx, s, "UPDATE rooms SET state = 'booked' WHERE id = ?", 12)
			if try < 2 {
				return errAgain // the database could not serialize it
			}
			return nil
		})
		if !errors.Is(err, errAgain) {
			return err
		}
	}
	return errAgain
}

func htLockPolled(ctx context.Context, e *Env) error {
	elsewhere := htElsewhere()
	other, err := e.DB.Conn(elsewhere)
	if err != nil {
		return err
	}
	defer other.Close() //nolint:errcheck // the case is over
	drain(other.QueryContext(elsewhere, "SELECT pg_advisory_lock(771)"))
	conn, err := e.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the case is over
	for try := range 9 {
		if try == 7 {
			drain(other.QueryContext(elsewhere, "SELECT pg_advisory_unlock(771)"))
		}
		var given bool
		if one(conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock(771)"), &given); given {
			return nil
		}
	}
	return errors.New("408")
}

func htRowValuePages(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for day, id := int64(0), int64(0); ; {
		page := pairs(s.db.QueryContext(ctx, s.q("SELECT day, id FROM reviews WHERE stars > 1 AND (day, id) > (?, ?) ORDER BY day, id LIMIT 5"), day, id))
		if len(page) < 5 {
			return nil
		}
		day, id = page[4][0], page[4][1]
	}
}

func htCursor(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		done(s.db.ExecContext(ctx, "DECLARE stays CURSOR FOR SELECT id, ref FROM bookings ORDER BY from_day"))
		for {
			if drain(s.db.QueryContext(ctx, "FETCH 8 FROM stays")) < 8 {
				return nil
			}
		}
	})
}

func htProgress(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for last := int64(0); ; {
		page := pmIDs(ctx, s, "SELECT id FROM bookings WHERE id > ? ORDER BY id LIMIT 6", last)
		if len(page) == 0 {
			return nil
		}
		last = page[len(page)-1]
		tiExec(ctx, s, "UPDATE jobs SET payload = ? WHERE id = 3", fmt.Sprint("up to ", last))
	}
}

func htBunUpserts(ctx context.Context, e *Env) error {
	for batch := range 5 {
		var list []htAccountModel
		for i := range 6 {
			list = append(list, htAccountModel{GuestID: int64(batch*6+i) + 3, Balance: int64(100 * i), State: "active"})
		}
		if _, err := e.Bun().NewInsert().Model(&list).On("CONFLICT (guest_id) DO UPDATE").Set("balance = EXCLUDED.balance").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func htFiveLogs(ctx context.Context, e *Env) error {
	s := whOpen(e)
	a := htAudit{s}
	a.log(ctx, "opens the plan")
	state := htRoomState(ctx, s, 9)
	a.log(ctx, "sees "+state)
	if state == "free" {
		a.log(ctx, "takes the room")
		tiExec(ctx, s, "UPDATE rooms SET state = 'booked' WHERE id = ?", 9)
	}
	a.log(ctx, "prints the card")
	a.log(ctx, "closes the plan")
	return nil
}

func htZone(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		day := func() (day string) {
			one(s.db.QueryRowContext(ctx, s.q("SELECT CAST(CAST(at AS DATE) AS TEXT) FROM stays WHERE id = ?"), 1), &day)
			return day
		}
		done(s.db.ExecContext(ctx, "SET LOCAL TIME ZONE 'UTC'"))
		first := day()
		done(s.db.ExecContext(ctx, "SET LOCAL TIME ZONE 'Asia/Tokyo'"))
		if first == day() {
			return errors.New("one day")
		}
		return nil
	})
}

func htPicks(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, kind := range []string{"suite", "family"} {
		done(s.db.ExecContext(ctx, "DELETE FROM picks"))
		done(s.db.ExecContext(ctx, s.q("INSERT INTO picks (room_id) SELECT id FROM rooms WHERE kind = ?"), kind))
		drain(s.db.QueryContext(ctx, "SELECT r.number FROM rooms r JOIN picks p ON p.room_id = r.id ORDER BY r.price"))
	}
	return nil
}

func htPreparedTwice(ctx context.Context, e *Env) error {
	stmt, err := e.DB.PrepareContext(ctx, e.Q("SELECT name FROM guests WHERE id = ?"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	var host, guest string
	return errors.Join(stmt.QueryRowContext(ctx, 5).Scan(&host), stmt.QueryRowContext(ctx, 12).Scan(&guest))
}

func htGormFirstOrCreate(ctx context.Context, e *Env) error {
	var a htAmenityModel
	return e.GORM().WithContext(ctx).Where("name = ?", "sauna").Attrs(htAmenityModel{Name: "sauna"}).FirstOrCreate(&a).Error
}

func htListsByKind(ctx context.Context, e *Env) error {
	s := whOpen(e)
	keys := map[string][]int64{}
	for _, b := range (htBookings{s}).Where(ctx, "state <> ? ORDER BY id", "left") {
		keys["SELECT name FROM guests WHERE id IN"] = append(keys["SELECT name FROM guests WHERE id IN"], b.guest)
		keys["SELECT number FROM rooms WHERE id IN"] = append(keys["SELECT number FROM rooms WHERE id IN"], b.room)
		keys["SELECT number FROM invoices WHERE booking_id IN"] = append(keys["SELECT number FROM invoices WHERE booking_id IN"], b.id)
	}
	for query, ids := range keys {
		slices.Sort(ids)
		ids = slices.Compact(ids)
		drain(s.db.QueryContext(ctx, s.q(query+" ("+whMarks(len(ids))+")"), whArgs(ids)...))
	}
	return nil
}
