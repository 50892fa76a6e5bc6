package corpus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
)

// slWriteCases write a row at a time.
func slWriteCases() []Case {
	return []Case{
		{Name: "league/goals-of-a-report", About: "the goals of a match's report are inserted one by one, in a transaction: several VALUES", Setup: slOf("goals"), Run: slReport, Want: pmW("slReport.func1", "goals", none)},
		{Name: "league/thirty-one-without-a-batch", About: "a prepared INSERT for each line of a file", Setup: slOf("holders"), Run: slPreparedLines, Want: pmW("slPreparedLines", "holders", none)},
		{Name: "league/fans-of-each-team", About: "sums come by one query, and are written one by one: UPDATE with a subquery or a VALUES list", Setup: slOf("teams holders"), Run: slFans, Want: pmW("setFans", "teams", "holders")},
		{Name: "league/orphans-one-by-one", About: "comments without a match are listed, and deleted each by itself", Setup: slOf("comments matches"), Run: slOrphans, Want: pmW("slOrphans", "comments", "comments")},
		{Name: "league/places-after-a-move", About: "a list's places are renumbered, an UPDATE for each", Setup: slOf("teams"), Run: slRenumber, Want: pmW("slRenumber.func1", "teams", "teams")},
		{Name: "league/lineup-replaced", About: "the lineup is deleted at once and inserted row by row", Setup: slOf("lineups"), Run: slLineup, Want: pmW("slLineup.func1", "lineups", none)},
		{Name: "league/standings-upserted", About: "an upsert for each team, over a composite key", Setup: slOf("teams standings"), Run: slUpserts, Want: pmW("put", "standings", "teams")},
		{Name: "league/notices-in-goroutines", About: "a goroutine writes a notice for each holder", Setup: slOf("holders notices"), Run: slNotices, Want: pmW("", "notices", "holders")},
		{Name: "league/views-in-the-text", About: "each article is counted by an UPDATE with its key in the text", Setup: slOf("news"), Run: slViews, Want: pmW("slViews", "news", "news")},
		{Name: "league/awards-by-insert-select", About: "INSERT with SELECT for each season of four: GROUP BY does it at once", Values: true, Setup: slOf("seasons contracts player_awards"), Run: slAwards, Want: pmW("slAwards", "player_awards", "seasons")},
		{Name: "league/three-new-tags", About: "three tags are read and linked, one INSERT each: few, and each is a key of the list", Values: true, Setup: slOf("tags news_tags"), Run: slThreeTags, Want: pmW("link", "news_tags", "tags")},
		{Name: "league/procedure-for-each", Systems: []string{"mysql"}, About: "CALL for each transfer", Setup: append(slOf("transfers"), "CREATE PROCEDURE settle(IN t BIGINT) UPDATE transfers SET state = 'settled' WHERE id = t"), Run: slCallEach, Want: pmW("slCallEach", "", "transfers")},
		{Name: "league/tickets-with-returning", Systems: []string{"sqlite", "postgres"}, About: "RETURNING gives the key of each ticket, several VALUES give all", Setup: slOf("season_tickets"), Run: slReturning, Want: pmW("slReturning", "season_tickets", none)},
	}
}

func slReport(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, g := range [][2]int64{{4, 12}, {31, 33}, {4, 58}, {17, 71}, {22, 90}} { // of the report
			if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO goals (match_id, player_id, minute_n, kind) VALUES (?, ?, ?, 'foot')"), 24, g[0], g[1]); err != nil {
				return err
			}
		}
		return nil
	})
}

func slPreparedLines(ctx context.Context, e *Env) error {
	stmt, err := e.DB.PrepareContext(ctx, e.Q("INSERT INTO holders (number, name, email, team_id, points, deleted_at) VALUES (?, ?, ?, ?, 0, 0)"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	for i := range 31 {
		line := fmt.Sprintf("X-%d;new %d;new%d@example.com", i, i, i)
		f := strings.Split(line, ";")
		if _, err := stmt.ExecContext(ctx, f[0], f[1], f[2], 5); err != nil {
			return err
		}
	}
	return nil
}

func (t slTeams) setFans(ctx context.Context, id, n int64) error {
	result, err := t.db.ExecContext(ctx, t.q("UPDATE teams SET fans = ? WHERE id = ?"), n, id)
	if err == nil && done(result, nil) != 1 {
		err = fmt.Errorf("no team %d", id)
	}
	return err
}

func slFans(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT team_id, count(*) FROM holders WHERE deleted_at = 0 GROUP BY team_id ORDER BY team_id")) {
		if err := (slTeams{s}).setFans(ctx, v[0], v[1]); err != nil {
			return err
		}
	}
	return nil
}

func slOrphans(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT c.id FROM comments c LEFT JOIN matches m ON m.id = c.subject_id AND m.season_id = 1 WHERE c.subject_kind = 'match' AND m.id IS NULL ORDER BY c.votes") {
		if _, err := s.db.ExecContext(ctx, s.q("DELETE FROM comments WHERE id = ?"), id); err != nil {
			return err
		}
	}
	return nil
}

func slRenumber(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for i, id := range pmIDs(ctx, s, "SELECT id FROM teams ORDER BY name DESC") {
			if _, err := s.db.ExecContext(ctx, s.q("UPDATE teams SET place = ? WHERE id = ?"), 100+i, id); err != nil {
				return err
			}
		}
		return nil
	})
}

func slLineup(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		tiExec(ctx, s, "DELETE FROM lineups WHERE match_id = ?", 7)
		for place, player := range []int64{9, 33, 2, 18, 27, 40} { // of the form
			if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO lineups (match_id, player_id, shirt, place) VALUES (?, ?, ?, ?)"), 7, player, player%22, place); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t slTable) put(ctx context.Context, season, team, points int64) {
	tiHit(t.db.ExecContext(ctx, t.q("INSERT INTO standings (season_id, team_id, played, points, diff) VALUES (?, ?, 0, ?, 0)"+whUpsert(t.env, "season_id, team_id", "points")), season, team, points))
}

func slUpserts(ctx context.Context, e *Env) error {
	t := slTable{whOpen(e)}
	for _, team := range pmIDs(ctx, t.whStore, "SELECT id FROM teams WHERE place BETWEEN ? AND ? ORDER BY place", 2, 10) {
		t.put(ctx, 4, team, 3)
	}
	return nil
}

func slNotices(ctx context.Context, e *Env) error {
	s := whOpen(e)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for _, holder := range pmIDs(ctx, s, "SELECT id FROM holders WHERE points > ? ORDER BY email", 200) {
		g.Go(func() error {
			_, err := s.db.ExecContext(gctx, s.q("INSERT INTO notices (holder_id, body, state) VALUES (?, 'bonus', 'new')"), holder)
			return err
		})
	}
	return g.Wait()
}

func slViews(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, id := range pmTexts(ctx, s, "SELECT id FROM news WHERE author_id > 2 ORDER BY title") {
		if _, err := s.db.ExecContext(ctx, fmt.Sprintf("UPDATE news SET views = views + %d WHERE id = '%s'", i+3, id)); err != nil {
			return err
		}
	}
	return nil
}

func slAwards(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, season := range pmIDs(ctx, s, "SELECT id FROM seasons ORDER BY starts_at DESC") {
		_, err := s.db.ExecContext(ctx, s.q("INSERT INTO player_awards (player_id, season_id, award) SELECT player_id, ?, 'wage' FROM contracts WHERE wage > 6500"), season)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s slNews) link(ctx context.Context, news string, tag int64) error {
	_, err := s.db.ExecContext(ctx, s.q("INSERT INTO news_tags (news_id, tag_id) VALUES (?, ?)"), news, tag)
	return err
}

type slNews struct{ whStore }

func slThreeTags(ctx context.Context, e *Env) error {
	n := slNews{whOpen(e)}
	var errs []error
	for _, tag := range pmIDs(ctx, n.whStore, "SELECT id FROM tags WHERE name IN (?, ?, ?) ORDER BY name", "tag-36", "tag-9", "tag-16") {
		errs = append(errs, n.link(ctx, slUUID(77), tag))
	}
	return errors.Join(errs...)
}

func slCallEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM transfers WHERE day > ? ORDER BY fee DESC", 2000) {
		if _, err := s.db.ExecContext(ctx, "CALL settle(?)", id); err != nil {
			return err
		}
	}
	return nil
}

func slReturning(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := map[int64]bool{}
	for _, holder := range []int64{19, 4, 12, 8, 15, 3, 11} { // of the basket
		var id int64
		if err := s.db.QueryRowContext(ctx, s.q("INSERT INTO season_tickets (holder_id, season_id, stand, seat, price, state) VALUES (?, 4, 'B', ?, 29900, 'held') RETURNING id"), holder, 900+holder).Scan(&id); err != nil {
			return err
		}
		ids[id] = true
	}
	if len(ids) != 7 {
		return errors.New("a ticket is missing")
	}
	return nil
}
