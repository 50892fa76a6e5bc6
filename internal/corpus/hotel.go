package corpus

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/querybudget/querybudget/budget"
)

// The cases of a chain of hotels: rooms and rates, guests and bookings, invoices, housekeeping,
// loyalty points, reviews and regions.

// htHotel are its cases. SQLite is the server's database in all of them; hints are off but in their own cases.
func htHotel() []Case {
	all := slices.Concat(
		htReadCases(), htHiddenCases(), htTreeCases(), htAdviceCases(), htModelCases(), htWriteCases(), htDuplicateCases(),
		htQuietReadCases(), htQuietWriteCases(), htQuietAgainCases(), htQuietMoreCases(), htSecondCases(), htSecondQuietCases(), htThirdCases(),
	)
	for i := range all {
		all[i].Hints = NoHints
	}
	all = append(all, htHintCases()...)
	for i := range all {
		all[i].SQLite = frServer
	}
	return all
}

var (
	htPg      = []string{"postgres"}
	htServers = []string{"postgres", "mysql"}
	htNoMySQL = []string{"sqlite", "postgres"}
)

var htTables = map[string]tableOfRows{
	"hotels": {"id {auto}, code VARCHAR(10), name VARCHAR(30), city VARCHAR(20), region_id BIGINT, manager_id BIGINT, stars BIGINT, views BIGINT, rooms_n BIGINT", "UNIQUE (code)", 12, func(i int) string {
		return fmt.Sprintf("'HX%d', 'hotel %c', 'city %d', %d, %d, %d, 0, 4", 40+i*3, 'z'-rune(i*5%12), i%4, i%7+8, i%5+3, i%3+3)
	}},
	"rooms": {"id {auto}, hotel_id BIGINT, number VARCHAR(6), floor BIGINT, kind VARCHAR(10), beds BIGINT, smoking BOOLEAN, price BIGINT, state VARCHAR(10), note VARCHAR(40)", "UNIQUE (hotel_id, number)", 48, func(i int) string {
		return fmt.Sprintf("%d, '%d%02d', %d, '%s', %d, %t, %d, 'free', NULL", (i*5)%12+1, i%6+1, i, i%6+1, []string{"single", "double", "suite", "family"}[i/3%4], i%4+1, i%2 == 0, 8000+(i*37)%50*100)
	}},
	"guests": {"id {auto}, name VARCHAR(30), email VARCHAR(40), country VARCHAR(2), points BIGINT, tier VARCHAR(10), agency_id BIGINT, merged_into BIGINT, deleted_at BIGINT", "", 30, func(i int) string {
		return fmt.Sprintf("'guest %d', 'g%d@example.org', '%s', %d, 'basic', %d, %s, 0", i, i*13, []string{"pt", "no", "jp"}[i%3], i*20, i%4+1, slNull([]int{0, i + 3}[i%3%2]))
	}},
	"bookings": {"id {auto}, ref VARCHAR(12), guest_id BIGINT, payer_id BIGINT, room_id BIGINT, from_day BIGINT, to_day BIGINT, state VARCHAR(10), total BIGINT, paid BIGINT, version BIGINT", "UNIQUE (ref)", 40, func(i int) string {
		return fmt.Sprintf("'B%04d', %d, %d, %d, %d, %d, '%s', %d, 0, 1", i*271%9973, (i*7)%30+1, (i*11)%30+1, (i*13)%48+1, 700+i*3, 702+i*3+i%4, []string{"open", "arrived", "left"}[i%3], 20000+i*310)
	}},
	"rates": {"kind VARCHAR(10), season VARCHAR(10), price BIGINT", "PRIMARY KEY (kind, season)", 12, func(i int) string {
		return fmt.Sprintf("'%s', 'season-%d', %d", []string{"single", "double", "suite", "family"}[i%4], i%3, 7000+i*450)
	}},
	"invoices": {"id {auto}, number VARCHAR(12), booking_id BIGINT, guest_id BIGINT, amount BIGINT, state VARCHAR(10), due_at BIGINT, reminded BIGINT", "UNIQUE (number)", 24, func(i int) string {
		return fmt.Sprintf("'R-%d', %d, %d, %d, '%s', %d, 0", 5000+i*17, (i*3)%40+1, (i*7)%30+1, 15000+i*210, []string{"due", "paid"}[i%2], 720+i*2)
	}},
	"invoice_lines": {"id {auto}, invoice_id BIGINT, label VARCHAR(30), amount BIGINT", "", 60, func(i int) string {
		return fmt.Sprintf("%d, 'night %d', %d", (i*5)%24+1, i, 4000+i*11)
	}},
	"tasks": {"id {auto}, room_id BIGINT, maid_id BIGINT, day BIGINT, state VARCHAR(10), minutes BIGINT", "", 36, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'new', %d", (i*7)%48+1, i%5+2, 800+i%4, 15+i%30)
	}},
	"staff": {"id {auto}, hotel_id BIGINT, boss_id BIGINT, name VARCHAR(30), role VARCHAR(10)", "", 15, func(i int) string {
		return fmt.Sprintf("%d, %d, 'clerk %d', 'desk'", i%12+1, i-1, i)
	}},
	"points": {"id {auto}, guest_id BIGINT, amount BIGINT, reason VARCHAR(30)", "", 45, func(i int) string {
		return fmt.Sprintf("%d, %d, 'stay'", (i*11)%30+1, 50+i)
	}},
	"accounts":  {"guest_id BIGINT PRIMARY KEY, balance BIGINT, state VARCHAR(10), version BIGINT", "", 20, func(i int) string { return fmt.Sprintf("%d, %d, 'active', 1", i, 30000+i*70) }},
	"amenities": {"id {auto}, name VARCHAR(20)", "", 8, func(i int) string { return fmt.Sprintf("'amenity %d'", i) }},
	"room_amenities": {"room_id BIGINT, amenity_id BIGINT", "PRIMARY KEY (room_id, amenity_id)", 96, func(i int) string {
		return rowOf((i-1)/2+1, (i*3)%4*2+i%2+1)
	}},
	"reviews": {"id {auto}, hotel_id BIGINT, guest_id BIGINT, stars BIGINT, body VARCHAR(40), day BIGINT", "", 36, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'body %d', %d", (i*7)%12+1, (i*11)%30+1, i%5+1, i, 600+i)
	}},
	"regions":  {"id {auto}, parent_id BIGINT, name VARCHAR(20)", "", 15, func(i int) string { return fmt.Sprintf("%d, 'region %d'", i/2, i) }},
	"agencies": {"id {auto}, name VARCHAR(20), share BIGINT", "", 4, func(i int) string { return fmt.Sprintf("'agency %d', %d", i, 4+i) }},
	"photos": {"id {auto}, hotel_id BIGINT, url VARCHAR(40), place BIGINT", "", 24, func(i int) string {
		return fmt.Sprintf("%d, 'p/%d.jpg', %d", (i*5)%12+1, i*77, i)
	}},
	"currencies":       {"code VARCHAR(3) PRIMARY KEY, rate BIGINT", "", 5, func(i int) string { return fmt.Sprintf("'C%02d', %d", i*7, 90+i) }},
	"users":            {"id {auto}, login VARCHAR(20), role VARCHAR(10), hotel_id BIGINT", "UNIQUE (login)", 6, func(i int) string { return fmt.Sprintf("'desk%d', 'desk', %d", i*31, (i*5)%12+1) }},
	"sessions":         {"token VARCHAR(20) PRIMARY KEY, user_id BIGINT, expires BIGINT", "", 5, func(i int) string { return fmt.Sprintf("'tok-%d', %d, %d", i*991, i+1, 99000) }},
	"settings":         {"name VARCHAR(30) PRIMARY KEY, value VARCHAR(40)", "", 8, func(i int) string { return fmt.Sprintf("'set-%d', '%d'", i, i*5) }},
	"jobs":             {"id {auto}, kind VARCHAR(20), payload VARCHAR(40), state VARCHAR(10), attempts BIGINT", "", 8, func(i int) string { return fmt.Sprintf("'mail', 'guest %d', 'new', 0", i*2) }},
	"events":           {"id {auto}, guest_id BIGINT, kind VARCHAR(20), day BIGINT", "", 30, func(i int) string { return fmt.Sprintf("%d, 'door', %d", (i*17)%30+1, 500+i) }},
	"outbox":           {"id {auto}, topic VARCHAR(20), payload VARCHAR(60), state VARCHAR(10)", "", 0, nil},
	"audit":            {"id {auto}, actor VARCHAR(20), action VARCHAR(60)", "", 0, nil},
	"guest_migrations": {"id {auto}, guest_id BIGINT, from_hotel BIGINT, to_hotel BIGINT", "", 0, nil},
}

func htOf(names string) []string { return tablesOf(htTables, names) }

// htElsewhere is the context of another request, or of another process.
func htElsewhere() context.Context {
	ctx, _ := budget.NewContext(context.Background())
	return ctx
}

// htFor reads ids, and runs a query with each of them.
//
//go:noinline
func htFor(list, query string, after ...any) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		s := whOpen(e)
		for _, id := range pmIDs(ctx, s, list) {
			drain(s.db.QueryContext(ctx, s.q(query), append([]any{id}, after...)...))
		}
		return nil
	}
}

type htBooking struct {
	id, guest, payer, room, from, to, total int64
	ref, state                              string
}

// htBookings is the repository of bookings.
type htBookings struct{ whStore }

// Where are the bookings of a condition.
func (b htBookings) Where(ctx context.Context, where string, args ...any) []htBooking {
	return whScan[htBooking](b.db.QueryContext(ctx, b.q("SELECT id, guest_id, payer_id, room_id, from_day, to_day, total, ref, state FROM bookings WHERE "+where), args...))(func(v *htBooking) []any {
		return []any{&v.id, &v.guest, &v.payer, &v.room, &v.from, &v.to, &v.total, &v.ref, &v.state}
	})
}

// htGuests is the repository of guests.
type htGuests struct{ whStore }

// Name is the name of a guest.
func (g htGuests) Name(ctx context.Context, id int64) (name string) {
	one(g.db.QueryRowContext(ctx, g.q("SELECT name FROM guests WHERE id = ?"), id), &name)
	return name
}

// Email is the address of a guest.
func (g htGuests) Email(ctx context.Context, id int64) (email string) {
	one(g.db.QueryRowContext(ctx, g.q("SELECT email FROM guests WHERE id = ?"), id), &email)
	return email
}

// htRooms is the repository of rooms.
type htRooms struct{ whStore }

// Number is the number of a room.
func (r htRooms) Number(ctx context.Context, id int64) (number string) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT number FROM rooms WHERE id = ?"), id), &number)
	return number
}

type (
	htHotelModel struct {
		bun.BaseModel `bun:"table:hotels" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		Code          string
		Name          string
		City          string
		Stars         int64
		Rooms         []htRoomModel   `bun:"rel:has-many,join:id=hotel_id" gorm:"foreignKey:HotelID" db:"-"`
		Reviews       []htReviewModel `bun:"rel:has-many,join:id=hotel_id" gorm:"foreignKey:HotelID" db:"-"`
	}
	htRoomModel struct {
		bun.BaseModel `bun:"table:rooms" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		HotelID       int64 `db:"hotel_id"`
		Number        string
		Kind          string
		Price         int64
		State         string
		Note          *string
		Hotel         *htHotelModel    `bun:"rel:belongs-to,join:hotel_id=id" gorm:"foreignKey:HotelID" db:"-"`
		Amenities     []htAmenityModel `bun:"-" gorm:"many2many:room_amenities;joinForeignKey:RoomID;joinReferences:AmenityID" db:"-"`
	}
	htAmenityModel struct {
		ID   int64
		Name string
	}
	htReviewModel struct {
		bun.BaseModel `bun:"table:reviews" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		HotelID       int64 `db:"hotel_id"`
		GuestID       int64 `db:"guest_id"`
		Stars         int64
		Body          string
	}
	htGuestModel struct {
		bun.BaseModel `bun:"table:guests" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		Name          string
		Email         string
		Points        int64
		Bookings      []htBookingModel `bun:"rel:has-many,join:id=guest_id" gorm:"foreignKey:GuestID" db:"-"`
	}
	htBookingModel struct {
		bun.BaseModel `bun:"table:bookings" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		Ref           string
		GuestID       int64 `db:"guest_id"`
		PayerID       int64 `db:"payer_id"`
		RoomID        int64 `db:"room_id"`
		State         string
		Total         int64
		Guest         *htGuestModel `bun:"rel:belongs-to,join:guest_id=id" gorm:"foreignKey:GuestID" db:"-"`
		Payer         *htGuestModel `bun:"rel:belongs-to,join:payer_id=id" gorm:"foreignKey:PayerID" db:"-"`
	}
	htTaskModel struct {
		bun.BaseModel `bun:"table:tasks" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		RoomID        int64 `db:"room_id"`
		MaidID        int64 `db:"maid_id"`
		Day           int64
		State         string
	}
	htAccountModel struct {
		bun.BaseModel `bun:"table:accounts" gorm:"-"`
		GuestID       int64 `bun:"guest_id,pk" gorm:"primaryKey;autoIncrement:false" db:"guest_id"`
		Balance       int64
		State         string
	}
)

func (htHotelModel) TableName() string   { return "hotels" }
func (htRoomModel) TableName() string    { return "rooms" }
func (htAmenityModel) TableName() string { return "amenities" }
func (htReviewModel) TableName() string  { return "reviews" }
func (htGuestModel) TableName() string   { return "guests" }
func (htBookingModel) TableName() string { return "bookings" }
func (htTaskModel) TableName() string    { return "tasks" }
func (htAccountModel) TableName() string { return "accounts" }
