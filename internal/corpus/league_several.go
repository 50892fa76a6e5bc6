package corpus

import (
	"context"
	"errors"
	"fmt"
)

// slSeveralCases are loops with several statements, and several loops of one unit.
func slSeveralCases() []Case {
	return []Case{
		{Name: "league/resolvers-of-each-match", About: "three resolvers run for each match, in turn: one loop", Setup: slOf("matches teams referees goals"), Run: slResolvers, Want: []Want{{Kind: "n+1", Table: "goals", Parent: "matches", Also: []string{"SELECT", "SELECT"}}}},
		{Name: "league/subject-of-each-comment", Values: true, About: "a comment's subject is in one of three tables, by its kind: one loop", Setup: slOf("comments matches players teams"), Run: slSubjects("id <= 24 ORDER BY id"), Want: pmN("", "", "comments")},
		{Name: "league/subjects-in-runs", Values: true, About: "as before, in an order that has several of a kind one after the other", Setup: slOf("comments matches players teams"), Run: slSubjects("id <= 22 ORDER BY id % 6, id"), Want: []Want{{Kind: "n+1", Parent: "comments"}}},
		{Name: "league/scorers-where-there-are-goals", Values: true, About: "the goals of each match, and of those with enough the first scorer: other counts, one loop", Setup: slOf("matches goals players"), Run: slFirstScorers, Want: pmN("slFirstScorers", "goals", "matches")},
		{Name: "league/three-levels", About: "stadiums, the matches of each, the goals of each match: a loop in a loop", Setup: slOf("stadiums matches goals"), Run: slThreeLevels, Want: append(pmN("at", "matches", "stadiums"), pmN("Goals", "goals", "matches")...)},
		{Name: "league/inner-loop-of-two", About: "the outer loop runs twice, the inner one for each of twelve matches", Setup: slOf("matches cards"), Run: slInnerOfTwo, Want: pmN("slInnerOfTwo", "cards", "matches")},
		{Name: "league/two-loops-over-one-list", About: "one list, a loop for the goals and another for the cards: two findings", Setup: slOf("matches goals cards"), Run: slTwoLoops, Want: append(pmN("Goals", "goals", "matches"), pmN("slTwoLoops", "cards", "matches")...)},
		{Name: "league/read-then-write-each", About: "a row is read and another written for each ticket: one finding, and it is the write's", Setup: slOf("season_tickets holders notices"), Run: slReadWrite, Want: []Want{{Kind: "write-loop", Func: "slReadWrite", Table: "notices", Parent: "season_tickets", Also: reads}}},
		{Name: "league/write-where-it-is-wrong", Values: true, About: "each match is counted, and those written whose count is wrong", Setup: slOf("matches goals"), Run: slWriteWhereWrong, Want: []Want{{Kind: "write-loop", Table: "matches", Parent: "matches", Also: reads}}},
		{Name: "league/two-tables-for-each", About: "a transfer is accepted and logged, for each", Setup: slOf("transfers audit"), Run: slTwoTables, Want: []Want{{Kind: "write-loop", Func: "accept", Table: "transfers", Parent: "transfers"}}},
		{Name: "league/find-or-create-tags", About: "each tag of a form is looked up, and made where there is none", Setup: slOf("tags"), Run: slFindOrCreate, Want: []Want{{Kind: "write-loop", Table: "tags", Parent: none, Also: reads}}},
		{Name: "league/transaction-for-each", About: "each contract is prolonged in a transaction of its own, which reads before it writes", Setup: slOf("contracts"), Run: slTxEach, Want: []Want{{Kind: "write-loop", Table: "contracts", Parent: "contracts", Also: reads}}},
	}
}

type slResolver struct{ whStore }

func (r slResolver) home(ctx context.Context, m slMatch) (name string) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT name FROM teams WHERE id = ?"), m.home), &name)
	return name
}

func (r slResolver) referee(ctx context.Context, m slMatch) (name string) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT name FROM referees WHERE license = ?"), m.referee), &name)
	return name
}

func (r slResolver) scorers(ctx context.Context, m slMatch) string {
	return fmt.Sprint(ints(r.db.QueryContext(ctx, r.q("SELECT player_id FROM goals WHERE match_id = ? ORDER BY minute_n"), m.id)))
}

func slResolvers(ctx context.Context, e *Env) error {
	r := slResolver{whOpen(e)}
	fields := []func(context.Context, slMatch) string{r.home, r.referee, r.scorers}
	for _, m := range slMatches(r).Where(ctx, "season_id = ?", 2) {
		for _, field := range fields {
			if field(ctx, m) == "" {
				return errors.New("an empty field")
			}
		}
	}
	return nil
}

func slSubjects(where string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		s := whOpen(e)
		find := map[string]string{"match": "SELECT state FROM matches WHERE id = ?", "player": "SELECT name FROM players WHERE id = ?", "team": "SELECT name FROM teams WHERE id = ?"}
		type comment struct {
			kind    string
			subject int64
		}
		for _, c := range whScan[comment](s.db.QueryContext(ctx, "SELECT subject_kind, subject_id FROM comments WHERE "+where))(func(c *comment) []any { return []any{&c.kind, &c.subject} }) {
			var title string
			if !one(s.db.QueryRowContext(ctx, s.q(find[c.kind]), c.subject), &title) {
				return fmt.Errorf("no %s %d", c.kind, c.subject)
			}
		}
		return nil
	}
}

func slFirstScorers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, m := range (slMatches{s}).Where(ctx, "season_id >= ?", 3) {
		scorers := ints(s.db.QueryContext(ctx, s.q("SELECT player_id FROM goals WHERE match_id = ? ORDER BY minute_n"), m.id))
		if i%2 == 0 && len(scorers) > 1 {
			var name string
			one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM players WHERE id = ?"), scorers[0]), &name)
		}
	}
	return nil
}

func (m slMatches) at(ctx context.Context, stadium int64) []int64 {
	return ints(m.db.QueryContext(ctx, m.q("SELECT id, day FROM matches WHERE stadium_id = ? ORDER BY day"), stadium))
}

func slThreeLevels(ctx context.Context, e *Env) error {
	m := slMatches{whOpen(e)}
	for _, stadium := range pmIDs(ctx, m.whStore, "SELECT id FROM stadiums ORDER BY name") {
		for _, match := range m.at(ctx, stadium) {
			if _, err := m.Goals(ctx, match); err != nil {
				return err
			}
		}
	}
	return nil
}

func slInnerOfTwo(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, season := range []int64{4, 2} {
		for _, m := range (slMatches{s}).Where(ctx, "season_id = ?", season) {
			drain(s.db.QueryContext(ctx, s.q("SELECT color, player_id FROM cards WHERE match_id = ?"), m.id))
		}
	}
	return nil
}

func slTwoLoops(ctx context.Context, e *Env) error {
	s := whOpen(e)
	matches := slMatches{s}.Where(ctx, "season_id = ?", 1)
	for _, m := range matches {
		if _, err := (slMatches{s}).Goals(ctx, m.id); err != nil {
			return err
		}
	}
	for _, m := range matches {
		drain(s.db.QueryContext(ctx, s.q("SELECT player_id, color FROM cards WHERE match_id = ? ORDER BY minute_n"), m.id))
	}
	return nil
}

func slReadWrite(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, holder := range pmIDs(ctx, s, "SELECT holder_id FROM season_tickets WHERE season_id = ? ORDER BY seat", 2) {
		var name string
		if err := s.db.QueryRowContext(ctx, s.q("SELECT name FROM holders WHERE id = ?"), holder).Scan(&name); err != nil {
			return err
		}
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO notices (holder_id, body, state) VALUES (?, ?, 'new')"), holder, "Dear "+name); err != nil {
			return err
		}
	}
	return nil
}

func slWriteWhereWrong(ctx context.Context, e *Env) error {
	m := slMatches{whOpen(e)}
	for _, v := range pairs(m.db.QueryContext(ctx, "SELECT id, home_goals + guest_goals FROM matches ORDER BY day")) {
		n, err := m.Goals(ctx, v[0])
		if err != nil {
			return err
		}
		if n != v[1] {
			tiExec(ctx, m.whStore, "UPDATE matches SET state = 'check' WHERE id = ?", v[0])
		}
	}
	return nil
}

type slDesk struct{ whStore }

func (d slDesk) accept(ctx context.Context, id int64) error {
	if _, err := d.db.ExecContext(ctx, d.q("UPDATE transfers SET state = 'accepted' WHERE id = ?"), id); err != nil {
		return err
	}
	_, err := d.db.ExecContext(ctx, d.q("INSERT INTO audit (actor, action) VALUES ('desk', ?)"), fmt.Sprint("accepts ", id))
	return err
}

func slTwoTables(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, id := range pmIDs(ctx, s, "SELECT id FROM transfers WHERE state = 'asked' AND fee < ? ORDER BY day", 70000) {
			if err := (slDesk{s}).accept(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

func slFindOrCreate(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, name := range []string{"tag-4", "derby", "tag-25", "cup", "youth", "tag-1", "women"} { // of the form
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM tags WHERE name = ?"), name), new(int64)) {
			if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO tags (name) VALUES (?)"), name); err != nil {
				return err
			}
		}
	}
	return nil
}

func slTxEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM contracts WHERE ends_at < ? ORDER BY ends_at", 3500) {
		err := s.atomically(ctx, nil, func(s whStore) error {
			var wage int64
			if err := s.db.QueryRowContext(ctx, s.q("SELECT wage FROM contracts WHERE id = ?"), id).Scan(&wage); err != nil {
				return err
			}
			_, err := s.db.ExecContext(ctx, s.q("UPDATE contracts SET ends_at = ends_at + 1000, wage = ? WHERE id = ?"), wage*103/100, id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
