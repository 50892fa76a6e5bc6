package corpus

import (
	"context"
	"errors"

	"github.com/uptrace/bun"
)

// slMoreWriteCases are the write-loops of GORM, bun and sqlx, and some that are far from their query.
func slMoreWriteCases() []Case {
	return []Case{
		{Name: "league/gorm-create-each", About: "GORM: Create for each holder: CreateInBatches, or a slice", Setup: slOf("holders notices"), Run: slGormCreate, Want: pmW("slGormCreate", "notices", "holders")},
		{Name: "league/gorm-save-each", About: "GORM: Save for each team after a change of one column", Setup: slOf("teams"), Run: slGormSave, Want: pmW("slGormSave", "teams", "teams")},
		{Name: "league/gorm-append-each", Values: true, About: "GORM: Association.Append for each article: rows of the table between, one by one", Setup: slOf("news news_tags tags"), Run: slGormAppend, Want: pmW("slGormAppend", "news_tags", "news")},
		{Name: "league/bun-insert-each", Values: true, About: "bun: NewInsert for each player of a list: a slice as the model", Setup: slOf("players notices"), Run: slBunInsert, Want: pmW("slBunInsert", "notices", "players")},
		{Name: "league/bun-update-by-key", About: "bun: WherePK for each team, in a transaction", Setup: slOf("teams"), Run: slBunUpdate, Want: pmW("", "teams", "teams")},
		{Name: "league/sqlx-named-exec-each", About: "sqlx: NamedExec for each struct: it takes a slice", Setup: slOf("notices"), Run: slSqlxNamed, Want: pmW("slSqlxNamed", "notices", none)},
		{Name: "league/seats-until-there-are-none", About: "a cleaning reads ten at a time, and deletes each", Setup: slOf("season_tickets"), Run: slClean, Want: pmW("slClean", "season_tickets", "season_tickets")},
		{Name: "league/visitor-that-writes", Values: true, About: "a walk of a tree in memory writes at each node", Setup: append(slOf("regions"), "CREATE TABLE depths (region_id BIGINT PRIMARY KEY, depth BIGINT)"), Run: slVisitor, Want: pmW("visit", "depths", "regions")},
		{Name: "league/counted-for-each-event", About: "the same UPDATE with the same arguments, once for each event", Setup: slOf("stands"), Run: slSameUpdate, Want: pmW("slSameUpdate", "stands", none)},
	}
}

func slGormCreate(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var ids []int64
	if err := db.Table("holders").Where("team_id > ?", 4).Order("number").Pluck("id", &ids).Error; err != nil {
		return err
	}
	for _, id := range ids {
		if err := db.Create(&slNoticeModel{HolderID: id, Body: "the bus leaves at noon", State: "new"}).Error; err != nil {
			return err
		}
	}
	return nil
}

func slGormSave(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var teams []slTeamModel
	if err := db.Where("budget < ?", 103000).Find(&teams).Error; err != nil {
		return err
	}
	for i := range teams {
		teams[i].Fans += 10
		if err := db.Save(&teams[i]).Error; err != nil {
			return err
		}
	}
	return nil
}

func slGormAppend(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var news []slNewsModel
	if err := db.Where("day > ?", 4050).Find(&news).Error; err != nil {
		return err
	}
	for i := range news {
		if err := db.Omit("Tags.*").Model(&news[i]).Association("Tags").Append(&slTagModel{ID: 6}); err != nil {
			return err
		}
	}
	return nil
}

func slBunInsert(ctx context.Context, e *Env) error {
	db := e.Bun()
	var players []slPlayerModel
	if err := db.NewSelect().Model(&players).Where("rating < ?", 55).Order("id").Scan(ctx); err != nil {
		return err
	}
	for _, p := range players {
		if _, err := db.NewInsert().Model(&slNoticeModel{HolderID: p.ID, Body: "train more", State: "new"}).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func slBunUpdate(ctx context.Context, e *Env) error {
	return e.Bun().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		var teams []slTeamModel
		if err := tx.NewSelect().Model(&teams).Where("place > ?", 4).Order("place").Scan(ctx); err != nil {
			return err
		}
		for i := range teams {
			teams[i].Budget += 500
			if _, err := tx.NewUpdate().Model(&teams[i]).Column("budget").WherePK().Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func slSqlxNamed(ctx context.Context, e *Env) error {
	db := e.SQLX()
	for i := range 6 { // of a file
		n := slNoticeModel{HolderID: int64(i*3 + 2), Body: "gate B", State: "new"}
		if _, err := db.NamedExecContext(ctx, "INSERT INTO notices (holder_id, body, state) VALUES (:holder_id, :body, :state)", n); err != nil {
			return err
		}
	}
	return nil
}

func slClean(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for {
		ids := pmIDs(ctx, s, "SELECT id FROM season_tickets WHERE season_id < ? ORDER BY id LIMIT 10", 4)
		for _, id := range ids {
			if _, err := s.db.ExecContext(ctx, s.q("DELETE FROM season_tickets WHERE id = ?"), id); err != nil {
				return err
			}
		}
		if len(ids) < 10 {
			return nil
		}
	}
}

type slNode struct {
	id       int64
	children []*slNode
}

func (r slRegions) visit(ctx context.Context, n *slNode, depth int64) error {
	if _, err := r.db.ExecContext(ctx, r.q("INSERT INTO depths (region_id, depth) VALUES (?, ?)"), n.id, depth); err != nil {
		return err
	}
	for _, child := range n.children {
		if err := r.visit(ctx, child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func slVisitor(ctx context.Context, e *Env) error {
	r := slRegions{whOpen(e)}
	nodes := map[int64]*slNode{0: {}}
	for _, v := range pairs(r.db.QueryContext(ctx, "SELECT id, parent_id FROM regions ORDER BY id")) {
		nodes[v[0]] = &slNode{id: v[0]}
		nodes[v[1]].children = append(nodes[v[1]].children, nodes[v[0]])
	}
	if len(nodes) != 16 {
		return errors.New("a region is missing")
	}
	return r.visit(ctx, nodes[0].children[0], 0)
}

func slSameUpdate(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for range 6 { // scans at the gate, which came in one message
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE stands SET free_n = free_n - 1 WHERE stadium_id = ? AND letter = ?"), 5, "C"); err != nil {
			return err
		}
	}
	return nil
}
