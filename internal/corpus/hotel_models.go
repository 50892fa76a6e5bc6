package corpus

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
	"gorm.io/gorm"
)

// htModelCases are loops of GORM, bun and sqlx, and their repairs.
func htModelCases() []Case {
	return []Case{
		{Name: "hotel/gorm-take-room", About: "GORM: Take with a condition for each task", Setup: htOf("tasks rooms"), Run: htGormTake, Want: pmN("htGormTake", "rooms", "tasks")},
		{Name: "hotel/gorm-hook", About: "GORM: BeforeCreate reads the guest of each booking of a slice; the slice is one INSERT", Setup: htOf("bookings guests"), Run: htGormHook, Want: pmN("BeforeCreate", "guests", none)},
		{Name: "hotel/gorm-association-append", About: "GORM: Append for each room: a link at a time", Setup: htOf("rooms room_amenities amenities"), Run: htGormAppend, Want: pmW("htGormAppend", "room_amenities", "rooms")},
		{Name: "hotel/gorm-save-with-relation", Values: true, About: "GORM: Save of each booking writes its guest again, too: one loop", Setup: htOf("bookings guests"), Run: htGormSave, Want: []Want{{Kind: "write-loop", Func: "htGormSave", Parent: "bookings"}}},
		{Name: "hotel/gorm-update-column", About: "GORM: UpdateColumn for each room of a list", Setup: htOf("rooms"), Run: htGormUpdates, Want: pmW("htGormUpdates", "rooms", "rooms")},
		{Name: "hotel/gorm-scope", About: "GORM: a scope narrows the reviews of each hotel", Setup: htOf("hotels reviews"), Run: htGormScope, Want: pmN("htGormScope", "reviews", "hotels")},
		{Name: "hotel/bun-count-each", About: "bun: Count for each guest, keys in the text", Setup: htOf("guests bookings"), Run: htBunCount, Want: pmN("htBunCount", "bookings", "guests")},
		{Name: "hotel/bun-delete-each", About: "bun: a Delete by its key for each", Setup: htOf("tasks"), Run: htBunDelete, Want: pmW("htBunDelete", "tasks", "tasks")},
		{Name: "hotel/sqlx-named-each", About: "sqlx: NamedExec for each struct of a form", Setup: htOf("tasks"), Run: htSqlxNamed, Want: pmW("htSqlxNamed", "tasks", none)},
		{Name: "hotel/sqlx-get-each", About: "sqlx: Get of the guest of each invoice", Setup: htOf("invoices guests"), Run: htSqlxGet, Want: pmN("htSqlxGet", "guests", "invoices")},
		{Name: "hotel/gorm-preload-nested", About: "GORM: Preload with a condition, and a nested one", Setup: htOf("hotels rooms reviews room_amenities amenities"), Run: htGormPreload},
		{Name: "hotel/gorm-guest-and-payer", About: "GORM: two relations of one table, with the same row in both", Setup: append(htOf("bookings guests"), "UPDATE bookings SET payer_id = guest_id"), Run: htGormPayer},
		{Name: "hotel/gorm-create-in-batches", About: "GORM: CreateInBatches sends five INSERTs of eight rows", Setup: htOf("tasks"), Run: htGormInBatches},
		{Name: "hotel/gorm-find-in-batches", About: "GORM: FindInBatches, and one UPDATE with a list for each batch", Setup: htOf("tasks"), Run: htGormFindInBatches},
		{Name: "hotel/bun-relations-of-two", About: "bun: two has-many relations of a list", Setup: htOf("hotels rooms reviews"), Run: htBunRelations},
		{Name: "hotel/bun-bulk-with-nulls", About: "bun: six INSERTs of four rows from one line, some notes of which are NULL", Setup: htOf("rooms"), Run: htBunBulk},
		{Name: "hotel/sqlx-named-slice", About: "sqlx: NamedExec with a slice is one INSERT", Setup: htOf("tasks"), Run: htSqlxSlice},
		{Name: "hotel/sqlx-in-chunks", About: "sqlx.In with chunks of five keys", Setup: htOf("bookings guests"), Run: htSqlxChunks},
	}
}

func htGormTake(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var tasks []htTaskModel
	if err := db.Where("state = ? AND minutes > ?", "new", 22).Order("day").Find(&tasks).Error; err != nil {
		return err
	}
	for _, t := range tasks {
		var room htRoomModel
		if err := db.Where("id = ?", t.RoomID).Take(&room).Error; err != nil {
			return err
		}
	}
	return nil
}

type htHooked struct {
	ID      int64
	Ref     string
	GuestID int64
	Total   int64
}

func (htHooked) TableName() string { return "bookings" }

// BeforeCreate gives a discount to those with points.
func (b *htHooked) BeforeCreate(tx *gorm.DB) error {
	var points int64
	err := tx.Session(&gorm.Session{NewDB: true}).Table("guests").Select("points").Where("id = ?", b.GuestID).Scan(&points).Error
	b.Total -= points
	return err
}

func htGormHook(ctx context.Context, e *Env) error {
	var list []*htHooked
	for i, guest := range []int64{17, 3, 28, 9, 12, 21} { // of the form
		list = append(list, &htHooked{Ref: fmt.Sprint("G", i), GuestID: guest, Total: 9000})
	}
	return e.GORM().WithContext(ctx).Create(&list).Error
}

func htGormAppend(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var rooms []htRoomModel
	if err := db.Where("kind = ?", "suite").Order("number").Find(&rooms).Error; err != nil {
		return err
	}
	for i := range rooms {
		if err := db.Omit("Amenities.*").Model(&rooms[i]).Association("Amenities").Append(&htAmenityModel{ID: 77}); err != nil {
			return err
		}
	}
	return nil
}

func htGormSave(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var list []htBookingModel
	if err := db.Preload("Guest").Where("state = ?", "arrived").Order("ref").Find(&list).Error; err != nil {
		return err
	}
	for i := range list {
		list[i].Total += 150
		if err := db.Save(&list[i]).Error; err != nil {
			return err
		}
	}
	return nil
}

func htGormUpdates(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var rooms []htRoomModel
	if err := db.Where("hotel_id IN ?", []int64{2, 8}).Order("price").Find(&rooms).Error; err != nil {
		return err
	}
	for i, r := range rooms {
		if err := db.Model(&htRoomModel{}).Where("id = ?", r.ID).UpdateColumn("price", r.Price+int64(i)*100).Error; err != nil {
			return err
		}
	}
	return nil
}

func htBad(db *gorm.DB) *gorm.DB { return db.Where("stars < ?", 3).Order("day DESC") }

func htGormScope(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var hotels []htHotelModel
	if err := db.Order("city, name").Find(&hotels).Error; err != nil {
		return err
	}
	for i := range hotels {
		if err := db.Scopes(htBad).Where("hotel_id = ?", hotels[i].ID).Find(&hotels[i].Reviews).Error; err != nil {
			return err
		}
	}
	return nil
}

func htBunCount(ctx context.Context, e *Env) error {
	db := e.Bun()
	var guests []htGuestModel
	if err := db.NewSelect().Model(&guests).Where("points >= ?", 260).Order("email").Scan(ctx); err != nil {
		return err
	}
	for _, g := range guests {
		n, err := db.NewSelect().Model((*htBookingModel)(nil)).Where("guest_id = ?", g.ID).Count(ctx)
		if err != nil || n > 20 {
			return errors.Join(err, errors.New("too many"))
		}
	}
	return nil
}

func htBunDelete(ctx context.Context, e *Env) error {
	db := e.Bun()
	var tasks []htTaskModel
	if err := db.NewSelect().Model(&tasks).Where("day = ?", 801).Order("minutes").Scan(ctx); err != nil {
		return err
	}
	for i := range tasks {
		if _, err := db.NewDelete().Model(&tasks[i]).WherePK().Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func htNewTasks(n int) (out []htTaskModel) {
	for i := range n {
		out = append(out, htTaskModel{RoomID: int64(i*7%48) + 1, MaidID: int64(i%5) + 2, Day: 810, State: "new"})
	}
	return out
}

func htSqlxNamed(ctx context.Context, e *Env) error {
	for _, t := range htNewTasks(7) {
		if _, err := e.SQLX().NamedExecContext(ctx, "INSERT INTO tasks (room_id, maid_id, day, state) VALUES (:room_id, :maid_id, :day, :state)", t); err != nil {
			return err
		}
	}
	return nil
}

func htSqlxGet(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var list []struct {
		Number string
		Guest  int64 `db:"guest_id"`
	}
	if err := db.SelectContext(ctx, &list, db.Rebind("SELECT number, guest_id FROM invoices WHERE amount > ? ORDER BY amount DESC"), 16000); err != nil {
		return err
	}
	for _, v := range list {
		var email string
		if err := db.GetContext(ctx, &email, db.Rebind("SELECT email FROM guests WHERE id = ?"), v.Guest); err != nil {
			return fmt.Errorf("%s: %w", v.Number, err)
		}
	}
	return nil
}

func htGormPreload(ctx context.Context, e *Env) error {
	var hotels []htHotelModel
	return e.GORM().WithContext(ctx).Preload("Rooms", "state = ?", "free").Preload("Rooms.Amenities").Preload("Reviews").Find(&hotels).Error
}

func htGormPayer(ctx context.Context, e *Env) error {
	var b htBookingModel
	return e.GORM().WithContext(ctx).Preload("Guest").Preload("Payer").Take(&b, 12).Error
}

func htGormInBatches(ctx context.Context, e *Env) error {
	tasks := htNewTasks(40)
	return e.GORM().WithContext(ctx).CreateInBatches(&tasks, 8).Error
}

func htGormFindInBatches(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var page []htTaskModel
	return db.Where("day < ?", 803).FindInBatches(&page, 6, func(*gorm.DB, int) error {
		var ids []int64
		for _, t := range page {
			ids = append(ids, t.ID)
		}
		return db.Model(&htTaskModel{}).Where("id IN ?", ids).Update("state", "planned").Error
	}).Error
}

func htBunRelations(ctx context.Context, e *Env) error {
	var hotels []htHotelModel
	return e.Bun().NewSelect().Model(&hotels).Relation("Rooms", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("state = ?", "free")
	}).Relation("Reviews").Scan(ctx)
}

func htBunBulk(ctx context.Context, e *Env) error {
	sea := "sea"
	for chunk := range 6 {
		rooms := make([]htRoomModel, 4)
		for i := range rooms {
			rooms[i] = htRoomModel{HotelID: int64(chunk) + 1, Number: fmt.Sprintf("N%d%d", chunk, i), Kind: "double", Price: int64(i) * 9100, State: "new"}
			if (chunk+i)%3 == 0 {
				rooms[i].Note = &sea
			}
		}
		if _, err := e.Bun().NewInsert().Model(&rooms).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func htSqlxSlice(ctx context.Context, e *Env) error {
	_, err := e.SQLX().NamedExecContext(ctx, "INSERT INTO tasks (room_id, maid_id, day, state) VALUES (:room_id, :maid_id, :day, :state)", htNewTasks(30))
	return err
}

func htSqlxChunks(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var ids []int64
	if err := db.SelectContext(ctx, &ids, "SELECT DISTINCT guest_id FROM bookings WHERE total > 21000 ORDER BY guest_id"); err != nil {
		return err
	}
	for len(ids) > 0 {
		n := min(5, len(ids))
		query, args, err := sqlx.In("SELECT id, email FROM guests WHERE id IN (?)", ids[:n])
		if err != nil {
			return err
		}
		drain(db.QueryContext(ctx, db.Rebind(query), args...))
		ids = ids[n:]
	}
	return nil
}
