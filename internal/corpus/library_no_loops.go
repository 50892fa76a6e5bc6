package corpus

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"
)

// lbNoReadLoopCases look like loops of reads, and nobody would change them.
func lbNoReadLoopCases() []Case {
	return []Case{
		{Name: "library/copies-in-one-list", About: "the copies of all loans by one IN list, their titles by another", Setup: lbOf("sessions loans copies titles"), Run: lbCopiesInOneList},
		{Name: "library/chunks-of-three", About: "the ids of all readers with loans in chunks of three", Setup: lbOf("reservations readers"), Run: lbChunksOfThree},
		{Name: "library/catalogue-by-keyset", About: "seven pages of the catalogue, each after the last row of the one before", Setup: lbOf("titles"), Run: lbCatalogueByKeyset},
		{Name: "library/export-by-offset", About: "an export by LIMIT and OFFSET: slow at its end perhaps, and no loop over rows", Setup: lbOf("copies"), Run: lbExportByOffset},
		{Name: "library/ranges-of-ids", About: "a job goes through the loans by ranges of ids, five at a time", Setup: lbOf("loans"), Run: lbRangesOfIDs},
		{Name: "library/tree-by-levels", About: "one query for each level, with the ids of the level above", Setup: lbOf("subjects"), Run: lbTreeByLevels},
		{Name: "library/tree-by-recursive-query", About: "WITH RECURSIVE, and the titles of all subjects in it", Setup: lbOf("subjects titles"), Run: lbTreeByRecursive},
		{Name: "library/gorm-preloads", About: "GORM: Preload is one query for each relation", Setup: lbOf("titles authors copies"), Run: lbGormPreloads},
		{Name: "library/bun-relations", About: "bun: the author by a JOIN, the copies by one query", Setup: lbOf("titles authors copies"), Run: lbBunRelations},
		{Name: "library/numbers-of-the-start-page", About: "six counts of six tables: six questions, on six lines", Setup: lbOf("titles copies readers loans reservations events"), Run: lbNumbersOfStartPage},
		{Name: "library/start-page-in-parallel", About: "an errgroup of five different queries, one each", Setup: lbOf("titles loans reservations fines events"), Run: lbStartPageInParallel},
		{Name: "library/reader-and-guardian", About: "the reader, the guardian and the branch: two rows of one table, once each", Setup: lbOf("readers branches"), Run: lbReaderAndGuardian},
		{Name: "library/page-and-total", About: "the page of a search and the number of its hits", Setup: lbOf("titles"), Run: lbPageAndTotal},
		{Name: "library/kinds-loaded-once", About: "a cache reads its whole table at the first miss, and answers sixteen times", Setup: lbOf("readers reader_kinds"), Run: lbKindsLoadedOnce},
		{Name: "library/misses-in-one-query", About: "a cache reads all that it lacks in one query, for each of two pages", Setup: lbOf("titles authors"), Run: lbMissesInOneQuery},
		{Name: "library/job-is-polled", Values: true, About: "the import waits for a job of another process to be done: that is what a poll is", Setup: lbOf("jobs"), Run: lbJobIsPolled},
	}
}

func lbCopiesInOneList(ctx context.Context, e *Env) error {
	s := whOpen(e)
	return lbSignedIn(ctx, s, lbToken(7), func(ctx context.Context, reader int64) error {
		var ids []int64
		for _, l := range (lbLoans{s}).OfReader(ctx, reader) {
			ids = append(ids, l.copy)
		}
		titles := whKeys(s.db.QueryContext(ctx, s.q("SELECT title_id FROM copies WHERE id IN ("+whMarks(len(ids))+")"), whArgs(ids)...))
		drain(s.db.QueryContext(ctx, s.q("SELECT id, name FROM titles WHERE id IN ("+whMarks(len(titles))+") ORDER BY name"), whArgs(titles)...))
		return nil
	})
}

func lbChunksOfThree(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := whKeys(s.db.QueryContext(ctx, "SELECT DISTINCT reader_id FROM reservations ORDER BY reader_id"))
	n := 0
	for chunk := range slices.Chunk(ids, 3) {
		n += drain(s.db.QueryContext(ctx, s.q("SELECT id, name, email FROM readers WHERE id IN ("+whMarks(len(chunk))+")"), whArgs(chunk)...))
	}
	if n != len(ids) {
		return errors.New("a reader is missing")
	}
	return nil
}

func lbCatalogueByKeyset(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for isbn := ""; ; {
		page := whScan[string](s.db.QueryContext(ctx, s.q("SELECT isbn FROM titles WHERE isbn > ? AND deleted_at = 0 ORDER BY isbn LIMIT 3"), isbn))(func(v *string) []any { return []any{v} })
		if len(page) == 0 {
			return nil
		}
		isbn = page[len(page)-1]
	}
}

func lbExportByOffset(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for offset := 0; ; offset += 7 {
		if drain(s.db.QueryContext(ctx, s.q("SELECT barcode, shelf, price FROM copies ORDER BY barcode LIMIT 7 OFFSET ?"), offset)) < 7 {
			return nil
		}
	}
}

func lbRangesOfIDs(ctx context.Context, e *Env) error {
	s := whOpen(e)
	last := tiNumber(ctx, s, "SELECT COALESCE(MAX(id), 0) FROM loans")
	late := 0
	for from := int64(1); from <= last; from += 5 {
		late += drain(s.db.QueryContext(ctx, s.q("SELECT id FROM loans WHERE id >= ? AND id < ? AND due_at < 54000"), from, from+5))
	}
	_ = late
	return nil
}

func lbTreeByLevels(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for level := []int64{1}; len(level) > 0; {
		level = whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM subjects WHERE parent_id IN ("+whMarks(len(level))+") ORDER BY id"), whArgs(level)...))
	}
	return nil
}

func lbTreeByRecursive(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := whKeys(s.db.QueryContext(ctx, s.q("WITH RECURSIVE below AS (SELECT id FROM subjects WHERE id = ? UNION ALL SELECT s.id FROM subjects s JOIN below b ON s.parent_id = b.id) SELECT id FROM below"), 2))
	drain(s.db.QueryContext(ctx, s.q("SELECT id, name FROM titles WHERE subject_id IN ("+whMarks(len(ids))+")"), whArgs(ids)...))
	return nil
}

func lbGormPreloads(ctx context.Context, e *Env) error {
	var titles []lbTitle
	return e.GORM().WithContext(ctx).Preload("Author").Preload("Copies", "state = ?", "in").Where("loans_n > ?", 280).Find(&titles).Error
}

func lbBunRelations(ctx context.Context, e *Env) error {
	var titles []lbTitle
	return e.Bun().NewSelect().Model(&titles).Relation("Author").Relation("Copies", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("barcode") }).Limit(12).Scan(ctx)
}

func lbNumbersOfStartPage(ctx context.Context, e *Env) error {
	s := whOpen(e)
	numbers := map[string]int64{}
	numbers["titles"] = tiNumber(ctx, s, "SELECT count(*) FROM titles WHERE deleted_at = 0")
	numbers["copies"] = tiNumber(ctx, s, "SELECT count(*) FROM copies WHERE state <> 'gone'")
	numbers["readers"] = tiNumber(ctx, s, "SELECT count(*) FROM readers")
	numbers["loans"] = tiNumber(ctx, s, "SELECT count(*) FROM loans WHERE state = 'open'")
	numbers["holds"] = tiNumber(ctx, s, "SELECT count(*) FROM reservations WHERE state = 'waiting'")
	numbers["events"] = tiNumber(ctx, s, "SELECT count(*) FROM events WHERE state = 'planned'")
	if len(numbers) != 6 {
		return errors.New("a number is missing")
	}
	return nil
}

func lbStartPageInParallel(ctx context.Context, e *Env) error {
	g, gctx := errgroup.WithContext(ctx)
	read := func(query string, args ...any) {
		g.Go(func() error {
			rows, err := e.DB.QueryContext(gctx, e.Q(query), args...)
			if err != nil {
				return err
			}
			defer rows.Close() //nolint:errcheck // rows.Err says it
			for rows.Next() {
			}
			return rows.Err()
		})
	}
	read("SELECT id, name FROM titles ORDER BY loans_n DESC LIMIT 5")
	read("SELECT id, due_at FROM loans WHERE reader_id = ?", 5)
	read("SELECT id, place FROM reservations WHERE reader_id = ?", 5)
	read("SELECT id, amount FROM fines WHERE reader_id = ?", 5)
	read("SELECT id, name FROM events WHERE branch_id = ? ORDER BY starts_at", 3)
	return g.Wait()
}

func lbReaderAndGuardian(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const childID, guardianID = 6, 13 // both are in the form
	child := (lbReaders{s}).ByID(ctx, childID)
	guardian := (lbReaders{s}).ByID(ctx, guardianID)
	if child.name == guardian.name {
		return errors.New("the same")
	}
	drain(s.db.QueryContext(ctx, s.q("SELECT name FROM branches WHERE id = ?"), child.branch))
	return nil
}

func lbPageAndTotal(ctx context.Context, e *Env) error {
	s := whOpen(e)
	total := tiNumber(ctx, s, "SELECT count(*) FROM titles WHERE loans_n > ? AND deleted_at = 0", 300)
	page := drain(s.db.QueryContext(ctx, s.q("SELECT id, name FROM titles WHERE loans_n > ? AND deleted_at = 0 ORDER BY name LIMIT 10 OFFSET 0"), 300))
	if int64(page) > total {
		return errors.New("more than all")
	}
	return nil
}

// lbKinds is a cache of a small table.
type lbKinds struct {
	whStore
	days map[string]int64
}

func (k *lbKinds) of(ctx context.Context, code string) int64 {
	if k.days == nil {
		k.days = map[string]int64{}
		type kind struct {
			code string
			days int64
		}
		for _, v := range whScan[kind](k.db.QueryContext(ctx, "SELECT code, days FROM reader_kinds"))(func(v *kind) []any { return []any{&v.code, &v.days} }) {
			k.days[v.code] = v.days
		}
	}
	return k.days[code]
}

func lbKindsLoadedOnce(ctx context.Context, e *Env) error {
	k := &lbKinds{whStore: whOpen(e)}
	for _, kind := range whScan[string](k.db.QueryContext(ctx, "SELECT kind FROM readers ORDER BY name"))(func(v *string) []any { return []any{v} }) {
		if k.of(ctx, kind) == 0 {
			return errors.New("no days")
		}
	}
	return nil
}

func lbMissesInOneQuery(ctx context.Context, e *Env) error {
	s := whOpen(e)
	names := map[int64]string{}
	type author struct {
		id   int64
		name string
	}
	load := func(ids []int64) {
		missing := map[int64]bool{}
		for _, id := range ids {
			if _, is := names[id]; !is {
				missing[id] = true
			}
		}
		keys := slices.Sorted(maps.Keys(missing))
		if len(keys) == 0 {
			return
		}
		for _, a := range whScan[author](s.db.QueryContext(ctx, s.q("SELECT id, name FROM authors WHERE id IN ("+whMarks(len(keys))+")"), whArgs(keys)...))(func(a *author) []any { return []any{&a.id, &a.name} }) {
			names[a.id] = a.name
		}
	}
	for _, from := range []int64{0, 7} {
		load(whKeys(s.db.QueryContext(ctx, s.q("SELECT author_id FROM titles WHERE id > ? ORDER BY id LIMIT 7"), from)))
	}
	if len(names) == 0 {
		return errors.New("no authors")
	}
	return nil
}

func lbJobIsPolled(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for range 8 {
		var state string
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM jobs WHERE id = ?"), 3), &state)
		if state == "done" {
			return nil
		}
		whByOthers(func(ctx context.Context) {
			tiExec(ctx, s, "UPDATE jobs SET done_n = done_n + 1, state = CASE WHEN done_n >= 5 THEN 'done' ELSE 'new' END WHERE id = ?", 3)
		})
	}
	return errors.New("the job takes too long")
}
