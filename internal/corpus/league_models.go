package corpus

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// slModelCases are the loops of reads of GORM, bun and sqlx.
func slModelCases() []Case {
	return []Case{
		{Name: "league/gorm-first-team", About: "GORM: First for the team of each player: Preload or Joins", Setup: slOf("players teams"), Run: slGormFirst, Want: pmN("slGormFirst", "teams", "players")},
		{Name: "league/gorm-count-of-association", About: "GORM: Association.Count for each team: a counter, or GROUP BY", Setup: slOf("teams players"), Run: slGormCount, Want: pmN("slGormCount", "players", "teams")},
		{Name: "league/gorm-tags-of-each-article", About: "GORM: many to many, Association.Find for each article", Setup: slOf("news news_tags tags"), Run: slGormTags, Want: pmN("slGormTags", "tags", "news")},
		{Name: "league/gorm-hook-that-reads", About: "GORM: AfterFind of each row reads the agent: four agents for all", Setup: slOf("players agents"), Run: slGormHook, Want: pmN("AfterFind", "agents", "players")},
		{Name: "league/gorm-preload-for-one-each", About: "GORM: a Preload for each match instead of one for all: two statements in one loop", Setup: slOf("transfers teams players"), Run: slGormPreloadOne, Want: pmN("slGormPreloadOne", "players", "transfers")},
		{Name: "league/gorm-batches-and-a-read-each", Values: true, About: "GORM: FindInBatches reads by ten, and its callback a row for each", Setup: slOf("contracts players"), Run: slGormBatches, Want: pmN("", "players", "contracts")},
		{Name: "league/gorm-half-preloaded", About: "GORM: the players are preloaded, the contracts are not", Setup: slOf("teams players contracts"), Run: slGormHalf, Want: pmN("slGormHalf", "contracts", "teams")},
		{Name: "league/gorm-four-pages", About: "GORM: four seasons, the last matches of each", Setup: slOf("seasons matches"), Run: slGormFour, Want: pmN("slGormFour", "matches", "seasons")},
		{Name: "league/bun-contract-of-each-player", About: "bun: Scan for each player of those that are left after a filter", Values: true, Setup: slOf("players contracts"), Run: slBunContract, Want: pmN("slBunContract", "contracts", "players")},
		{Name: "league/sqlx-select-of-goals", About: "sqlx: Select for each match: sqlx.In", Setup: slOf("matches goals"), Run: slSqlxSelect, Want: pmN("slSqlxSelect", "goals", "matches"),
			Same: sameRows("SELECT id, match_id, player_id, minute_n, kind FROM goals WHERE match_id = ?", []int64{13, 18, 15, 17, 14})},
	}
}

func slGormFirst(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var players []slPlayerModel
	if err := db.Where("rating > ?", 66).Order("rating DESC").Find(&players).Error; err != nil {
		return err
	}
	for i := range players {
		players[i].Team = new(slTeamModel)
		if err := db.First(players[i].Team, players[i].TeamID).Error; err != nil {
			return fmt.Errorf("%s: %w", players[i].Name, err)
		}
	}
	return nil
}

func slGormCount(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var teams []slTeamModel
	if err := db.Order("name").Find(&teams).Error; err != nil {
		return err
	}
	for i := range teams {
		if n := db.Model(&teams[i]).Association("Players").Count(); n > 10 {
			return fmt.Errorf("%s has %d players", teams[i].Name, n)
		}
	}
	return nil
}

func slGormTags(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var news []slNewsModel
	if err := db.Where("day > ?", 4040).Find(&news).Error; err != nil {
		return err
	}
	for i := range news {
		if err := db.Model(&news[i]).Association("Tags").Find(&news[i].Tags); err != nil {
			return err
		}
	}
	return nil
}

type slHooked struct {
	ID      int64
	Name    string
	AgentID int64
	Agent   string `gorm:"-"`
}

func (slHooked) TableName() string { return "players" }

// AfterFind completes a player.
func (p *slHooked) AfterFind(tx *gorm.DB) error {
	return tx.Session(&gorm.Session{NewDB: true}).Raw("SELECT name FROM agents WHERE id = ?", p.AgentID).Scan(&p.Agent).Error
}

func slGormHook(ctx context.Context, e *Env) error {
	var players []slHooked
	err := e.GORM().WithContext(ctx).Where("rating BETWEEN ? AND ?", 60, 85).Find(&players).Error
	if err == nil && (len(players) < 8 || players[0].Agent == "") {
		return errors.New("no agents")
	}
	return err
}

func slGormPreloadOne(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var ids []int64
	if err := db.Table("transfers").Where("fee > ?", 50000).Order("id").Pluck("player_id", &ids).Error; err != nil {
		return err
	}
	for _, id := range ids {
		var p slPlayerModel
		if err := db.Preload("Team").Take(&p, id).Error; err != nil {
			return err
		}
	}
	return nil
}

func slGormBatches(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var page []slContractModel
	return db.Where("state = ?", "running").FindInBatches(&page, 10, func(*gorm.DB, int) error {
		for _, c := range page {
			var p slPlayerModel
			if err := db.First(&p, c.PlayerID).Error; err != nil {
				return err
			}
		}
		return nil
	}).Error
}

func slGormHalf(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var teams []slTeamModel
	if err := db.Preload("Players").Where("budget > ?", 93000).Find(&teams).Error; err != nil {
		return err
	}
	for _, t := range teams {
		var wages int64
		if err := db.Model(&slContractModel{}).Select("COALESCE(SUM(wage), 0)").Where("team_id = ?", t.ID).Scan(&wages).Error; err != nil {
			return err
		}
		if wages < int64(len(t.Players)) {
			return errors.New("somebody plays for nothing")
		}
	}
	return nil
}

func slGormFour(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var seasons []int64
	if err := db.Table("seasons").Order("starts_at DESC").Pluck("id", &seasons).Error; err != nil {
		return err
	}
	for _, season := range seasons {
		var last []slMatchModel
		if err := db.Where("season_id = ?", season).Order("day DESC").Limit(2).Find(&last).Error; err != nil {
			return err
		}
	}
	return nil
}

func slBunContract(ctx context.Context, e *Env) error {
	db := e.Bun()
	var players []slPlayerModel
	if err := db.NewSelect().Model(&players).Where("deleted_at = 0").Order("name").Scan(ctx); err != nil {
		return err
	}
	for i := range players {
		if players[i].Rating < 80 {
			continue
		}
		if err := db.NewSelect().Model(&players[i].Contracts).Where("player_id = ?", players[i].ID).Where("state = 'running'").Scan(ctx); err != nil {
			return err
		}
	}
	return nil
}

func slSqlxSelect(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var matches []int64
	if err := db.SelectContext(ctx, &matches, db.Rebind("SELECT id FROM matches WHERE season_id = ? ORDER BY day DESC"), 3); err != nil {
		return err
	}
	for _, id := range matches {
		var goals []slGoalModel
		if err := db.SelectContext(ctx, &goals, db.Rebind("SELECT id, match_id, player_id, minute_n, kind FROM goals WHERE match_id = ?"), id); err != nil {
			return err
		}
	}
	return nil
}
