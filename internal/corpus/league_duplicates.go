package corpus

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// slDuplicateCases ask again what has been answered and cannot have changed.
func slDuplicateCases() []Case {
	return []Case{
		{Name: "league/season-in-three-widgets", About: "three widgets of a page ask for the season that runs", Setup: slOf("seasons standings matches"), Run: slThreeWidgets, Want: pmD("slSeason", "seasons")},
		{Name: "league/limit-in-the-loop", About: "the same setting is read for each transfer: once before the loop", Setup: slOf("transfers settings"), Run: slSettingInLoop, Want: pmD("slSetting", "settings")},
		{Name: "league/user-of-middleware-and-handler", About: "the middleware reads the user, and the handler again", Setup: slOf("sessions users teams"), Run: slUserTwice, Want: pmD("slUser", "users")},
		{Name: "league/total-of-head-and-foot", About: "the pager in the head and the one in the foot count alike", Setup: slOf("holders"), Run: slPagerTwice, Want: pmD("total", "holders")},
		{Name: "league/exists-then-the-player", About: "EXISTS, and then the row with the same condition", Setup: slOf("players"), Run: slExistsThenRow, Want: pmD("", "players")},
		{Name: "league/budget-then-name", About: "two helpers read two columns of one row", Setup: slOf("teams"), Run: slTwoColumns, Want: pmD("", "teams")},
		{Name: "league/no-ban-three-times", About: "three checks look for an injury that is not there", Setup: slOf("injuries players"), Run: slNoInjury, Want: pmD("isInjured", "injuries")},
		{Name: "league/log-between", About: "a log entry is written between two reads of a contract", Setup: slOf("contracts audit"), Run: slLogBetween, Want: pmD("wage", "contracts")},
		{Name: "league/both-goroutines-ask", About: "two goroutines of a page need the same list", Setup: slOf("stadiums matches"), Run: slBothAsk, Want: pmD("slStadiums", "stadiums")},
		{Name: "league/list-for-two-functions", About: "the menu and the table list the teams, with the same query at two places", Setup: slOf("teams"), Run: slListTwice, Want: pmD("", "teams")},
		{Name: "league/gorm-two-services", About: "GORM: two services take the same player", Setup: slOf("players contracts"), Run: slGormTwice, Want: pmD("", "players")},
		{Name: "league/bun-check-and-view", About: "bun: the check of the permission reads the match, the view reads it again", Setup: slOf("matches goals"), Run: slBunTwice, Want: pmD("slBunMatch", "matches")},
		{Name: "league/two-checks-before-the-write", About: "two checks of one transaction read the same stand, and then an order is written elsewhere", Setup: slOf("stands audit"), Run: slTwoChecks, Want: pmD("free", "stands")},
	}
}

func slSeason(ctx context.Context, s whStore, day int64) (id int64, name string) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT id, name FROM seasons WHERE starts_at <= ? AND ends_at >= ?"), day, day), &id, &name)
	return id, name
}

func slThreeWidgets(ctx context.Context, e *Env) error {
	s := whOpen(e)
	widgets := []func(season int64){
		func(id int64) {
			drain(s.db.QueryContext(ctx, s.q("SELECT team_id, points FROM standings WHERE season_id = ? ORDER BY points DESC LIMIT 5"), id))
		},
		func(id int64) {
			drain(s.db.QueryContext(ctx, s.q("SELECT id, day FROM matches WHERE season_id = ? AND day > ?"), id, 4100))
		},
		func(int64) {},
	}
	for _, widget := range widgets {
		id, name := slSeason(ctx, s, 4080)
		if widget(id); name == "" {
			return errors.New("no season")
		}
	}
	return nil
}

func slSetting(ctx context.Context, s whStore, name string) (value string) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT value FROM settings WHERE name = ?"), name), &value)
	return value
}

func slSettingInLoop(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var fees []string
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT id, fee FROM transfers WHERE state = 'asked' ORDER BY day")) {
		fees = append(fees, fmt.Sprintf("%d: %s %% of %d", v[0], slSetting(ctx, s, "set-4"), v[1]))
	}
	_ = fees
	return nil
}

func slUser(ctx context.Context, s whStore, id int64) (login string, team int64) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT login, team_id FROM users WHERE id = ?"), id), &login, &team)
	return login, team
}

func slUserTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	withUser := func(next func(user int64) error) error {
		var user int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT user_id FROM sessions WHERE token = ?"), slUUID(103)), &user)
		if login, _ := slUser(ctx, s, user); login == "" {
			return errors.New("who are you?")
		}
		return next(user)
	}
	return withUser(func(user int64) error {
		_, team := slUser(ctx, s, user)
		if (slTeams{s}).Name(ctx, team) == "" {
			return errors.New("no team")
		}
		return nil
	})
}

type slPager struct{ whStore }

func (p slPager) total(ctx context.Context) (n int64) {
	one(p.db.QueryRowContext(ctx, p.q("SELECT count(*) FROM holders WHERE team_id IN (?, ?) AND deleted_at = 0"), 2, 7), &n)
	return n
}

func slPagerTwice(ctx context.Context, e *Env) error {
	p := slPager{whOpen(e)}
	head := p.total(ctx)
	drain(p.db.QueryContext(ctx, p.q("SELECT number, name FROM holders WHERE team_id IN (?, ?) AND deleted_at = 0 ORDER BY name LIMIT 2"), 2, 7))
	if foot := p.total(ctx); head != foot {
		return errors.New("two totals")
	}
	return nil
}

func slExistsThenRow(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var is bool
	one(s.db.QueryRowContext(ctx, s.q("SELECT EXISTS(SELECT 1 FROM players WHERE id = ? AND deleted_at = 0)"), 23), &is)
	if !is {
		return errors.New("not found")
	}
	var name, bio string
	return s.db.QueryRowContext(ctx, s.q("SELECT name, bio FROM players WHERE id = ? AND deleted_at = 0"), 23).Scan(&name, &bio)
}

func slTwoColumns(ctx context.Context, e *Env) error {
	t := slTeams{whOpen(e)}
	var budget int64
	one(t.db.QueryRowContext(ctx, t.q("SELECT budget FROM teams WHERE id = ?"), 8), &budget)
	if name := t.Name(ctx, 8); budget < 5000 {
		return errors.New("poor " + name)
	}
	return nil
}

func slNoInjury(ctx context.Context, e *Env) error {
	p := slPlayers{whOpen(e)}
	const player = 3
	for _, check := range []string{"squad", "lineup", "bench"} {
		if p.isInjured(ctx, player) {
			return errors.New("injured: " + check)
		}
		if check == "lineup" {
			drain(p.db.QueryContext(ctx, p.q("SELECT name, rating FROM players WHERE id = ?"), player))
		}
	}
	return nil
}

type slContracts struct{ whStore }

func (c slContracts) wage(ctx context.Context, number string) (cents int64, err error) {
	err = c.db.QueryRowContext(ctx, c.q("SELECT wage FROM contracts WHERE number = ?"), number).Scan(&cents)
	return cents, err
}

func slLogBetween(ctx context.Context, e *Env) error {
	c := slContracts{whOpen(e)}
	was, err := c.wage(ctx, "K-421")
	if err != nil {
		return err
	}
	tiExec(ctx, c.whStore, "INSERT INTO audit (actor, action) VALUES ('u082', ?)", fmt.Sprint("saw ", was))
	is, err := c.wage(ctx, "K-421")
	if err == nil && is != was {
		err = errors.New("another wage")
	}
	return err
}

func slStadiums(ctx context.Context, s whStore) []int64 {
	return ints(s.db.QueryContext(ctx, s.q("SELECT id, seats FROM stadiums WHERE seats > ? ORDER BY seats DESC"), 14000))
}

func slBothAsk(ctx context.Context, e *Env) error {
	s := whOpen(e)
	g, gctx := errgroup.WithContext(ctx)
	for _, limit := range []int{3, 6} {
		g.Go(func() error {
			if n := len(slStadiums(gctx, s)); n > limit+10 {
				return errors.New("too many")
			}
			return nil
		})
	}
	return g.Wait()
}

func slListTwice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	menu := pmTexts(ctx, s, "SELECT name FROM teams WHERE place <= ? ORDER BY name", 6)
	table := whScan[string](s.db.QueryContext(ctx, s.q("SELECT name FROM teams WHERE place <= ? ORDER BY name"), 6))(func(v *string) []any { return []any{v} })
	if len(menu) != len(table) {
		return errors.New("two lists")
	}
	return nil
}

func slGormTwice(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	medical := func(id int64) (p slPlayerModel, err error) {
		err = db.First(&p, id).Error
		return p, err
	}
	transfer := func(id int64) (p slPlayerModel, err error) {
		err = db.First(&p, id).Error
		return p, err
	}
	if _, err := medical(14); err != nil {
		return err
	}
	_, err := transfer(14)
	return err
}

func slBunMatch(ctx context.Context, e *Env, id int64) (m slMatchModel, err error) {
	err = e.Bun().NewSelect().Model(&m).Where("id = ?", id).Scan(ctx)
	return m, err
}

func slBunTwice(ctx context.Context, e *Env) error {
	if m, err := slBunMatch(ctx, e, 11); err != nil || m.SeasonID != 2 {
		return errors.Join(err, errors.New("not yours"))
	}
	if _, err := e.Bun().NewSelect().Model((*slGoalModel)(nil)).Where("match_id = ?", 11).Count(ctx); err != nil {
		return err
	}
	_, err := slBunMatch(ctx, e, 11)
	return err
}

type slStands struct{ whStore }

func (t slStands) free(ctx context.Context, stadium int64, letter string) (n int64) {
	one(t.db.QueryRowContext(ctx, t.q("SELECT free_n FROM stands WHERE stadium_id = ? AND letter = ?"), stadium, letter), &n)
	return n
}

func slTwoChecks(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		t := slStands{s}
		if t.free(ctx, 6, "A") < 2 || t.free(ctx, 6, "A") > 5000 {
			return errors.New("not possible")
		}
		tiExec(ctx, s, "INSERT INTO audit (actor, action) VALUES ('u041', 'two seats of A')")
		return nil
	})
}
