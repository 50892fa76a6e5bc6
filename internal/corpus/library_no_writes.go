package corpus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// lbNoWriteLoopCases look like loops of writes, and nobody would change them.
func lbNoWriteLoopCases() []Case {
	return []Case{
		{Name: "library/import-in-chunks", About: "twelve titles in three INSERTs of several VALUES", Setup: lbOf("titles"), Run: lbImportInChunks},
		{Name: "library/late-in-one-update", About: "the late loans are read for the letters, and marked by one UPDATE", Setup: lbOf("loans notices"), Run: lbLateInOneUpdate},
		{Name: "library/places-by-case", About: "the new places by one UPDATE with CASE", Setup: lbOf("reservations"), Run: lbPlacesByCase},
		{Name: "library/gorm-in-batches", About: "GORM: CreateInBatches sends three INSERTs for fifteen notices", Setup: lbOf("readers notices"), Run: lbGormInBatches},
		{Name: "library/bun-bulk", About: "bun: a slice is one INSERT", Setup: lbOf("readers notices"), Run: lbBunBulk},
		{Name: "library/pruned-by-fours", About: "old loans are deleted four at a time, until none is left: small transactions by design", Setup: lbOf("loans"), Run: lbPrunedByFours},
		{Name: "library/worker-takes-jobs", About: "a worker claims a job, does it, and says that it is done, one after another", Setup: lbOf("jobs"), Run: lbWorkerTakesJobs},
		{Name: "library/worker-skips-locked", Systems: whServers, About: "a transaction for each message: it is locked, sent, and marked", Setup: lbOf("outbox"), Run: lbWorkerSkipsLocked},
		{Name: "library/progress-of-an-import", About: "after each part of a long job its progress is written for those who watch", Setup: lbOf("jobs titles"), Run: lbProgress},
		{Name: "library/audit-of-one-loan", About: "lending writes a loan, its copy and three entries of the audit on three lines", Setup: lbOf("loans copies audit"), Run: lbAuditOfOneLoan},
		{Name: "library/stock-by-insert-select", About: "all statistics by one INSERT with SELECT and GROUP BY", Setup: lbOf("readers loan_stats"), Run: lbStockByInsertSelect},
		{Name: "library/delete-by-list", About: "what was ticked is deleted by one IN list, its shares by another", Setup: lbOf("reading_lists list_shares"), Run: lbDeleteByList},
		{Name: "library/stock-in-pages", About: "the stock goes into the audit page by page, a bulk INSERT for each page", Setup: lbOf("copies audit"), Run: lbCopyInPages},
		{Name: "library/again-after-a-conflict", About: "an optimistic UPDATE hits nothing twice and is tried again with the new version", Setup: lbOf("copies"), Run: lbAgainAfterConflict},
	}
}

// lbSlow is work that is not the database's: a printer, a mail server.
func lbSlow() { time.Sleep(time.Millisecond) }

func lbImportInChunks(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var isbns []string
	for i := range 12 {
		isbns = append(isbns, fmt.Sprintf("979-%05d", i*71))
	}
	for chunk := range slices.Chunk(isbns, 4) {
		var args []any
		for _, isbn := range chunk {
			args = append(args, isbn, "title of "+isbn)
		}
		tiExec(ctx, s, "INSERT INTO titles (isbn, name, version, deleted_at) VALUES "+strings.TrimSuffix(strings.Repeat("(?, ?, 1, 0), ", len(chunk)), ", "), args...)
	}
	return nil
}

func lbLateInOneUpdate(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var ids []int64
	for _, l := range (lbLoans{s}).Overdue(ctx, 53300) {
		ids = append(ids, l.id)
	}
	tiExec(ctx, s, "UPDATE loans SET state = 'late' WHERE id IN ("+whMarks(len(ids))+")", whArgs(ids)...)
	tiExec(ctx, s, "INSERT INTO notices (reader_id, kind, body, state) SELECT reader_id, 'late', 'bring it back', 'new' FROM loans WHERE id IN ("+whMarks(len(ids))+")", whArgs(ids)...)
	return nil
}

func lbPlacesByCase(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM reservations WHERE state = ? ORDER BY made_at"), "waiting"))
	var text strings.Builder
	var args []any
	for i, id := range ids {
		fmt.Fprintf(&text, " WHEN ? THEN %d", i+1)
		args = append(args, id)
	}
	tiExec(ctx, s, "UPDATE reservations SET place = CASE id"+text.String()+" ELSE place END WHERE id IN ("+whMarks(len(ids))+")", append(args, whArgs(ids)...)...)
	return nil
}

func lbGormInBatches(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var ids []int64
	if err := g.Model(&lbPatron{}).Where("id < ?", 16).Order("id").Pluck("id", &ids).Error; err != nil {
		return err
	}
	notices := make([]lbNotice, len(ids))
	for i, id := range ids {
		notices[i] = lbNotice{ReaderID: id, Kind: "holiday", Body: "closed on Monday", State: "new"}
	}
	return g.CreateInBatches(notices, 5).Error
}

func lbBunBulk(ctx context.Context, e *Env) error {
	var readers []lbPatron
	if err := e.Bun().NewSelect().Model(&readers).Where("branch_id = ?", 3).Scan(ctx); err != nil {
		return err
	}
	notices := make([]lbNotice, len(readers))
	for i, r := range readers {
		notices[i] = lbNotice{ReaderID: r.ID, Kind: "holiday", Body: r.Name, State: "new"}
	}
	_, err := e.Bun().NewInsert().Model(&notices).Exec(ctx)
	return err
}

func lbPrunedByFours(ctx context.Context, e *Env) error {
	s := whOpen(e)
	query := "DELETE FROM loans WHERE id IN (SELECT id FROM loans WHERE due_at < ? ORDER BY id LIMIT 4)"
	if e.System == "mysql" {
		query = "DELETE FROM loans WHERE due_at < ? ORDER BY id LIMIT 4"
	}
	for {
		result, err := s.db.ExecContext(ctx, s.q(query), 55000)
		if tiHit(result, err) < 4 {
			return nil
		}
		lbSlow()
	}
}

func lbWorkerTakesJobs(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for {
		var id int64
		var payload string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id, payload FROM jobs WHERE state = ? ORDER BY id LIMIT 1"), "new"), &id, &payload) {
			return nil
		}
		result, err := s.db.ExecContext(ctx, s.q("UPDATE jobs SET state = 'taken' WHERE id = ? AND state = 'new'"), id)
		if tiHit(result, err) == 0 {
			continue
		}
		lbSlow()
		tiExec(ctx, s, "UPDATE jobs SET state = 'done' WHERE id = ?", id)
	}
}

func lbWorkerSkipsLocked(ctx context.Context, e *Env) error {
	s := whOpen(e)
	empty := errors.New("none is left")
	for {
		err := s.atomically(ctx, nil, func(s whStore) error {
			var id int64
			if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM outbox WHERE state = ? ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"), "new"), &id) {
				return empty
			}
			lbSlow()
			tiExec(ctx, s, "UPDATE outbox SET state = 'sent' WHERE id = ?", id)
			return nil
		})
		if errors.Is(err, empty) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func lbProgress(ctx context.Context, e *Env) error {
	s := whOpen(e)
	drain(s.db.QueryContext(ctx, s.q("SELECT id, meta FROM titles WHERE deleted_at = ? ORDER BY id"), 0))
	for part := 1; part <= 8; part++ {
		lbSlow()
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE jobs SET done_n = ? WHERE id = ?"), part*100/8, 5); err != nil {
			return err
		}
	}
	return nil
}

func lbAuditOfOneLoan(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		audit := lbAudit{s}
		audit.log(ctx, "card read", "reader 7")
		tiExec(ctx, s, "UPDATE copies SET state = 'lent' WHERE id = ? AND state = 'in'", 18)
		audit.log(ctx, "copy taken", "copy 18")
		tiExec(ctx, s, "INSERT INTO loans (copy_id, reader_id, lent_at, due_at, renewals, state) VALUES (?, ?, 64000, 66000, 0, 'open')", 18, 7)
		audit.log(ctx, "lent", "copy 18 to reader 7")
		return nil
	})
}

func lbStockByInsertSelect(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tiExec(ctx, s, "DELETE FROM loan_stats WHERE day = ?", 2003)
	tiExec(ctx, s, "INSERT INTO loan_stats (branch_id, day, n) SELECT branch_id, 2003, SUM(loans_n) FROM readers GROUP BY branch_id")
	return nil
}

func lbDeleteByList(ctx context.Context, e *Env) error {
	ticked := []int64{8, 2, 5, 9, 1, 6}
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		tiExec(ctx, s, "DELETE FROM list_shares WHERE list_id IN ("+whMarks(len(ticked))+")", whArgs(ticked)...)
		tiExec(ctx, s, "DELETE FROM reading_lists WHERE id IN ("+whMarks(len(ticked))+")", whArgs(ticked)...)
		return nil
	})
}

func lbCopyInPages(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type copy struct {
		id      int64
		barcode string
	}
	for after := int64(0); ; {
		page := whScan[copy](s.db.QueryContext(ctx, s.q("SELECT id, barcode FROM copies WHERE id > ? ORDER BY id LIMIT 6"), after))(func(c *copy) []any { return []any{&c.id, &c.barcode} })
		if len(page) == 0 {
			return nil
		}
		var args []any
		for _, c := range page {
			args = append(args, "stocktaking", c.barcode)
		}
		tiExec(ctx, s, "INSERT INTO audit (actor, action, target) VALUES "+strings.TrimSuffix(strings.Repeat("('job', ?, ?), ", len(page)), ", "), args...)
		after = page[len(page)-1].id
	}
}

func lbAgainAfterConflict(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for try := range 5 {
		var seen, version int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT seen_at, version FROM copies WHERE id = ?"), 21), &seen, &version)
		if try < 2 {
			whByOthers(func(ctx context.Context) {
				tiExec(ctx, s, "UPDATE copies SET version = version + 1 WHERE id = ?", 21)
			})
		}
		result, err := s.db.ExecContext(ctx, s.q("UPDATE copies SET seen_at = ?, version = version + 1 WHERE id = ? AND version = ?"), seen+5, 21, version)
		if tiHit(result, err) == 1 {
			return nil
		}
	}
	return errors.New("too many conflicts")
}
