package corpus

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// slReadCases read a row, or the rows of one, at a time.
func slReadCases() []Case {
	return []Case{
		{Name: "league/team-of-each-player", About: "many to one: the repository is asked for the team of each player", Setup: slOf("players teams"), Run: slTeamOfPlayers, Want: pmN("Name", "teams", "players"),
			Same: sameRows("SELECT name FROM teams WHERE id = ?", []int64{3, 8, 11, 5, 2})},
		{Name: "league/best-player-of-each-team", About: "one to many, and only the first of each: ROW_NUMBER or LATERAL", Setup: slOf("teams players"), Run: slBestOfTeams, Want: pmN("slBestOfTeams", "players", "teams")},
		{Name: "league/tags-of-each-article", About: "many to many: the key of the loop is a UUID in the table between", Setup: slOf("news news_tags tags"), Run: slTagsOfNews, Want: pmN("slTagsOfNews", "tags", "news"),
			Same: sameRowsOf("SELECT t.name FROM tags t JOIN news_tags n ON n.tag_id = t.id WHERE n.news_id = ?", []string{slUUID(2), slUUID(7), slUUID(12), slUUID(3)}, nil, nil)},
		{Name: "league/comments-of-each-team", About: "a relation by kind and id of its owner", Setup: slOf("teams comments"), Run: slCommentsOfTeams, Want: pmN("of", "comments", "teams")},
		{Name: "league/biography-of-each-player", About: "a column was left out of the list, and is read for each row after it", Setup: slOf("players"), Run: slBiographies, Want: pmN("slBiographies", "players", "players")},
		{Name: "league/agents-that-repeat", About: "twenty and more players have four agents: the keys repeat, and a JOIN repairs it", Setup: slOf("players agents"), Run: slAgentsRepeat, Want: pmN("slAgentsRepeat", "agents", "players")},
		{Name: "league/champion-of-each-season", About: "four seasons, four reads: few, and each of them is a key of the list", Setup: append(slOf("seasons standings"), "INSERT INTO standings VALUES (1, 3, 10, 28, 9), (2, 5, 10, 27, 8), (3, 4, 10, 25, 7)"), Run: slChampions, Want: pmN("champion", "standings", "seasons")},
		{Name: "league/stands-of-three-stadiums", About: "three stadiums of a city, each in its goroutine", Values: true, Setup: append(slOf("stadiums stands"), "UPDATE stadiums SET city = 'north' WHERE id IN (2, 5, 7)"), Run: slThreeStadiums, Want: pmN("", "stands", "stadiums")},
		{Name: "league/number-in-the-text", About: "the ids stand in the text: many texts, one loop", Setup: slOf("transfers players"), Run: slIDInText, Want: pmN("slIDInText", "players", "transfers")},
		{Name: "league/referee-of-each-match", About: "a text key, prepared, and the same few licenses for many matches", Setup: slOf("matches referees"), Run: slRefereeOfMatches, Want: pmN("slRefereeOfMatches", "referees", "matches")},
		{Name: "league/points-by-season-and-team", About: "a key of two columns, of which one is the same each time", Setup: slOf("teams standings"), Run: slPointsOfTeams, Want: pmN("points", "standings", "teams"),
			Same: sameRowsOf("SELECT points, diff FROM standings WHERE team_id = ? AND season_id = 4", []int64{3, 7, 12, 5, 1}, nil, []any{4})},
		{Name: "league/coach-unless-null", Values: true, About: "teams without a coach are passed over, the others are asked for theirs", Setup: slOf("teams coaches"), Run: slCoaches, Want: pmN("slCoaches", "coaches", "teams"),
			Same: sameRows("SELECT name, badge FROM coaches WHERE id = ?", []int64{501, 504, 510, 508})},
		{Name: "league/filtered-in-memory", Values: true, About: "the list is filtered in Go, what is left is read one by one", Setup: slOf("players contracts"), Run: slFilteredPlayers, Want: pmN("slFilteredPlayers", "contracts", "players")},
		{Name: "league/players-to-compare", About: "the ids came with the request", Setup: slOf("players"), Run: slComparePlayers, Want: pmN("slComparePlayers", "players", none),
			Same: sameRows("SELECT name, rating FROM players WHERE id = ?", []int64{31, 8, 22, 15, 39})},
		{Name: "league/injured-or-not", About: "EXISTS for each player of a squad", Setup: slOf("players injuries"), Run: slInjured, Want: pmN("isInjured", "injuries", "players")},
		{Name: "league/goals-counted-by-match", About: "count(*) for each match: GROUP BY", Setup: slOf("matches goals"), Run: slGoalsCounted, Want: pmN("Goals", "goals", "matches")},
		{Name: "league/wages-of-each-team", About: "a sum for each team, over a list of states that is the same each time", Setup: slOf("teams contracts"), Run: slWages, Want: pmN("slWages", "contracts", "teams")},
		{Name: "league/three-newest-of-each-team", About: "the LIMIT is an argument, too", Setup: slOf("teams news"), Run: slNewestOfTeams, Want: pmN("slNewestOfTeams", "news", "teams")},
	}
}

func slTeamOfPlayers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	teams := slTeams{s}
	squads := map[string][]string{}
	for _, p := range (slPlayers{s}).Rated(ctx, 60) {
		name := teams.Name(ctx, p.team)
		squads[name] = append(squads[name], p.name)
	}
	if len(squads) < 5 {
		return errors.New("too few squads")
	}
	return nil
}

func slBestOfTeams(ctx context.Context, e *Env) error {
	s := whOpen(e)
	best := map[int64]string{}
	for _, team := range pmIDs(ctx, s, "SELECT id FROM teams ORDER BY name") {
		var name string
		if one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM players WHERE team_id = ? ORDER BY rating DESC LIMIT 1"), team), &name) {
			best[team] = name
		}
	}
	return nil
}

func slTagsOfNews(ctx context.Context, e *Env) error {
	s := whOpen(e)
	index := map[string]int{}
	for _, id := range pmTexts(ctx, s, "SELECT id FROM news WHERE day > ? ORDER BY day DESC", 4030) {
		tags := whScan[string](s.db.QueryContext(ctx, s.q("SELECT t.name FROM tags t JOIN news_tags n ON n.tag_id = t.id WHERE n.news_id = ?"), id))(func(v *string) []any { return []any{v} })
		for _, tag := range tags {
			index[tag]++
		}
	}
	return nil
}

type slComments struct{ whStore }

func (c slComments) of(ctx context.Context, kind string, id int64) int {
	return drain(c.db.QueryContext(ctx, c.q("SELECT body, votes FROM comments WHERE subject_kind = ? AND subject_id = ? ORDER BY votes DESC"), kind, id))
}

func slCommentsOfTeams(ctx context.Context, e *Env) error {
	c := slComments{whOpen(e)}
	silent := 0
	for _, team := range pmIDs(ctx, c.whStore, "SELECT id FROM teams WHERE budget > ? ORDER BY code", 95000) {
		if c.of(ctx, "team", team) == 0 {
			silent++
		}
	}
	_ = silent
	return nil
}

func slBiographies(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, p := range (slPlayers{s}).Rated(ctx, 80) {
		var bio string
		if err := s.db.QueryRowContext(ctx, s.q("SELECT bio FROM players WHERE id = ?"), p.id).Scan(&bio); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func slAgentsRepeat(ctx context.Context, e *Env) error {
	s := whOpen(e)
	bill := map[string]int64{}
	for _, p := range (slPlayers{s}).Rated(ctx, 65) {
		var agent string
		var share int64
		if one(s.db.QueryRowContext(ctx, s.q("SELECT name, share FROM agents WHERE id = ?"), p.agent), &agent, &share) {
			bill[agent] += share
		}
	}
	return nil
}

type slTable struct{ whStore }

func (t slTable) champion(ctx context.Context, season int64) (team int64) {
	one(t.db.QueryRowContext(ctx, t.q("SELECT team_id FROM standings WHERE season_id = ? ORDER BY points DESC, diff DESC LIMIT 1"), season), &team)
	return team
}

func (t slTable) points(ctx context.Context, team int64) (points, diff int64) {
	one(t.db.QueryRowContext(ctx, t.q("SELECT points, diff FROM standings WHERE team_id = ? AND season_id = 4"), team), &points, &diff)
	return points, diff
}

func slChampions(ctx context.Context, e *Env) error {
	t := slTable{whOpen(e)}
	var hall []int64
	for _, season := range pmIDs(ctx, t.whStore, "SELECT id FROM seasons ORDER BY name DESC") {
		hall = append(hall, t.champion(ctx, season))
	}
	if len(hall) != 4 {
		return errors.New("a season without champion")
	}
	return nil
}

func slThreeStadiums(ctx context.Context, e *Env) error {
	s := whOpen(e)
	stadiums := pmIDs(ctx, s, "SELECT id FROM stadiums WHERE city = ? ORDER BY seats", "north")
	seats := make([]int64, len(stadiums))
	g, gctx := errgroup.WithContext(ctx)
	for i, id := range stadiums {
		g.Go(func() error {
			return s.db.QueryRowContext(gctx, s.q("SELECT SUM(free_n) FROM stands WHERE stadium_id = ?"), id).Scan(&seats[i])
		})
	}
	return g.Wait()
}

func slIDInText(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, player := range pmIDs(ctx, s, "SELECT player_id FROM transfers WHERE state = 'asked' ORDER BY fee") {
		var name string
		if !one(s.db.QueryRowContext(ctx, fmt.Sprintf("SELECT name FROM players WHERE id = %d AND deleted_at = 0", player)), &name) {
			return fmt.Errorf("player %d is gone", player)
		}
	}
	return nil
}

func slRefereeOfMatches(ctx context.Context, e *Env) error {
	s := whOpen(e)
	stmt, err := e.DB.PrepareContext(ctx, s.q("SELECT name, level FROM referees WHERE license = ?"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	for _, m := range (slMatches{s}).Where(ctx, "state = ? AND season_id > ?", "over", 1) {
		var name string
		var level int64
		if err := stmt.QueryRowContext(ctx, m.referee).Scan(&name, &level); err != nil {
			return err
		}
	}
	return nil
}

func slPointsOfTeams(ctx context.Context, e *Env) error {
	t := slTable{whOpen(e)}
	total := int64(0)
	for _, team := range pmIDs(ctx, t.whStore, "SELECT id FROM teams WHERE fans = 0 ORDER BY city, name") {
		points, _ := t.points(ctx, team)
		total += points
	}
	if total == 0 {
		return errors.New("nobody has points")
	}
	return nil
}

func slCoaches(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type team struct {
		name  string
		coach *int64
	}
	for _, t := range whScan[team](s.db.QueryContext(ctx, "SELECT name, coach_id FROM teams ORDER BY place"))(func(t *team) []any { return []any{&t.name, &t.coach} }) {
		var name, badge string
		if t.coach != nil && !one(s.db.QueryRowContext(ctx, s.q("SELECT name, badge FROM coaches WHERE id = ?"), *t.coach), &name, &badge) {
			return errors.New("no coach for " + t.name)
		}
	}
	return nil
}

func slFilteredPlayers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	wages := int64(0)
	for _, p := range (slPlayers{s}).Rated(ctx, 50) {
		var wage int64
		if p.rating%2 == 0 && p.team != 4 && one(s.db.QueryRowContext(ctx, s.q("SELECT wage FROM contracts WHERE player_id = ? AND state = 'running'"), p.id), &wage) {
			wages += wage
		}
	}
	_ = wages
	return nil
}

func slComparePlayers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range []int64{31, 8, 22, 15, 39, 4} { // of the query string
		var name string
		var rating int64
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT name, rating FROM players WHERE id = ?"), id), &name, &rating) {
			return fmt.Errorf("no player %d", id)
		}
	}
	return nil
}

func (p slPlayers) isInjured(ctx context.Context, id int64) (is bool) {
	one(p.db.QueryRowContext(ctx, p.q("SELECT EXISTS(SELECT 1 FROM injuries WHERE player_id = ? AND ends_at > ?)"), id, 4103), &is)
	return is
}

func slInjured(ctx context.Context, e *Env) error {
	p := slPlayers{whOpen(e)}
	var fit []string
	for _, player := range p.Rated(ctx, 70) {
		if !p.isInjured(ctx, player.id) {
			fit = append(fit, player.name)
		}
	}
	_ = fit
	return nil
}

func slGoalsCounted(ctx context.Context, e *Env) error {
	m := slMatches{whOpen(e)}
	for _, match := range m.Where(ctx, "day BETWEEN ? AND ?", 2000, 3999) {
		n, err := m.Goals(ctx, match.id)
		if err != nil || n > 10 {
			return errors.Join(err, errors.New("too many goals"))
		}
	}
	return nil
}

func slWages(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, team := range pmIDs(ctx, s, "SELECT id FROM teams ORDER BY budget DESC") {
		var sum int64
		if err := s.db.QueryRowContext(ctx, s.q("SELECT COALESCE(SUM(wage), 0) FROM contracts WHERE team_id = ? AND state IN ('running', 'option', 'lent')"), team).Scan(&sum); err != nil {
			return err
		}
	}
	return nil
}
