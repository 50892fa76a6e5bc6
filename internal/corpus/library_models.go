package corpus

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// lbModelReadCases are the loops of reads of GORM, bun and sqlx.
func lbModelReadCases() []Case {
	return []Case{
		{Name: "library/gorm-first-for-each", About: "GORM: the author of each title by First: Preload", Setup: lbOf("titles authors"), Run: lbGormFirst, Want: lbAt("lbGormFirst", whReads("authors", "titles"))},
		{Name: "library/gorm-association-for-each", About: "GORM: Association for each title: Preload", Setup: lbOf("titles copies"), Run: lbGormAssociation, Want: lbAt("lbGormAssociation", whReads("copies", "titles"))},
		{Name: "library/gorm-count-in-a-method", About: "GORM: a method of the model counts, the list calls it", Setup: lbOf("events event_bookings"), Run: lbGormCount, Want: lbAt("guests", whReads("event_bookings", "events"))},
		{Name: "library/bun-reader-of-each-hold", About: "bun: the reader of each reservation: Relation", Setup: lbOf("reservations readers"), Run: lbBunReader, Want: lbAt("lbBunReader", whReads("readers", "reservations"))},
		{Name: "library/bun-count-of-each-title", About: "bun: Count for each title: GROUP BY", Setup: lbOf("titles reservations"), Run: lbBunCount, Want: lbAt("lbBunCount", whReads("reservations", "titles"))},
		{Name: "library/sqlx-get-for-each", About: "sqlx: Get for each line of a purchase: sqlx.In", Setup: lbOf("purchase_lines titles"), Run: lbSqlxGet, Want: lbAt("lbSqlxGet", whReads("titles", "purchase_lines"))},
		{Name: "library/sqlx-select-in-a-decorator", About: "sqlx: a decorator adds the tags to each title of the page", Setup: lbOf("titles title_tags"), Run: lbSqlxDecorator, Want: lbAt("withTags", whReads("title_tags", "titles"))},
	}
}

func lbGormFirst(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var titles []lbTitle
	if err := g.Where("loans_n > ?", 300).Order("name").Find(&titles).Error; err != nil {
		return err
	}
	for i := range titles {
		var a lbAuthor
		if err := g.First(&a, titles[i].AuthorID).Error; err != nil {
			return err
		}
		titles[i].Author = &a
	}
	return nil
}

func lbGormAssociation(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var titles []lbTitle
	if err := g.Where("publisher_id IN ?", []int{2, 4}).Find(&titles).Error; err != nil {
		return err
	}
	for i := range titles {
		if err := g.Model(&titles[i]).Association("Copies").Find(&titles[i].Copies); err != nil {
			return err
		}
	}
	return nil
}

// guests are the readers who have booked.
func (v *lbEvent) guests(g *gorm.DB) (n int64, err error) {
	err = g.Table("event_bookings").Where("event_id = ? AND state = ?", v.ID, "booked").Count(&n).Error
	return n, err
}

func lbGormCount(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var events []lbEvent
	if err := g.Where("starts_at > ?", 91000).Order("starts_at").Find(&events).Error; err != nil {
		return err
	}
	for i := range events {
		if _, err := events[i].guests(g); err != nil {
			return err
		}
	}
	return nil
}

func lbBunReader(ctx context.Context, e *Env) error {
	db := e.Bun()
	var holds []lbHold
	if err := db.NewSelect().Model(&holds).Where("branch_id <= ?", 3).Order("place").Scan(ctx); err != nil {
		return err
	}
	for _, h := range holds {
		var r lbPatron
		if err := db.NewSelect().Model(&r).Where("id = ?", h.ReaderID).Scan(ctx); err != nil {
			return err
		}
	}
	return nil
}

func lbBunCount(ctx context.Context, e *Env) error {
	db := e.Bun()
	var titles []lbTitle
	if err := db.NewSelect().Model(&titles).Where("author_id > ?", 5).Scan(ctx); err != nil {
		return err
	}
	for _, t := range titles {
		if _, err := db.NewSelect().Model((*lbHold)(nil)).Where("title_id = ?", t.ID).Where("state = ?", "waiting").Count(ctx); err != nil {
			return err
		}
	}
	return nil
}

type lbPurchaseLine struct {
	ID    int64  `db:"id"`
	Isbn  string `db:"isbn"`
	Qty   int64  `db:"qty"`
	Title int64  `db:"title_id"`
}

func lbSqlxGet(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var lines []lbPurchaseLine
	if err := db.SelectContext(ctx, &lines, db.Rebind("SELECT id, isbn, qty, title_id FROM purchase_lines WHERE purchase_id = ? ORDER BY id"), 4); err != nil {
		return err
	}
	for _, l := range lines {
		var name string
		if err := db.GetContext(ctx, &name, db.Rebind("SELECT name FROM titles WHERE id = ?"), l.Title); err != nil {
			return err
		}
	}
	return nil
}

type lbTagged struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
	Tags []string
}

type lbCatalogue struct{ e *Env }

func (c lbCatalogue) page(ctx context.Context) (out []lbTagged, err error) {
	db := c.e.SQLX()
	err = db.SelectContext(ctx, &out, db.Rebind("SELECT id, name FROM titles WHERE deleted_at = ? ORDER BY loans_n DESC LIMIT 10"), 0)
	return out, err
}

func (c lbCatalogue) withTags(ctx context.Context, t lbTagged) (lbTagged, error) {
	db := c.e.SQLX()
	err := db.SelectContext(ctx, &t.Tags, db.Rebind("SELECT tag FROM title_tags WHERE title_id = ? ORDER BY tag"), t.ID)
	return t, err
}

func lbSqlxDecorator(ctx context.Context, e *Env) error {
	c := lbCatalogue{e}
	page, err := c.page(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for i := range page {
		page[i], err = c.withTags(ctx, page[i])
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

type lbBranchCache struct {
	whStore
	byLoan map[int64]int64
}

func (c lbBranchCache) branchOf(ctx context.Context, l lbLoan) int64 {
	branch, is := c.byLoan[l.id]
	if !is {
		one(c.db.QueryRowContext(ctx, c.q("SELECT branch_id FROM copies WHERE id = ?"), l.copy), &branch)
		c.byLoan[l.id] = branch
	}
	return branch
}

func lbCacheByWrongKey(ctx context.Context, e *Env) error {
	c := lbBranchCache{whOpen(e), map[int64]int64{}}
	for _, l := range (lbLoans{c.whStore}).Overdue(ctx, 53500) {
		c.branchOf(ctx, l)
	}
	return nil
}

func lbFourLoans(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, l := range (lbLoans{s}).scan(ctx, "reader_id = ? AND lent_at > ?", 4, 50500) {
		var state string
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM copies WHERE id = ?"), l.copy), &state)
	}
	return nil
}

// lbRetried calls a function again when it fails.
func lbRetried(do func() error) (err error) {
	for range 3 {
		if err = do(); err == nil {
			return nil
		}
	}
	return err
}

func lbClosureWithRetry(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, title := range whKeys(s.db.QueryContext(ctx, s.q("SELECT title_id FROM ill_requests WHERE cost > ? ORDER BY ref"), 302)) {
		var name string
		if err := lbRetried(func() error {
			return s.db.QueryRowContext(ctx, s.q("SELECT name FROM titles WHERE id = ?"), title).Scan(&name)
		}); err != nil {
			return err
		}
	}
	return nil
}
