package corpus

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"gorm.io/gorm"
)

// slQuietReadCases are the repaired loops of reads, and what looks like them.
func slQuietReadCases() []Case {
	return []Case{
		{Name: "league/joined-teams", About: "the teams come by a JOIN", Setup: slOf("players teams"), Run: slJoined},
		{Name: "league/chunks-with-a-rest-of-one", About: "the ids are read in chunks of four, and the last has one", Setup: slOf("players contracts"), Run: slChunks},
		{Name: "league/best-by-row-number", About: "the best of each team by one window", Setup: slOf("players"), Run: slRowNumber},
		{Name: "league/regions-by-level", About: "four levels, four lists of keys", Setup: slOf("regions"), Run: slByLevel},
		{Name: "league/regions-recursive", About: "the tree by one statement", Setup: slOf("regions"), Run: slRecursive},
		{Name: "league/two-players-of-a-form", About: "two rows, read at two lines", Setup: slOf("players contracts"), Run: slTwoPlayers},
		{Name: "league/two-seasons-in-a-loop", About: "a loop that runs twice", Setup: slOf("seasons standings"), Run: slTwoSeasons},
		{Name: "league/holders-by-keyset", About: "pages after the last key", Setup: slOf("holders"), Run: slKeyset},
		{Name: "league/goals-by-offset", About: "pages by LIMIT and OFFSET", Setup: slOf("goals"), Run: slOffset},
		{Name: "league/archive-by-ranges-of-keys", About: "ranges of ten keys each, which come from nowhere", Setup: slOf("goals"), Run: slRanges},
		{Name: "league/nobody-to-be-asked", About: "no row has a coach: the loop sends nothing", Setup: append(slOf("teams coaches"), "UPDATE teams SET coach_id = NULL"), Run: slCoaches},
		{Name: "league/names-from-a-map", About: "all teams are read once into a map", Setup: slOf("players teams"), Run: slNamesFromMap},
		{Name: "league/page-of-one-match", About: "a page of one match: seven statements, both teams by one helper", Setup: slOf("matches teams referees goals cards stadiums"), Run: slOneMatch},
		{Name: "league/key-after-key", About: "a chain through four tables, one row of each", Setup: slOf("goals players contracts teams"), Run: slChain},
		{Name: "league/loader-per-kind", About: "the subjects of all comments, by one list for each kind", Setup: slOf("comments matches players teams"), Run: slLoaderPerKind},
		{Name: "league/gorm-preloaded", About: "GORM: Preload of two levels", Setup: slOf("teams players contracts"), Run: slGormPreloaded},
		{Name: "league/gorm-two-relations-one-table", About: "GORM: home and guest are preloaded from one table", Setup: slOf("matches teams"), Run: slGormBothTeams},
		{Name: "league/gorm-batches-with-preload", About: "GORM: batches of five, each with a Preload, and a rest", Setup: slOf("matches goals"), Run: slGormBatchPreload},
		{Name: "league/bun-relations", About: "bun: has-many and belongs-to by Relation", Setup: slOf("players teams contracts"), Run: slBunRelations},
		{Name: "league/sqlx-in", About: "sqlx.In for the goals of all matches", Setup: slOf("matches goals"), Run: slSqlxIn},
		{Name: "league/first-that-has-a-seat", About: "the loop over the stadiums ends at the second", Setup: slOf("stadiums stands"), Run: slFirstSeat},
	}
}

func slJoined(ctx context.Context, e *Env) error {
	s := whOpen(e)
	drain(s.db.QueryContext(ctx, s.q("SELECT p.name, t.name FROM players p JOIN teams t ON t.id = p.team_id WHERE p.rating > ?"), 60))
	return nil
}

func slChunks(ctx context.Context, e *Env) error {
	s := whOpen(e)
	players := slMap((slPlayers{s}).Rated(ctx, 50), func(p slPlayer) int64 { return p.id })
	for chunk := range slices.Chunk(players[:13], 4) {
		if len(slContractsOf(ctx, s, chunk...)) > len(chunk) {
			return errors.New("two contracts")
		}
	}
	return nil
}

func slRowNumber(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT name, team_id FROM (SELECT name, team_id, ROW_NUMBER() OVER (PARTITION BY team_id ORDER BY rating DESC) AS n FROM players) r WHERE n = 1"))
	return nil
}

func slByLevel(ctx context.Context, e *Env) error {
	s := whOpen(e)
	level, seen := []int64{1}, 0
	for len(level) > 0 {
		seen += len(level)
		level = ints(s.db.QueryContext(ctx, s.q("SELECT id FROM regions WHERE parent_id IN ("+whMarks(len(level))+")"), whArgs(level)...))
	}
	if seen != 15 {
		return errors.New("a region is missing")
	}
	return nil
}

func slRecursive(ctx context.Context, e *Env) error {
	if n := drain(e.DB.QueryContext(ctx, "WITH RECURSIVE below AS (SELECT id, name FROM regions WHERE id = 1 UNION ALL SELECT r.id, r.name FROM regions r JOIN below b ON b.id = r.parent_id) SELECT id, name FROM below")); n != 15 {
		return errors.New("a region is missing")
	}
	return nil
}

func slTwoPlayers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	left := slContractsOf(ctx, s, 8)
	right := slContractsOf(ctx, s, 15)
	if len(left)+len(right) == 0 {
		return errors.New("no contract")
	}
	return nil
}

func slTwoSeasons(ctx context.Context, e *Env) error {
	t := slTable{whOpen(e)}
	for _, season := range pmIDs(ctx, t.whStore, "SELECT id FROM seasons WHERE starts_at >= ? ORDER BY id DESC", 3000) {
		t.champion(ctx, season)
	}
	return nil
}

func slKeyset(ctx context.Context, e *Env) error {
	n := 0
	slEachHolder(ctx, whOpen(e), func(int64, int64) { n++ })
	if n != 20 {
		return fmt.Errorf("%d holders", n)
	}
	return nil
}

func slOffset(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for offset := 0; ; offset += 8 {
		if n := drain(s.db.QueryContext(ctx, s.q("SELECT id, minute_n FROM goals WHERE kind = 'foot' ORDER BY minute_n, id LIMIT ? OFFSET ?"), 8, offset)); n < 8 {
			return nil
		}
	}
}

func slRanges(ctx context.Context, e *Env) error {
	s := whOpen(e)
	n := 0
	for from := 1; from <= 51; from += 10 {
		n += drain(s.db.QueryContext(ctx, s.q("SELECT id, match_id, player_id FROM goals WHERE id >= ? AND id < ? ORDER BY id"), from, from+10))
	}
	if n != 48 {
		return fmt.Errorf("%d goals", n)
	}
	return nil
}

func slNamesFromMap(ctx context.Context, e *Env) error {
	s := whOpen(e)
	budgets := map[int64]int64{}
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT id, budget FROM teams")) {
		budgets[v[0]] = v[1]
	}
	for _, p := range (slPlayers{s}).Rated(ctx, 55) {
		if budgets[p.team] == 0 {
			return errors.New("no budget for " + p.name)
		}
	}
	return nil
}

func slOneMatch(ctx context.Context, e *Env) error {
	s := whOpen(e)
	m := slMatches{s}.Where(ctx, "id = ?", 17)[0]
	title := slTeams{s}.Name(ctx, m.home) + " and " + slTeams{s}.Name(ctx, m.guest)
	var referee string
	one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM referees WHERE license = ?"), m.referee), &referee)
	drain(s.db.QueryContext(ctx, s.q("SELECT player_id, minute_n FROM goals WHERE match_id = ?"), m.id))
	drain(s.db.QueryContext(ctx, s.q("SELECT player_id, color FROM cards WHERE match_id = ?"), m.id))
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM stadiums WHERE id = ?"), 4), &title) || referee == "" {
		return errors.New("no referee")
	}
	return nil
}

func slChain(ctx context.Context, e *Env) error {
	s := whOpen(e)
	id := int64(33)
	for _, query := range []string{"SELECT player_id FROM goals WHERE id = ?", "SELECT team_id FROM players WHERE id = ?", "SELECT stadium_id FROM teams WHERE id = ?", "SELECT wage FROM contracts WHERE id = ?"} {
		one(s.db.QueryRowContext(ctx, s.q(query), id), &id)
	}
	return nil
}

func slLoaderPerKind(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, kind := range []string{"match", "player", "team"} {
		ids := pmIDs(ctx, s, "SELECT DISTINCT subject_id FROM comments WHERE subject_kind = ?", kind)
		table := map[string]string{"match": "matches", "player": "players", "team": "teams"}[kind]
		drain(s.db.QueryContext(ctx, s.q("SELECT id FROM "+table+" WHERE id IN ("+whMarks(len(ids))+")"), whArgs(ids)...))
	}
	return nil
}

func slGormPreloaded(ctx context.Context, e *Env) error {
	var teams []slTeamModel
	return e.GORM().WithContext(ctx).Preload("Players.Contracts").Preload("Contracts").Where("budget > ?", 92000).Find(&teams).Error
}

func slGormBothTeams(ctx context.Context, e *Env) error {
	var matches []slMatchModel
	return e.GORM().WithContext(ctx).Preload("Home").Preload("Guest").Where("season_id < ?", 4).Find(&matches).Error
}

func slGormBatchPreload(ctx context.Context, e *Env) error {
	var page []slMatchModel
	return e.GORM().WithContext(ctx).Preload("Goals").FindInBatches(&page, 5, func(*gorm.DB, int) error {
		for _, m := range page {
			if len(m.Goals) > 9 {
				return errors.New("too many goals")
			}
		}
		return nil
	}).Error
}

func slBunRelations(ctx context.Context, e *Env) error {
	var players []slPlayerModel
	return e.Bun().NewSelect().Model(&players).Relation("Team").Relation("Contracts").Where("rating > ?", 60).Scan(ctx)
}

func slSqlxIn(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var matches []int64
	if err := db.SelectContext(ctx, &matches, db.Rebind("SELECT id FROM matches WHERE season_id = ?"), 3); err != nil {
		return err
	}
	query, args, err := sqlx.In("SELECT id, match_id, player_id, minute_n, kind FROM goals WHERE match_id IN (?)", matches)
	if err != nil {
		return err
	}
	var goals []slGoalModel
	return db.SelectContext(ctx, &goals, db.Rebind(query), args...)
}

func slFirstSeat(ctx context.Context, e *Env) error {
	t := slStands{whOpen(e)}
	for i, stadium := range pmIDs(ctx, t.whStore, "SELECT id FROM stadiums ORDER BY seats DESC") {
		if t.free(ctx, stadium, "C") > 0 && i > 0 {
			return nil
		}
	}
	return errors.New("sold out")
}
