package corpus

import (
	"context"
	"errors"
	"strings"
)

// htSecondQuietCases lie beside those.
func htSecondQuietCases() []Case {
	return []Case{
		{Name: "hotel/second-set-local", Systems: htPg, About: "SET LOCAL of the tenant between two equal reads", Setup: htOf("rooms"), Run: htSetLocal},
		{Name: "hotel/second-uuids", Systems: htServers, About: "two new UUIDs of the database", Run: htUUIDs},
		{Name: "hotel/second-last-id", Systems: []string{"mysql"}, About: "LAST_INSERT_ID() after each of two INSERTs", Setup: htOf("points reviews"), Run: htLastID},
		{Name: "hotel/second-currval", Systems: htPg, About: "currval after each of two INSERTs", Setup: htOf("points"), Run: htCurrval},
		{Name: "hotel/second-gorm-reload", About: "GORM: First, Save, and First again", Setup: htOf("tasks"), Run: htGormReload},
		{Name: "hotel/second-states-of-one", About: "the state of one booking is set on five lines by one function, with other work between", Setup: htOf("bookings rooms outbox"), Run: htStates},
		{Name: "hotel/second-padded-lists", About: "lists of four keys, of which the last is filled up with its last key", Setup: htOf("guests points"), Run: htPadded},
		{Name: "hotel/second-update-by-case", About: "UPDATE with CASE and a list of keys, five times", Setup: htOf("rooms"), Run: htCase},
		{Name: "hotel/second-each-of-two-lists", About: "one helper walks over two lists of three, of two lines", Setup: htOf("rooms"), Run: htEachOfTwo},
		{Name: "hotel/second-gorm-joins", About: "GORM: Joins of the hotel, and Pluck of the keys", Setup: htOf("rooms hotels tasks"), Run: htGormJoins},
		{Name: "hotel/second-three-kinds", About: "a loop over three constants", Setup: htOf("rooms"), Run: htThreeKinds},
		{Name: "hotel/second-exists-of-others", About: "EXISTS about one table, and the row of another with the same key", Setup: htOf("bookings guests"), Run: htSequence("SELECT EXISTS(SELECT 1 FROM bookings WHERE guest_id = ?)", 9, ";", "SELECT name FROM guests WHERE id = ?", 9)},
		{Name: "hotel/second-count-and-sum", About: "two numbers of two conditions", Setup: htOf("bookings"), Run: htSequence("SELECT count(*) FROM bookings WHERE guest_id = ?", 9, ";", "SELECT ref FROM bookings WHERE guest_id = ? AND state = 'open' ORDER BY from_day LIMIT 5", 9)},
	}
}

func htSetLocal(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		free := func() int {
			return drain(s.db.QueryContext(ctx, "SELECT number FROM rooms WHERE state = 'free' AND price < $1", 9900))
		}
		done(s.db.ExecContext(ctx, "SET LOCAL app.hotel = '4'"))
		n := free()
		done(s.db.ExecContext(ctx, "SET LOCAL app.hotel = '9'"))
		if n+free() == 0 {
			return errors.New("nothing is free")
		}
		return nil
	})
}

func htUUIDs(ctx context.Context, e *Env) error {
	text := map[string]string{"postgres": "SELECT CAST(gen_random_uuid() AS TEXT)", "mysql": "SELECT UUID()"}[e.System]
	var a, b string
	one(e.DB.QueryRowContext(ctx, text), &a)
	one(e.DB.QueryRowContext(ctx, text), &b)
	if a == b {
		return errors.New("one UUID")
	}
	return nil
}

func htLastID(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		last := func() (id int64) {
			one(s.db.QueryRowContext(ctx, "SELECT LAST_INSERT_ID()"), &id)
			return id
		}
		tiExec(ctx, s, "INSERT INTO points (guest_id, amount) VALUES (?, 5)", 3)
		a := last()
		tiExec(ctx, s, "INSERT INTO reviews (hotel_id, stars) VALUES (?, 5)", 3)
		if a == last() {
			return errors.New("one id")
		}
		return nil
	})
}

func htCurrval(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		last := func() (id int64) {
			one(s.db.QueryRowContext(ctx, "SELECT currval('points_id_seq')"), &id)
			return id
		}
		tiExec(ctx, s, "INSERT INTO points (guest_id, amount) VALUES (?, 5)", 3)
		a := last()
		tiExec(ctx, s, "INSERT INTO points (guest_id, amount) VALUES (?, 6)", 4)
		if a == last() {
			return errors.New("one id")
		}
		return nil
	})
}

func htGormReload(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var t htTaskModel
	if err := db.First(&t, 9).Error; err != nil {
		return err
	}
	t.State = "done"
	if err := db.Save(&t).Error; err != nil {
		return err
	}
	var again htTaskModel
	return db.First(&again, 9).Error
}

func (b htBookings) set(ctx context.Context, id int64, state string) {
	done(b.db.ExecContext(ctx, b.q("UPDATE bookings SET state = ? WHERE id = ?"), state, id))
}

func htStates(ctx context.Context, e *Env) error {
	s := whOpen(e)
	b := htBookings{s}
	b.set(ctx, 14, "checking")
	if htRoomState(ctx, s, 30) != "free" {
		return errors.New("409")
	}
	b.set(ctx, 14, "paying")
	tiExec(ctx, s, "INSERT INTO outbox (topic, payload, state) VALUES ('pay', '14', 'new')")
	b.set(ctx, 14, "paid")
	tiExec(ctx, s, "UPDATE rooms SET state = 'booked' WHERE id = ?", 30)
	b.set(ctx, 14, "printing")
	b.set(ctx, 14, "arrived")
	return nil
}

func htPadded(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := pmIDs(ctx, s, "SELECT id FROM guests WHERE points > 120 ORDER BY email")
	for from := 0; from < len(ids); from += 4 {
		list := make([]int64, 4)
		for i := range list {
			list[i] = ids[min(from+i, len(ids)-1)]
		}
		drain(s.db.QueryContext(ctx, s.q("SELECT guest_id, amount FROM points WHERE guest_id IN (?, ?, ?, ?)"), whArgs(list)...))
	}
	return nil
}

func htCase(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for batch := range int64(5) {
		var args []any
		for i := range int64(4) {
			args = append(args, batch*4+i+1, 7000+100*i)
		}
		for i := range int64(4) {
			args = append(args, batch*4+i+1)
		}
		text := "UPDATE rooms SET price = CASE id" + strings.Repeat(" WHEN ? THEN ?", 4) + " END WHERE id IN (" + whMarks(4) + ")"
		if e.System == "postgres" {
			text = strings.ReplaceAll(text, "THEN ?", "THEN CAST(? AS BIGINT)")
		}
		done(s.db.ExecContext(ctx, s.q(text), args...))
	}
	return nil
}

func htEachOf[T any](list []T, do func(T)) {
	for _, v := range list {
		do(v)
	}
}

func htEachOfTwo(ctx context.Context, e *Env) error {
	r := htRooms{whOpen(e)}
	show := func(id int64) { _ = r.Number(ctx, id) }
	htEachOf([]int64{31, 8, 22}, show) // of the form
	htEachOf([]int64{17, 40, 3}, show) // of the form
	return nil
}

func htGormJoins(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var rooms []htRoomModel
	if err := db.Joins("Hotel").Where("rooms.kind = ?", "suite").Find(&rooms).Error; err != nil {
		return err
	}
	var ids []int64
	if err := db.Model(&htRoomModel{}).Where("kind = ?", "family").Pluck("id", &ids).Error; err != nil {
		return err
	}
	return db.Where("room_id IN ?", ids).Find(&[]htTaskModel{}).Error
}

func htThreeKinds(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, kind := range []string{"single", "double", "suite"} {
		drain(s.db.QueryContext(ctx, s.q("SELECT id, price FROM rooms WHERE kind = ? AND state = 'free'"), kind))
	}
	return nil
}
