package corpus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// slQuietWriteCases are the repaired loops of writes, and what looks like them.
func slQuietWriteCases() []Case {
	return []Case{
		{Name: "league/values-with-a-rest-of-one", About: "nine goals by several VALUES, four at a time and one at the end", Setup: slOf("goals"), Run: slBatchInsert},
		{Name: "league/gorm-in-batches", About: "GORM: CreateInBatches", Setup: slOf("notices"), Run: slGormInBatches},
		{Name: "league/bun-slice", About: "bun: a slice is the model of the INSERT", Setup: slOf("notices"), Run: slBunSlice},
		{Name: "league/sqlx-named-slice", About: "sqlx: NamedExec takes a slice", Setup: slOf("notices"), Run: slSqlxSlice},
		{Name: "league/updated-by-a-list", About: "one UPDATE for the listed contracts", Setup: slOf("contracts"), Run: slUpdateIn},
		{Name: "league/pruned-by-batches", Systems: []string{"sqlite", "postgres"}, About: "DELETE of ten at a time until there are none", Setup: slOf("goals"), Run: slPrune},
		{Name: "league/jobs-claimed-one-by-one", Systems: []string{"sqlite", "postgres"}, About: "a worker claims a job, does it, and says so, each by itself", Setup: slOf("jobs notices"), Run: slClaim},
		{Name: "league/sale-of-a-ticket", About: "one sale writes four tables", Setup: slOf("season_tickets stands notices audit"), Run: slSale},
		{Name: "league/tried-three-times", About: "the transaction is tried again after it was refused", Setup: slOf("stands"), Run: slRetry},
	}
}

func slBatchInsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for chunk := range slices.Chunk(upTo(9), 4) {
		args := []any{}
		for _, player := range chunk {
			args = append(args, 24, player, 3*player, "foot")
		}
		tiExec(ctx, s, "INSERT INTO goals (match_id, player_id, minute_n, kind) VALUES "+strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?), ", len(chunk)), ", "), args...)
	}
	return nil
}

func slNewNotices(n int64) []slNoticeModel {
	return slMap(upTo(n), func(i int64) slNoticeModel { return slNoticeModel{HolderID: i + 3, Body: "gate C", State: "new"} })
}

func slGormInBatches(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).CreateInBatches(slNewNotices(17), 4).Error
}

func slBunSlice(ctx context.Context, e *Env) error {
	notices := slNewNotices(8)
	_, err := e.Bun().NewInsert().Model(&notices).Exec(ctx)
	return err
}

func slSqlxSlice(ctx context.Context, e *Env) error {
	_, err := e.SQLX().NamedExecContext(ctx, "INSERT INTO notices (holder_id, body, state) VALUES (:holder_id, :body, :state)", slNewNotices(7))
	return err
}

func slUpdateIn(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := pmIDs(ctx, s, "SELECT id FROM contracts WHERE ends_at < ?", 3800)
	tiExec(ctx, s, "UPDATE contracts SET state = 'over' WHERE id IN ("+whMarks(len(ids))+")", whArgs(ids)...)
	return nil
}

func slPrune(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for {
		if n := tiHit(s.db.ExecContext(ctx, s.q("DELETE FROM goals WHERE id IN (SELECT id FROM goals WHERE minute_n > ? ORDER BY id LIMIT 5)"), 20)); n < 5 {
			return nil
		}
	}
}

func slClaim(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for {
		var id int64
		var payload string
		if !one(s.db.QueryRowContext(ctx, "UPDATE jobs SET state = 'busy' WHERE id = (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1) RETURNING id, payload"), &id, &payload) {
			return nil
		}
		tiExec(ctx, s, "INSERT INTO notices (holder_id, body, state) VALUES (?, ?, 'sent')", id, payload)
		tiExec(ctx, s, "UPDATE jobs SET state = 'done' WHERE id = ?", id)
	}
}

func slSale(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		tiExec(ctx, s, "INSERT INTO season_tickets (holder_id, season_id, stand, seat, price, state) VALUES (?, 4, 'A', ?, ?, 'sold')", 9, 951, 32000)
		tiExec(ctx, s, "UPDATE stands SET free_n = free_n - 1 WHERE stadium_id = ? AND letter = 'A'", 3)
		tiExec(ctx, s, "INSERT INTO notices (holder_id, body, state) VALUES (?, 'your seat', 'new')", 9)
		tiExec(ctx, s, "INSERT INTO audit (actor, action) VALUES ('shop', 'sold 951')")
		return nil
	})
}

func slRetry(ctx context.Context, e *Env) (err error) {
	for try := range 3 {
		err = whOpen(e).atomically(ctx, nil, func(s whStore) error {
			tiExec(ctx, s, "UPDATE stands SET free_n = free_n - 2 WHERE stadium_id = ? AND letter = ?", 4, "B")
			if try < 2 {
				return errors.New("could not serialize access") // as the server says at the commit
			}
			return nil
		})
	}
	return err
}

// slQuietAgainCases ask again, and have to, or ask something else.
func slQuietAgainCases() []Case {
	return []Case{
		{Name: "league/seats-after-the-sale", About: "the free seats are read, sold, and read again", Setup: slOf("stands"), Run: slAfterSale},
		{Name: "league/again-in-the-transaction", About: "a first look outside, the same look in the transaction that writes", Setup: slOf("transfers"), Run: slRecheck},
		{Name: "league/again-under-a-mutex", About: "the second look is under the lock, and a write follows", Setup: slOf("tags"), Run: slMutex},
		{Name: "league/until-the-letter-is-sent", Values: true, About: "a row is polled until its state is another", Setup: slOf("jobs"), Run: slPoll},
		{Name: "league/other-teams-name", About: "the same question about another team", Setup: slOf("teams"), Run: slTwoNames},
		{Name: "league/dearest-and-cheapest", About: "the same condition, another order", Setup: slOf("contracts"), Run: slTwoOrders},
		{Name: "league/joined-table-written", About: "one of the joined tables was written in between", Setup: slOf("players contracts"), Run: slJoinWritten},
		{Name: "league/view-of-a-written-table", About: "a view is read again after its table was written", Setup: append(slOf("season_tickets"), "CREATE VIEW income AS SELECT season_id, SUM(price) AS total FROM season_tickets WHERE state = 'sold' GROUP BY season_id"), Run: slViewWritten},
		{Name: "league/gorm-after-the-update", About: "GORM: the team is loaded again after an UPDATE by condition", Setup: slOf("teams"), Run: slGormReload},
		{Name: "league/bun-after-a-delete", About: "bun: the count before and after a DELETE", Setup: slOf("goals"), Run: slBunAfterDelete},
		{Name: "league/draw-of-lots", About: "two pots are drawn by chance", Setup: slOf("teams"), Run: slDraw},
		{Name: "league/kept-by-the-request", About: "a cache answers the second call, and nothing is sent", Setup: slOf("teams"), Run: slKept},
	}
}

func slAfterSale(ctx context.Context, e *Env) error {
	t := slStands{whOpen(e)}
	was := t.free(ctx, 7, "A")
	tiExec(ctx, t.whStore, "UPDATE stands SET free_n = free_n - ? WHERE stadium_id = ? AND letter = ?", 3, 7, "A")
	if t.free(ctx, 7, "A") != was-3 {
		return errors.New("another sale")
	}
	return nil
}

func slRecheck(ctx context.Context, e *Env) error {
	isAsked := func(s whStore) error {
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM transfers WHERE id = ? AND state = 'asked'"), 6), new(int64)) {
			return errors.New("somebody was faster")
		}
		return nil
	}
	s := whOpen(e)
	if err := isAsked(s); err != nil {
		return err
	}
	return s.atomically(ctx, nil, func(s whStore) error {
		if err := isAsked(s); err != nil {
			return err
		}
		tiExec(ctx, s, "UPDATE transfers SET state = 'signed' WHERE id = ?", 6)
		return nil
	})
}

func slMutex(ctx context.Context, e *Env) error {
	s, mu := whOpen(e), sync.Mutex{}
	exists := func() bool {
		return one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM tags WHERE name = ?"), "final"), new(int64))
	}
	if exists() {
		return nil
	}
	mu.Lock()
	defer mu.Unlock()
	if !exists() {
		tiExec(ctx, s, "INSERT INTO tags (name) VALUES (?)", "final")
	}
	return nil
}

func slPoll(ctx context.Context, e *Env) error {
	s, state := whOpen(e), ""
	go func() { // another process
		time.Sleep(8 * time.Millisecond)
		_, _ = e.DB.ExecContext(context.Background(), "UPDATE jobs SET state = 'done' WHERE id = 5")
	}()
	for ; state != "done"; time.Sleep(3 * time.Millisecond) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM jobs WHERE id = ?"), 5), &state)
	}
	return nil
}

func slTwoNames(ctx context.Context, e *Env) error {
	t := slTeams{whOpen(e)}
	if t.Name(ctx, 3) == t.Name(ctx, 9) {
		return errors.New("the same name")
	}
	return nil
}

func slTwoOrders(ctx context.Context, e *Env) error {
	s := whOpen(e)
	dear := pmIDs(ctx, s, "SELECT id FROM contracts WHERE state = 'running' ORDER BY wage DESC LIMIT 3")
	cheap := pmIDs(ctx, s, "SELECT id FROM contracts WHERE state = 'running' ORDER BY wage LIMIT 3")
	if dear[0] == cheap[0] {
		return errors.New("one contract")
	}
	return nil
}

func slJoinWritten(ctx context.Context, e *Env) error {
	s := whOpen(e)
	free := func() int {
		return drain(s.db.QueryContext(ctx, s.q("SELECT p.id FROM players p LEFT JOIN contracts c ON c.player_id = p.id AND c.state = ? WHERE c.id IS NULL"), "running"))
	}
	was := free()
	tiExec(ctx, s, "UPDATE contracts SET state = 'over' WHERE number = ?", "K-355")
	if free() != was+1 {
		return errors.New("not free")
	}
	return nil
}

func slViewWritten(ctx context.Context, e *Env) error {
	s := whOpen(e)
	was := tiNumber(ctx, s, "SELECT total FROM income WHERE season_id = ?", 3)
	tiExec(ctx, s, "UPDATE season_tickets SET price = price + 100 WHERE season_id = ?", 3)
	if tiNumber(ctx, s, "SELECT total FROM income WHERE season_id = ?", 3) <= was {
		return errors.New("not dearer")
	}
	return nil
}

func slGormReload(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var was, is slTeamModel
	err := errors.Join(db.First(&was, 5).Error, db.Model(&slTeamModel{}).Where("budget > ?", 0).Update("fans", 70).Error, db.First(&is, 5).Error)
	if err == nil && is.Fans == was.Fans {
		err = errors.New("not written")
	}
	return err
}

func slBunAfterDelete(ctx context.Context, e *Env) error {
	count := func() int64 {
		n, err := e.Bun().NewSelect().Model((*slGoalModel)(nil)).Where("match_id = ?", 8).Count(ctx)
		try(err)
		return n
	}
	was := count()
	_, err := e.Bun().NewDelete().Model((*slGoalModel)(nil)).Where("match_id = ?", 8).Where("minute_n < ?", 99).Exec(ctx)
	if err == nil && count() >= was {
		err = errors.New("not deleted")
	}
	return err
}

func slDraw(ctx context.Context, e *Env) error {
	query := "SELECT id FROM teams ORDER BY " + map[bool]string{true: "RAND()", false: "RANDOM()"}[e.System == "mysql"] + " LIMIT 4"
	draw := func() []int64 { return ints(e.DB.QueryContext(ctx, query)) }
	if first, second := draw(), draw(); len(first) != len(second) {
		return fmt.Errorf("%d and %d", len(first), len(second))
	}
	return nil
}

func slKept(ctx context.Context, e *Env) error {
	t := slTeams{whOpen(e)}
	name := sync.OnceValue(func() string { return t.Name(ctx, 4) })
	if first, second := name(), name(); first != second {
		return errors.New("two names")
	}
	return nil
}
