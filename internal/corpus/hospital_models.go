package corpus

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/querybudget/querybudget/budget"
)

type (
	// Ward and the others are models of the hospital.
	Ward struct {
		bun.BaseModel `bun:"table:wards" gorm:"-"`
		ID            int64 `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
		Name          string
		HeadID        int64
		Beds          []Bed `bun:"rel:has-many,join:id=ward_id" gorm:"foreignKey:WardID"`
	}
	// Bed stands in a ward.
	Bed struct {
		bun.BaseModel `bun:"table:beds" gorm:"-"`
		ID            int64 `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
		WardID        int64
		No            int64
		State         string
		PatientID     int64
		Version       int64
	}
	// Patient has tags, and what is attached to it.
	Patient struct {
		ID     int64 `gorm:"primaryKey;autoIncrement:false"`
		Name   string
		WardID int64
		Tags   []Label `gorm:"many2many:patient_labels;joinForeignKey:patient_id;joinReferences:label_id"`
		Files  []File  `gorm:"polymorphicType:OwnerType;polymorphicId:OwnerID;polymorphicValue:patient"`
		visits int64
	}
	// Label is a word for patients.
	Label struct {
		ID   int64 `gorm:"primaryKey;autoIncrement:false"`
		Name string
	}
	// File belongs to something.
	File struct {
		ID        int64 `gorm:"primaryKey;autoIncrement:false"`
		OwnerType string
		OwnerID   int64
	}
	// CountedPatient counts its visits when it is loaded.
	CountedPatient struct {
		ID     int64
		Name   string
		Visits int64 `gorm:"-"`
	}
	// AuditedBed writes a line when it is changed.
	AuditedBed struct {
		ID    int64
		State string
	}
	// Leaver is deleted by a moment.
	Leaver struct {
		ID        int64
		Name      string
		DeletedAt gorm.DeletedAt
	}
)

// TableName is that of patients.
func (CountedPatient) TableName() string { return "patients" }

// AfterFind counts the visits.
func (p *CountedPatient) AfterFind(tx *gorm.DB) error {
	return tx.Session(&gorm.Session{NewDB: true}).Table("visits").Where("patient_id = ?", p.ID).Count(&p.Visits).Error
}

// TableName is that of beds.
func (AuditedBed) TableName() string { return "beds" }

// AfterUpdate writes the line.
func (b *AuditedBed) AfterUpdate(tx *gorm.DB) error {
	return tx.Session(&gorm.Session{NewDB: true}).Exec("INSERT INTO audits (what, row_id) VALUES (?, ?)", "bed", b.ID).Error
}

// TableName is that of patients.
func (Leaver) TableName() string { return "patients" }

func labelled() []string {
	return and(
		patientsOf(3, 2),
		filled("labels", "id BIGINT PRIMARY KEY, name VARCHAR(20)", 3, func(i int) string { return fmt.Sprintf("%d, 'label %d'", i, i) }),
		filled("patient_labels", "patient_id BIGINT, label_id BIGINT, PRIMARY KEY (patient_id, label_id)", 6, func(i int) string { return rowOf(i, i%3+1) }),
		filled("files", "id BIGINT PRIMARY KEY, owner_type VARCHAR(10), owner_id BIGINT", 12, func(i int) string { return fmt.Sprintf("%d, 'patient', %d", i, (i+1)/2) }),
	)
}

// hospitalModels are the same with GORM, bun and sqlx.
func hospitalModels() []Case {
	ofWards := and(wards(6), bedsOf(6, 2))
	return []Case{
		{Name: "hospital/gorm-after-find", About: "a hook asks for something of each row that a Find has found", Setup: and(patientsOf(3, 2), visitsOf(6, 2)), Run: gormAfterFind,
			Want: []Want{proven(budget.NPlusOne, "", "visits", "patients")}},
		{Name: "hospital/gorm-after-update", About: "a hook writes a line about each bed: one loop", Setup: and(bedsOf(3, 2), audits()), Run: gormAfterUpdate,
			Want: []Want{{Kind: budget.WriteLoop, Table: "beds"}}},
		{Name: "hospital/gorm-preload-each", About: "First with Preload for each id: two statements, one loop", Setup: ofWards, Run: gormPreloadEach,
			Want: []Want{proven(budget.NPlusOne, "gormPreloadEach", "wards", "wards")}},
		{Name: "hospital/gorm-preload-scoped", About: "Preload with a condition and an order: the repair", Setup: ofWards, Run: gormPreloadScoped},
		{Name: "hospital/gorm-scopes", About: "a scope in a loop", Setup: ofWards, Run: gormScopes, Want: []Want{proven(budget.NPlusOne, "gormScopes", "beds", "wards")}},
		{Name: "hospital/gorm-prepared", About: "a session that prepares", Setup: ofWards, Run: gormPreparedSession, Want: []Want{proven(budget.NPlusOne, "gormPreparedSession", "beds", "wards")}},
		{Name: "hospital/gorm-association-count", About: "the count of an association for each row", Setup: ofWards, Run: gormAssociationCount, Want: []Want{proven(budget.NPlusOne, "gormAssociationCount", "beds", "wards")}},
		{Name: "hospital/gorm-polymorphic", About: "a polymorphic association for each row", Setup: labelled(), Run: gormPolymorphicEach, Want: []Want{found(budget.NPlusOne, "gormPolymorphicEach", "files", "patients")}},
		{Name: "hospital/gorm-polymorphic-preload", About: "its repair", Setup: labelled(), Run: gormPolymorphicPreload},
		{Name: "hospital/gorm-many-to-many", About: "Preload of many-to-many", Setup: labelled(), Run: gormManyToMany},
		{Name: "hospital/gorm-append-each", About: "a label is appended to each patient", Setup: labelled(), Run: gormAppendEach, Want: []Want{{Kind: budget.WriteLoop, Table: "patient_labels"}}},
		{Name: "hospital/gorm-batches-with-loop", About: "the patients of each batch are asked one by one", Values: true, Setup: and(patientsOf(3, 4), visitsOf(12, 1)), Run: gormBatchesWithLoop,
			Want: []Want{proven(budget.NPlusOne, "gormBatchesWithLoop.func1", "visits", "patients")}},
		{Name: "hospital/gorm-rows", About: "Rows and ScanRows, with a First for each while they are open", Setup: ofWards, Run: gormRowsOpen,
			Want: []Want{proven(budget.NPlusOne, "gormRowsOpen", "beds", "wards"), {Kind: budget.NestedQuery, Func: "gormRowsOpen", Table: "beds"}}},
		{Name: "hospital/gorm-soft-delete", About: "each row is deleted by a moment", Setup: patientsOf(3, 2), Run: gormSoftDelete, Want: []Want{{Kind: budget.WriteLoop, Func: "gormSoftDelete", Table: "patients"}}},
		{Name: "hospital/gorm-upserts", About: "an upsert for each", Setup: ofWards, Run: gormUpserts, Want: []Want{{Kind: budget.WriteLoop, Func: "gormUpserts", Table: "wards"}}},
		{Name: "hospital/gorm-upsert-slice", About: "its repair", Setup: ofWards, Run: gormUpsertSlice},
		{Name: "hospital/gorm-locked", About: "a row is locked, read and written", Systems: servers, Setup: bedsOf(2, 2), Run: gormLocked},
		{Name: "hospital/gorm-transaction-each", About: "an explicit transaction for each bed, which reads before it writes: by design", Setup: bedsOf(3, 2), Run: gormTransactionEach},
		{Name: "hospital/bun-relation-where", About: "a relation with a condition: the repair", Setup: ofWards, Run: bunRelationWhere},
		{Name: "hospital/bun-exists", About: "Exists for each row", Setup: ofWards, Run: bunExistsEach, Want: []Want{found(budget.NPlusOne, "bunExistsEach", "beds", "wards")}},
		{Name: "hospital/bun-upserts", About: "an upsert for each row", Systems: []string{"postgres", "sqlite"}, Setup: ofWards, Run: bunUpserts, Want: []Want{{Kind: budget.WriteLoop, Func: "bunUpserts", Table: "beds"}}},
		{Name: "hospital/bun-bulk-update", About: "updates of slices, six times", Systems: []string{"postgres"}, Setup: bedsOf(6, 3), Run: bunBulkUpdates},
		{Name: "hospital/sqlx-rows-open", About: "Queryx and StructScan, with a Get for each while they are open", Setup: ofWards, Run: sqlxRowsOpen,
			Want: []Want{proven(budget.NPlusOne, "sqlxRowsOpen", "beds", "wards"), {Kind: budget.NestedQuery, Func: "sqlxRowsOpen", Table: "beds"}}},
		{Name: "hospital/sqlx-named-query", About: "a named query for each row", Setup: ofWards, Run: sqlxNamedEach, Want: []Want{proven(budget.NPlusOne, "bedsByNamed", "beds", "wards")}},
	}
}

func gormAfterFind(ctx context.Context, e *Env) error {
	var patients []CountedPatient
	return e.GORM().WithContext(ctx).Order("id").Find(&patients).Error
}

func gormAfterUpdate(ctx context.Context, e *Env) error {
	for _, id := range []int64{4, 2, 6, 1, 5} {
		try(e.GORM().WithContext(ctx).Model(&AuditedBed{ID: id}).Update("state", "clean").Error)
	}
	return nil
}

func wardIDs(g *gorm.DB) (ids []int64) {
	try(g.Model(&Ward{}).Order("id").Pluck("id", &ids).Error)
	return ids
}

func gormPreloadEach(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	for _, id := range wardIDs(g) {
		var ward Ward
		try(g.Preload("Beds").First(&ward, id).Error)
	}
	return nil
}

func gormPreloadScoped(ctx context.Context, e *Env) error {
	var wards []Ward
	return e.GORM().WithContext(ctx).Preload("Beds", func(g *gorm.DB) *gorm.DB { return g.Where("state = ?", "free").Order("no DESC") }).Find(&wards).Error
}

func isFree(g *gorm.DB) *gorm.DB { return g.Where("state = ?", "free") }

func gormScopes(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	for _, id := range wardIDs(g) {
		var beds []Bed
		try(g.Scopes(isFree).Where("ward_id = ?", id).Find(&beds).Error)
	}
	return nil
}

func gormPreparedSession(ctx context.Context, e *Env) error {
	g := e.GORM().Session(&gorm.Session{PrepareStmt: true, Context: ctx})
	for _, id := range wardIDs(g) {
		var n int64
		try(g.Model(&Bed{}).Where(&Bed{WardID: id}).Count(&n).Error)
	}
	return nil
}

func gormAssociationCount(ctx context.Context, e *Env) error {
	var wards []Ward
	g := e.GORM().WithContext(ctx)
	try(g.Order("id").Find(&wards).Error)
	for i := range wards {
		g.Model(&wards[i]).Association("Beds").Count()
	}
	return nil
}

func gormPolymorphicEach(ctx context.Context, e *Env) error {
	var patients []Patient
	g := e.GORM().WithContext(ctx)
	try(g.Order("id").Find(&patients).Error)
	for i := range patients {
		try(g.Model(&patients[i]).Association("Files").Find(&patients[i].Files))
	}
	return nil
}

func gormPolymorphicPreload(ctx context.Context, e *Env) error {
	var patients []Patient
	return e.GORM().WithContext(ctx).Preload("Files").Find(&patients).Error
}

func gormManyToMany(ctx context.Context, e *Env) error {
	var patients []Patient
	return e.GORM().WithContext(ctx).Preload("Tags").Find(&patients).Error
}

func gormAppendEach(ctx context.Context, e *Env) error {
	var patients []Patient
	g := e.GORM().WithContext(ctx)
	try(g.Order("id").Find(&patients).Error)
	for i := range patients {
		try(g.Model(&patients[i]).Association("Tags").Append(&Label{ID: patients[i].ID%3 + 1, Name: "again"}))
	}
	return nil
}

func gormBatchesWithLoop(ctx context.Context, e *Env) error {
	var patients []Patient
	g := e.GORM().WithContext(ctx)
	return g.FindInBatches(&patients, 4, func(*gorm.DB, int) error {
		for i := range patients {
			try(g.Table("visits").Where("patient_id = ?", patients[i].ID).Count(&patients[i].visits).Error)
		}
		return nil
	}).Error
}

func gormRowsOpen(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	rows, err := g.Model(&Ward{}).Order("id").Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var ward Ward
		try(g.ScanRows(rows, &ward))
		var bed Bed
		try(g.Where("ward_id = ?", ward.ID).Order("no").Take(&bed).Error)
	}
	return rows.Err()
}

func gormSoftDelete(ctx context.Context, e *Env) error {
	for _, id := range []int64{4, 2, 6, 1, 5} {
		try(e.GORM().WithContext(ctx).Delete(&Leaver{}, id).Error)
	}
	return nil
}

func newWards() []Ward {
	out := make([]Ward, 6)
	for i := range out {
		out[i] = Ward{ID: int64(2*i + 1), Name: fmt.Sprint("new ", i)}
	}
	return out
}

func gormUpserts(ctx context.Context, e *Env) error {
	for _, ward := range newWards() {
		try(e.GORM().WithContext(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&ward).Error)
	}
	return nil
}

func gormUpsertSlice(ctx context.Context, e *Env) error {
	wards := newWards()
	return e.GORM().WithContext(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&wards).Error
}

func gormLocked(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var bed Bed
		try(tx.Clauses(clause.Locking{Strength: "UPDATE"}).Select("version").Take(&bed, 3).Error)
		return tx.Model(&Bed{}).Where("id = ?", 3).Update("version", bed.Version+1).Error
	})
}

func gormTransactionEach(ctx context.Context, e *Env) error {
	for _, id := range []int64{4, 2, 6, 1, 5} {
		try(e.GORM().WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			var bed Bed
			try(tx.First(&bed, id).Error)
			bed.State = fmt.Sprint("was ", bed.State)
			return tx.Model(&bed).Select("state").Updates(&bed).Error
		}))
	}
	return nil
}

func bunRelationWhere(ctx context.Context, e *Env) error {
	var wards []Ward
	return e.Bun().NewSelect().Model(&wards).Relation("Beds", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("state = ?", "free").Order("no") }).Scan(ctx)
}

func bunExistsEach(ctx context.Context, e *Env) error {
	var wards []Ward
	try(e.Bun().NewSelect().Model(&wards).Order("id").Scan(ctx))
	for i := range wards {
		if _, err := e.Bun().NewSelect().Model((*Bed)(nil)).Where("ward_id = ?", wards[i].ID).Where("state = ?", "free").Exists(ctx); err != nil {
			return err
		}
	}
	return nil
}

func newBeds(at, n int) []Bed {
	out := make([]Bed, n)
	for i := range out {
		out[i] = Bed{ID: int64(at + i + 1), WardID: 1, No: int64(at + i + 10), State: "clean"}
	}
	return out
}

func bunUpserts(ctx context.Context, e *Env) error {
	for _, bed := range newBeds(8, 7) {
		done(e.Bun().NewInsert().Model(&bed).On("CONFLICT (id) DO UPDATE").Set("state = EXCLUDED.state").Exec(ctx))
	}
	return nil
}

func bunBulkUpdates(ctx context.Context, e *Env) error {
	for at := 0; at < 18; at += 3 {
		beds := newBeds(at, 3)
		done(e.Bun().NewUpdate().Model(&beds).Column("state").Bulk().Exec(ctx))
	}
	return nil
}

func sqlxRowsOpen(ctx context.Context, e *Env) error {
	db := e.SQLX()
	rows, err := db.QueryxContext(ctx, "SELECT id, name FROM wards ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var ward struct {
			ID   int64  `db:"id"`
			Name string `db:"name"`
		}
		try(rows.StructScan(&ward))
		var beds int
		try(db.GetContext(ctx, &beds, e.Q("SELECT count(*) FROM beds WHERE ward_id = ?"), ward.ID))
	}
	return rows.Err()
}

func sqlxNamedEach(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var ids []int64
	try(db.SelectContext(ctx, &ids, "SELECT id FROM wards ORDER BY id"))
	for _, id := range ids {
		bedsByNamed(ctx, db, id)
	}
	return nil
}

func bedsByNamed(ctx context.Context, db *sqlx.DB, ward int64) {
	rows, err := db.NamedQueryContext(ctx, "SELECT no FROM beds WHERE ward_id = :ward", map[string]any{"ward": ward})
	try(err)
	defer func() { try(rows.Close()) }()
	for rows.Next() {
		continue
	}
}
