package corpus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// slOtherReadCases are loops whose keys, conditions or ends are less common.
func slOtherReadCases() []Case {
	return []Case{
		{Name: "league/rounds-of-a-season", About: "a counter of the code is the key: all rounds come by one query", Setup: slOf("matches"), Run: slRounds, Want: pmN("slRounds", "matches", none)},
		{Name: "league/calendar-of-a-week", About: "seven days, seven counts: GROUP BY", Setup: append(slOf("holders"), "CREATE TABLE visits (id BIGINT PRIMARY KEY, holder_id BIGINT, day VARCHAR(10))", "INSERT INTO visits VALUES (1, 4, '2026-03-04'), (2, 9, '2026-03-04'), (3, 4, '2026-03-06')"), Run: slCalendar, Want: pmN("slCalendar", "visits", none)},
		{Name: "league/transfers-of-each-window", Values: true, About: "the bounds of each range come out of the rows before: a JOIN over BETWEEN", Setup: slOf("windows transfers"), Run: slWindows, Want: pmN("slWindows", "transfers", "windows")},
		{Name: "league/head-to-head", About: "the pair of each fixture in both orders, by OR", Setup: slOf("matches"), Run: slHeadToHead, Want: pmN("slHeadToHead", "matches", "matches")},
		{Name: "league/scorers-of-each-match", About: "the key is in a subquery", Setup: slOf("matches goals players"), Run: slScorers, Want: pmN("slScorers", "players", "matches")},
		{Name: "league/logins-of-a-list", About: "the key stands in LOWER(?)", Setup: slOf("users"), Run: slLogins, Want: pmN("slLogins", "users", none)},
		{Name: "league/first-rich-team", Values: true, About: "the loop stops at the first team that has enough left, after nine reads", Setup: slOf("teams contracts"), Run: slFirstRich, Want: pmN("left", "contracts", "teams")},
		{Name: "league/one-key-for-a-list-helper", About: "a helper that takes a list is called with one key each time", Setup: slOf("players contracts"), Run: slOneKeyEach, Want: pmN("slContractsOf", "contracts", "players")},
		{Name: "league/home-and-guest-as-a-set", Values: true, About: "the ids of two columns are put into one set, and each is read", Setup: slOf("matches teams"), Run: slHomeAndGuest, Want: pmN("Name", "teams", "matches")},
		{Name: "league/two-reads-into-one-list", Values: true, About: "those who scored and those who were booked make one list, which is read one by one", Setup: slOf("goals cards contracts"), Run: slTwoLists, Want: pmN("slTwoLists", "contracts", "")},
		{Name: "league/regions-below", About: "a tree, each node reads its children: WITH RECURSIVE", Setup: slOf("regions"), Run: slRegionsBelow, Want: pmN("below", "regions", "")},
		{Name: "league/comments-above", About: "each comment is read by the key that the one before has", Setup: slOf("comments"), Run: slCommentsAbove, Want: pmN("slCommentsAbove", "comments", "")},
		{Name: "league/locked-one-by-one", Systems: whServers, About: "each stand is locked by a SELECT of its own: one FOR UPDATE takes all", Setup: slOf("stands audit"), Run: slLockEach, Want: pmN("", "stands", "stands")},
	}
}

func slNewestOfTeams(ctx context.Context, e *Env) error {
	s := whOpen(e)
	page := 0
	for _, team := range pmIDs(ctx, s, "SELECT id FROM teams WHERE place < ? ORDER BY place DESC", 9) {
		page += drain(s.db.QueryContext(ctx, s.q("SELECT title, day FROM news WHERE team_id = ? ORDER BY day DESC LIMIT ?"), team, 3))
	}
	if page == 0 {
		return errors.New("no news")
	}
	return nil
}

func slRounds(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var plan [][]int64
	for round := 1; round <= 6; round++ {
		plan = append(plan, ints(s.db.QueryContext(ctx, s.q("SELECT id, day FROM matches WHERE season_id = ? AND round_n = ? ORDER BY day"), 2, round)))
	}
	if len(plan) != 6 {
		return errors.New("a round is missing")
	}
	return nil
}

func slCalendar(ctx context.Context, e *Env) error {
	s := whOpen(e)
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var week [7]int64
	for i := range week {
		day := monday.AddDate(0, 0, i).Format(time.DateOnly)
		if err := s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM visits WHERE day = ?"), day).Scan(&week[i]); err != nil {
			return fmt.Errorf("%s: %w", day, err)
		}
	}
	return nil
}

func slWindows(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, w := range pairs(s.db.QueryContext(ctx, "SELECT opens_at, closes_at FROM windows ORDER BY opens_at")) {
		var n, fees int64
		if err := s.db.QueryRowContext(ctx, s.q("SELECT count(*), COALESCE(SUM(fee), 0) FROM transfers WHERE day BETWEEN ? AND ?"), w[0], w[1]).Scan(&n, &fees); err != nil {
			return err
		}
	}
	return nil
}

func slHeadToHead(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, m := range (slMatches{s}).Where(ctx, "season_id = ?", 4) {
		drain(s.db.QueryContext(ctx, s.q("SELECT home_goals, guest_goals FROM matches WHERE day < 4000 AND (home_id = ? AND guest_id = ? OR home_id = ? AND guest_id = ?)"), m.home, m.guest, m.guest, m.home))
	}
	return nil
}

func slScorers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, m := range (slMatches{s}).Where(ctx, "home_goals > guest_goals") {
		drain(s.db.QueryContext(ctx, s.q("SELECT name FROM players WHERE id IN (SELECT player_id FROM goals WHERE match_id = ?) ORDER BY name"), m.id))
	}
	return nil
}

func slLogins(ctx context.Context, e *Env) error {
	s := whOpen(e)
	unknown := []string{}
	for _, login := range []string{"U041", "u205", "U999", "U123", "u164", "U777"} { // lines of a file
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM users WHERE LOWER(login) = LOWER(?)"), login), new(int64)) {
			unknown = append(unknown, login)
		}
	}
	if len(unknown) != 2 {
		return errors.New("two are unknown")
	}
	return nil
}

func (t slTeams) left(ctx context.Context, id, budget int64) int64 {
	var wages int64
	one(t.db.QueryRowContext(ctx, t.q("SELECT COALESCE(SUM(wage), 0) FROM contracts WHERE team_id = ?"), id), &wages)
	return budget - wages
}

func slFirstRich(ctx context.Context, e *Env) error {
	t := slTeams{whOpen(e)}
	tried := 0
	for _, v := range pairs(t.db.QueryContext(ctx, "SELECT id, budget FROM teams ORDER BY budget")) {
		if tried++; t.left(ctx, v[0], v[1]) > 0 && tried > 8 {
			return nil
		}
	}
	return errors.New("nobody is rich")
}

// slContractsOf are the contracts of a list of players.
func slContractsOf(ctx context.Context, s whStore, players ...int64) []int64 {
	return ints(s.db.QueryContext(ctx, s.q("SELECT wage FROM contracts WHERE player_id IN ("+whMarks(len(players))+")"), whArgs(players)...))
}

func slOneKeyEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	dear := 0
	for _, p := range (slPlayers{s}).Rated(ctx, 72) {
		if wages := slContractsOf(ctx, s, p.id); len(wages) > 0 && slices.Max(wages) > 5000 {
			dear++
		}
	}
	_ = dear
	return nil
}

func slHomeAndGuest(ctx context.Context, e *Env) error {
	s := whOpen(e)
	names := map[int64]string{}
	for _, m := range (slMatches{s}).Where(ctx, "day > ?", 3100) {
		names[m.home], names[m.guest] = "", ""
	}
	for _, id := range slices.Sorted(maps.Keys(names)) {
		names[id] = slTeams{s}.Name(ctx, id)
	}
	return nil
}

func slTwoLists(ctx context.Context, e *Env) error {
	s := whOpen(e)
	list := append(pmIDs(ctx, s, "SELECT player_id FROM goals WHERE minute_n > ?", 60), pmIDs(ctx, s, "SELECT player_id FROM cards WHERE color = ?", "yellow")...)
	slices.Sort(list)
	for _, player := range slices.Compact(list) {
		drain(s.db.QueryContext(ctx, s.q("SELECT number, wage FROM contracts WHERE player_id = ?"), player))
	}
	return nil
}

type slRegions struct{ whStore }

func (r slRegions) below(ctx context.Context, id int64) (n int) {
	for _, child := range ints(r.db.QueryContext(ctx, r.q("SELECT id FROM regions WHERE parent_id = ? ORDER BY name"), id)) {
		n += 1 + r.below(ctx, child)
	}
	return n
}

func slRegionsBelow(ctx context.Context, e *Env) error {
	if n := (slRegions{whOpen(e)}).below(ctx, 1); n != 14 {
		return fmt.Errorf("%d regions", n)
	}
	return nil
}

func slCommentsAbove(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var thread []string
	for id := int64(9); id != 0; {
		var body string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT parent_id, body FROM comments WHERE id = ?"), id), &id, &body) {
			break
		}
		thread = append(thread, body)
	}
	if len(thread) != 9 {
		return fmt.Errorf("%d comments", len(thread))
	}
	return nil
}

func slLockEach(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		free := int64(0)
		for _, v := range pairs(s.db.QueryContext(ctx, s.q("SELECT stadium_id, free_n FROM stands WHERE letter = ? ORDER BY stadium_id"), "B")) {
			var n int64
			if err := s.db.QueryRowContext(ctx, s.q("SELECT free_n FROM stands WHERE stadium_id = ? AND letter = 'B' FOR UPDATE"), v[0]).Scan(&n); err != nil {
				return err
			}
			free += n
		}
		tiExec(ctx, s, "INSERT INTO audit (actor, action) VALUES ('u041', ?)", fmt.Sprint(free))
		return nil
	})
}
