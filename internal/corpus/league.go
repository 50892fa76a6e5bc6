package corpus

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

// The cases of a sports league: seasons, teams and players, contracts and transfers, matches with
// goals, cards and referees, stadiums, tickets of season holders, standings, news and comments.
// Their kinds are those that detectors in other languages have in their own test suites.

// slLeague are its cases. SQLite is the server's database in all of them, and hints are off.
func slLeague() []Case {
	all := slices.Concat(
		slReadCases(), slOtherReadCases(), slHiddenReadCases(), slModelCases(), slSeveralCases(),
		slWriteCases(), slMoreWriteCases(), slDuplicateCases(),
		slQuietReadCases(), slQuietWriteCases(), slQuietAgainCases(),
	)
	for i := range all {
		all[i].SQLite, all[i].Hints = frServer, NoHints
	}
	return all
}

// slNull is a number, or NULL where it is 0.
func slNull(n int) string {
	if n == 0 {
		return "NULL"
	}
	return fmt.Sprint(n)
}

var slTables = map[string]tableOfRows{
	"seasons": {"id {auto}, name VARCHAR(10), starts_at BIGINT, ends_at BIGINT", "", 4, func(i int) string {
		return fmt.Sprintf("'20%d', %d, %d", 21+i, 1000*i, 1000*i+900)
	}},
	"teams": {"id {auto}, code VARCHAR(6), name VARCHAR(30), city VARCHAR(20), stadium_id BIGINT, coach_id BIGINT, budget BIGINT, fans BIGINT, place BIGINT", "UNIQUE (code)", 12, func(i int) string {
		return fmt.Sprintf("'TM%02d', 'team %d', 'city %d', %d, %s, %d, %d, %d", i*7, i, i%5, (i*3)%8+1, slNull([]int{0, 500 + i, 500 + i}[i%3]), 91000+1300*i, 0, i)
	}},
	"coaches": {"id BIGINT PRIMARY KEY, name VARCHAR(30), badge VARCHAR(10)", "", 12, func(i int) string { return fmt.Sprintf("%d, 'coach %d', 'badge %d'", 500+i, i, i%3) }},
	"players": {"id {auto}, name VARCHAR(30), team_id BIGINT, agent_id BIGINT, role VARCHAR(10), rating BIGINT, bio VARCHAR(100), deleted_at BIGINT", "", 40, func(i int) string {
		return fmt.Sprintf("'player %d', %d, %d, '%s', %d, 'born in 19%d', 0", i, (i*5)%12+1, i%4+1, []string{"goal", "back", "mid", "wing"}[i/2%4], (i*37)%60+40, 60+i)
	}},
	"agents": {"id {auto}, name VARCHAR(30), share BIGINT", "", 4, func(i int) string { return fmt.Sprintf("'agent %d', %d", i, 5+i) }},
	"contracts": {"id {auto}, number VARCHAR(10), player_id BIGINT, team_id BIGINT, wage BIGINT, ends_at BIGINT, state VARCHAR(10)", "UNIQUE (number)", 30, func(i int) string {
		return fmt.Sprintf("'K-%d', %d, %d, %d, %d, 'running'", 300+i*11, (i*7)%40+1, (i*5)%12+1, 2100+170*i, 3000+i*60)
	}},
	"transfers": {"id {auto}, player_id BIGINT, from_team BIGINT, to_team BIGINT, fee BIGINT, day BIGINT, state VARCHAR(10)", "", 14, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, %d, %d, 'asked'", (i*9)%40+1, (i*5)%12+1, (i*7)%12+1, 40000+3100*i, 950+290*i)
	}},
	"windows": {"id {auto}, name VARCHAR(20), opens_at BIGINT, closes_at BIGINT", "", 6, func(i int) string { return fmt.Sprintf("'window %d', %d, %d", i, 500+700*i, 1000+700*i) }},
	"stadiums": {"id {auto}, name VARCHAR(30), city VARCHAR(20), seats BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("'stadium %d', 'city %d', %d", i, i%5, 12000+900*i)
	}},
	"stands": {"stadium_id BIGINT, letter VARCHAR(2), seats BIGINT, free_n BIGINT", "PRIMARY KEY (stadium_id, letter)", 24, func(i int) string {
		return fmt.Sprintf("%d, '%c', %d, %d", (i-1)/3+1, 'A'+(i-1)%3, 4000+100*i, 300+i)
	}},
	"matches": {"id {auto}, season_id BIGINT, round_n BIGINT, home_id BIGINT, guest_id BIGINT, stadium_id BIGINT, referee VARCHAR(10), day BIGINT, state VARCHAR(10), home_goals BIGINT, guest_goals BIGINT", "", 24, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, %d, %d, 'R-%c', %d, 'over', %d, %d", (i-1)/6+1, (i-1)%6+1, (i*5)%12+1, (i*5+3)%12+1, (i*3)%8+1, 'a'+(i*2)%9, 1000*((i-1)/6+1)+40*((i-1)%6), i%4, i%3)
	}},
	"goals": {"id {auto}, match_id BIGINT, player_id BIGINT, minute_n BIGINT, kind VARCHAR(10)", "", 48, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'foot'", (i-1)%24+1, (i*11)%40+1, (i*13)%90+1)
	}},
	"cards": {"id {auto}, match_id BIGINT, player_id BIGINT, minute_n BIGINT, color VARCHAR(10)", "", 30, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'yellow'", (i*7)%24+1, (i*3)%40+1, (i*17)%90+1)
	}},
	"referees": {"license VARCHAR(10) PRIMARY KEY, name VARCHAR(30), level BIGINT, games_n BIGINT", "", 9, func(i int) string {
		return fmt.Sprintf("'R-%c', 'referee %d', %d, %d", 'a'+i-1, i, i%3+1, 30+i)
	}},
	"lineups": {"match_id BIGINT, player_id BIGINT, shirt BIGINT, place BIGINT", "PRIMARY KEY (match_id, player_id)", 48, func(i int) string {
		return rowOf((i-1)/4+1, (i*3)%40+1, i%22+1, (i-1)%4+1)
	}},
	"holders": {"id {auto}, number VARCHAR(12), name VARCHAR(30), email VARCHAR(40), team_id BIGINT, points BIGINT, deleted_at BIGINT", "UNIQUE (number)", 20, func(i int) string {
		return fmt.Sprintf("'H-%05d', 'holder %d', 'h%d@example.com', %d, %d, 0", i*173, i, i, (i*5)%12+1, 100+13*i)
	}},
	"season_tickets": {"id {auto}, holder_id BIGINT, season_id BIGINT, stand VARCHAR(2), seat BIGINT, price BIGINT, state VARCHAR(10)", "", 24, func(i int) string {
		return fmt.Sprintf("%d, %d, '%c', %d, %d, 'sold'", (i*3)%20+1, i%4+1, 'A'+i%3, 700+i*3, 31000+150*i)
	}},
	"standings": {"season_id BIGINT, team_id BIGINT, played BIGINT, points BIGINT, diff BIGINT", "PRIMARY KEY (season_id, team_id)", 12, func(i int) string { return rowOf(4, i, 10, 30-i, 9-i) }},
	"news": {"id VARCHAR(36) PRIMARY KEY, author_id BIGINT, team_id BIGINT, title VARCHAR(40), day BIGINT, views BIGINT", "", 16, func(i int) string {
		return fmt.Sprintf("'%s', %d, %d, 'title %d', %d, 0", slUUID(i), i%5+1, (i*5)%12+1, i, 4000+i*9)
	}},
	"tags": {"id {auto}, name VARCHAR(20)", "UNIQUE (name)", 6, func(i int) string { return fmt.Sprintf("'tag-%d'", i*i) }},
	"news_tags": {"news_id VARCHAR(36), tag_id BIGINT", "PRIMARY KEY (news_id, tag_id)", 32, func(i int) string {
		return fmt.Sprintf("'%s', %d", slUUID((i-1)/2+1), (i-1)/2%3+1+i%2*3)
	}},
	"comments": {"id {auto}, subject_kind VARCHAR(10), subject_id BIGINT, parent_id BIGINT, body VARCHAR(60), votes BIGINT", "", 30, func(i int) string {
		return fmt.Sprintf("'%s', %d, %d, 'comment %d', %d", []string{"match", "player", "team"}[i%3], (i*5)%12+1, i-1, i, i%7)
	}},
	"injuries":      {"id {auto}, player_id BIGINT, kind VARCHAR(20), ends_at BIGINT", "", 9, func(i int) string { return fmt.Sprintf("%d, 'knee', %d", (i*9)%40+1, 4100+i) }},
	"regions":       {"id {auto}, parent_id BIGINT, name VARCHAR(20)", "", 15, func(i int) string { return fmt.Sprintf("%d, 'region %d'", i/2, i) }},
	"users":         {"id {auto}, login VARCHAR(20), role VARCHAR(10), team_id BIGINT", "UNIQUE (login)", 6, func(i int) string { return fmt.Sprintf("'u%03d', 'editor', %d", i*41, (i*5)%12+1) }},
	"sessions":      {"token VARCHAR(36) PRIMARY KEY, user_id BIGINT", "", 5, func(i int) string { return fmt.Sprintf("'%s', %d", slUUID(100+i), i+1) }},
	"settings":      {"name VARCHAR(30) PRIMARY KEY, value VARCHAR(40)", "", 6, func(i int) string { return fmt.Sprintf("'set-%d', '%d'", i, i*5) }},
	"jobs":          {"id {auto}, kind VARCHAR(20), payload VARCHAR(40), state VARCHAR(10)", "", 8, func(i int) string { return fmt.Sprintf("'letter', 'holder %d', 'new'", i*2) }},
	"notices":       {"id {auto}, holder_id BIGINT, body VARCHAR(60), state VARCHAR(10)", "", 0, nil},
	"audit":         {"id {auto}, actor VARCHAR(20), action VARCHAR(40)", "", 0, nil},
	"player_awards": {"player_id BIGINT, season_id BIGINT, award VARCHAR(20)", "PRIMARY KEY (player_id, season_id)", 0, nil},
}

func slOf(names string) []string { return tablesOf(slTables, names) }

func slUUID(i int) string { return fmt.Sprintf("%08x-5a1e-4c0b-8f00-00000000%04d", i*7919, i) }

// slTeams is the repository of teams.
type slTeams struct{ whStore }

// Name is the name of a team.
func (t slTeams) Name(ctx context.Context, id int64) (name string) {
	one(t.db.QueryRowContext(ctx, t.q("SELECT name FROM teams WHERE id = ?"), id), &name)
	return name
}

type slPlayer struct {
	id, team, agent, rating int64
	name                    string
}

// slPlayers is the repository of players.
type slPlayers struct{ whStore }

// Rated are the players above a rating, the best ones first.
func (p slPlayers) Rated(ctx context.Context, above int64) []slPlayer {
	return whScan[slPlayer](p.db.QueryContext(ctx, p.q("SELECT id, team_id, agent_id, rating, name FROM players WHERE rating > ? AND deleted_at = 0 ORDER BY rating DESC"), above))(func(v *slPlayer) []any {
		return []any{&v.id, &v.team, &v.agent, &v.rating, &v.name}
	})
}

type slMatch struct {
	id, season, home, guest, day int64
	referee                      string
}

// slMatches is the repository of matches.
type slMatches struct{ whStore }

// Where are the matches of a condition.
func (m slMatches) Where(ctx context.Context, where string, args ...any) []slMatch {
	return whScan[slMatch](m.db.QueryContext(ctx, m.q("SELECT id, season_id, home_id, guest_id, day, referee FROM matches WHERE "+where+" ORDER BY day DESC"), args...))(func(v *slMatch) []any {
		return []any{&v.id, &v.season, &v.home, &v.guest, &v.day, &v.referee}
	})
}

// Goals is the number of goals of a match.
func (m slMatches) Goals(ctx context.Context, match int64) (n int64, err error) {
	err = m.db.QueryRowContext(ctx, m.q("SELECT count(*) FROM goals WHERE match_id = ?"), match).Scan(&n)
	return n, err
}

type (
	slTeamModel struct {
		bun.BaseModel `bun:"table:teams" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		Code          string
		Name          string
		Budget        int64
		Fans          int64
		Players       []slPlayerModel   `bun:"rel:has-many,join:id=team_id" gorm:"foreignKey:TeamID" db:"-"`
		Contracts     []slContractModel `bun:"rel:has-many,join:id=team_id" gorm:"foreignKey:TeamID" db:"-"`
	}
	slPlayerModel struct {
		bun.BaseModel `bun:"table:players" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		Name          string
		TeamID        int64 `db:"team_id"`
		AgentID       int64 `db:"agent_id"`
		Rating        int64
		Team          *slTeamModel      `bun:"rel:belongs-to,join:team_id=id" gorm:"foreignKey:TeamID" db:"-"`
		Contracts     []slContractModel `bun:"rel:has-many,join:id=player_id" gorm:"foreignKey:PlayerID" db:"-"`
	}
	slContractModel struct {
		bun.BaseModel `bun:"table:contracts" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		Number        string
		PlayerID      int64 `db:"player_id"`
		TeamID        int64 `db:"team_id"`
		Wage          int64
		State         string
	}
	slMatchModel struct {
		bun.BaseModel `bun:"table:matches" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		SeasonID      int64
		HomeID        int64
		GuestID       int64
		Day           int64
		Home          *slTeamModel  `bun:"rel:belongs-to,join:home_id=id" gorm:"foreignKey:HomeID"`
		Guest         *slTeamModel  `bun:"rel:belongs-to,join:guest_id=id" gorm:"foreignKey:GuestID"`
		Goals         []slGoalModel `bun:"rel:has-many,join:id=match_id" gorm:"foreignKey:MatchID"`
	}
	slGoalModel struct {
		bun.BaseModel `bun:"table:goals" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		MatchID       int64 `db:"match_id"`
		PlayerID      int64 `db:"player_id"`
		MinuteN       int64 `db:"minute_n"`
		Kind          string
	}
	slNewsModel struct {
		bun.BaseModel `bun:"table:news" gorm:"-"`
		ID            string `bun:"id,pk" gorm:"primaryKey"`
		TeamID        int64
		Title         string
		Views         int64
		Tags          []slTagModel `bun:"-" gorm:"many2many:news_tags;joinForeignKey:NewsID;joinReferences:TagID"`
	}
	slTagModel struct {
		bun.BaseModel `bun:"table:tags" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Name          string
	}
	slNoticeModel struct {
		bun.BaseModel `bun:"table:notices" gorm:"-"`
		ID            int64  `bun:"id,pk,autoincrement" gorm:"primaryKey" db:"id"`
		HolderID      int64  `db:"holder_id"`
		Body          string `db:"body"`
		State         string `db:"state"`
	}
)

func (slTeamModel) TableName() string     { return "teams" }
func (slPlayerModel) TableName() string   { return "players" }
func (slContractModel) TableName() string { return "contracts" }
func (slMatchModel) TableName() string    { return "matches" }
func (slGoalModel) TableName() string     { return "goals" }
func (slNewsModel) TableName() string     { return "news" }
func (slTagModel) TableName() string      { return "tags" }
func (slNoticeModel) TableName() string   { return "notices" }
