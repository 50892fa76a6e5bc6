package corpus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"text/template"
)

// slHiddenReadCases are loops that nobody sees at the line of the query: a template, an encoder, a
// comparison, a getter, a callback, a worker.
func slHiddenReadCases() []Case {
	return []Case{
		{Name: "league/getter-that-loads", About: "the getter loads the team at its first call and keeps it: one read for each player", Setup: slOf("players teams"), Run: slLazyGetter, Want: pmN("Team", "teams", "players")},
		{Name: "league/method-in-a-template", About: "a method of each row is called by the template", Setup: slOf("matches goals"), Run: slInTemplate, Want: pmN("Goals", "goals", "matches")},
		{Name: "league/encoder-of-each-row", About: "MarshalJSON of each row reads what it nests", Setup: slOf("holders season_tickets"), Run: slInEncoder, Want: pmN("MarshalJSON", "season_tickets", "holders")},
		{Name: "league/comparison-that-reads", Values: true, About: "the comparison of a sort reads both sides, the same twelve keys again and again", Setup: slOf("teams standings"), Run: slInComparison, Want: pmN("points", "standings", "teams")},
		{Name: "league/callback-of-pages", About: "the list comes by pages of eight to a callback, which reads for each row", Setup: slOf("holders teams"), Run: slPagedCallback, Want: pmN("Name", "teams", "holders")},
		{Name: "league/workers-at-a-channel", Values: true, About: "three workers take the ids from a channel", Setup: slOf("players contracts"), Run: slWorkers, Want: pmN("", "contracts", "players")},
		{Name: "league/generic-by-key", About: "a generic function reads one row by its key, called by Map of a slice", Setup: slOf("contracts players"), Run: slGeneric, Want: pmN("", "players", "contracts"),
			Same: sameRows("SELECT id, rating FROM players WHERE id = ?", []int64{8, 15, 29, 36, 3})},
		{Name: "league/middleware-for-each-event", About: "each event of a batch goes through a chain, whose first link reads the sender's role", Setup: slOf("users comments"), Run: slEventChain, Want: pmN("", "users", none)},
	}
}

type slLazy struct {
	slPlayer
	teams slTeams
	team  string
}

// Team is the name of the player's team, which is read when somebody asks for it.
func (p *slLazy) Team(ctx context.Context) string {
	if p.team == "" {
		one(p.teams.db.QueryRowContext(ctx, p.teams.q("SELECT name FROM teams WHERE id = ?"), p.slPlayer.team), &p.team)
	}
	return p.team
}

func slLazyGetter(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var list []*slLazy
	for _, p := range (slPlayers{s}).Rated(ctx, 75) {
		list = append(list, &slLazy{slPlayer: p, teams: slTeams{s}})
	}
	for _, p := range list {
		if p.Team(ctx) == "" || p.Team(ctx) != p.team {
			return errors.New("no team")
		}
	}
	return nil
}

type slRow struct {
	slMatch
	ctx   context.Context
	store slMatches
}

// Goals is for the template.
func (r slRow) Goals() (n int64, err error) {
	err = r.store.db.QueryRowContext(r.ctx, r.store.q("SELECT count(*) FROM goals WHERE match_id = ? AND kind <> 'own'"), r.id).Scan(&n)
	return n, err
}

func slInTemplate(ctx context.Context, e *Env) error {
	m := slMatches{whOpen(e)}
	var rows []slRow
	for _, match := range m.Where(ctx, "season_id IN (?, ?)", 1, 2) {
		rows = append(rows, slRow{match, ctx, m})
	}
	page := template.Must(template.New("").Parse("{{range .}}<li>{{.Goals}} goals</li>{{end}}"))
	return page.Execute(io.Discard, rows)
}

type slHolder struct {
	ID    int64
	ctx   context.Context
	store whStore
}

// MarshalJSON writes a holder with the seats.
func (h slHolder) MarshalJSON() ([]byte, error) {
	seats := ints(h.store.db.QueryContext(h.ctx, h.store.q("SELECT seat FROM season_tickets WHERE holder_id = ? ORDER BY seat"), h.ID))
	return json.Marshal(map[string]any{"id": h.ID, "seats": seats})
}

func slInEncoder(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var list []slHolder
	for _, id := range pmIDs(ctx, s, "SELECT id FROM holders WHERE points > ? AND deleted_at = 0 ORDER BY points DESC", 180) {
		list = append(list, slHolder{id, ctx, s})
	}
	var out bytes.Buffer
	return json.NewEncoder(&out).Encode(list)
}

func slInComparison(ctx context.Context, e *Env) error {
	t := slTable{whOpen(e)}
	teams := pmIDs(ctx, t.whStore, "SELECT id FROM teams ORDER BY name")
	slices.SortFunc(teams, func(a, b int64) int {
		left, _ := t.points(ctx, a)
		right, _ := t.points(ctx, b)
		return int(right - left)
	})
	if teams[0] != 1 {
		return errors.New("the wrong champion")
	}
	return nil
}

// slEachHolder calls a function for each holder, who are read by pages.
func slEachHolder(ctx context.Context, s whStore, do func(id, team int64)) {
	for after := int64(0); ; {
		page := pairs(s.db.QueryContext(ctx, s.q("SELECT id, team_id FROM holders WHERE id > ? ORDER BY id LIMIT 8"), after))
		for _, v := range page {
			do(v[0], v[1])
			after = v[0]
		}
		if len(page) < 8 {
			return
		}
	}
}

func slPagedCallback(ctx context.Context, e *Env) error {
	s := whOpen(e)
	fans := map[string]int{}
	slEachHolder(ctx, s, func(_, team int64) { fans[slTeams{s}.Name(ctx, team)]++ })
	return nil
}

func slWorkers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := make(chan int64)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for id := range ids {
				var wage int64
				_ = s.db.QueryRowContext(ctx, s.q("SELECT wage FROM contracts WHERE player_id = ?"), id).Scan(&wage)
			}
		})
	}
	for _, p := range (slPlayers{s}).Rated(ctx, 78) {
		ids <- p.id
	}
	close(ids)
	group.Wait()
	return nil
}

func slGet[T any](ctx context.Context, s whStore, table, columns string, id int64, into func(*T) []any) (v T) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT "+columns+" FROM "+table+" WHERE id = ?"), id), into(&v)...)
	return v
}

func slMap[A, B any](list []A, do func(A) B) (out []B) {
	for _, v := range list {
		out = append(out, do(v))
	}
	return out
}

func slGeneric(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type player struct{ id, rating int64 }
	players := slMap(pmIDs(ctx, s, "SELECT player_id FROM contracts WHERE ends_at < ? ORDER BY ends_at", 3600), func(id int64) player {
		return slGet(ctx, s, "players", "id, rating", id, func(p *player) []any { return []any{&p.id, &p.rating} })
	})
	if len(players) < 5 {
		return errors.New("too few")
	}
	return nil
}

type slHandler func(ctx context.Context, sender int64) error

// slRole is a link of the chain.
func slRole(s whStore, next slHandler) slHandler {
	return func(ctx context.Context, sender int64) error {
		role := ""
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT role FROM users WHERE id = ?"), sender), &role) || role == "guest" {
			return errors.New("not allowed")
		}
		return next(ctx, sender)
	}
}

func slEventChain(ctx context.Context, e *Env) error {
	n := 0
	chain := slRole(whOpen(e), func(context.Context, int64) error { n++; return nil })
	for _, sender := range []int64{4, 2, 4, 6, 1, 2, 4, 5, 4, 3} { // of a batch of a queue
		if err := chain(ctx, sender); err != nil {
			return err
		}
	}
	return nil
}
