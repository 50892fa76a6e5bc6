package main

import (
	"github.com/Masterminds/squirrel"
	"github.com/uptrace/bun"
	"gorm.io/gorm"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

type (
	// Customer and the others are models of the office.
	Customer struct {
		bun.BaseModel `bun:"table:customers" gorm:"-"`
		ID            int64 `bun:",pk"`
		Name          string
		Country       string
		Orders        []Order `bun:"rel:has-many,join:id=customer_id"`
	}
	Order struct {
		bun.BaseModel `bun:"table:orders" gorm:"-"`
		ID            int64 `bun:",pk"`
		CustomerID    int64
		Number        string
		Total         int64
		State         string
		Customer      *Customer `bun:"rel:belongs-to,join:customer_id=id"`
		Items         []Item    `bun:"rel:has-many,join:id=order_id"`
	}
	Item struct {
		bun.BaseModel `bun:"table:items" gorm:"-"`
		ID            int64 `bun:",pk"`
		OrderID       int64
		SKU           string
		Qty           int64
	}
	Account struct {
		bun.BaseModel `bun:"table:accounts" gorm:"-"`
		ID            int64 `bun:",pk"`
		Owner         string
		Balance       int64
		Currency      string
		Version       int64
	}
	Event struct {
		bun.BaseModel `bun:"table:events" gorm:"-"`
		ID            int64
		Kind          string
		Payload       string
	}
)

// said is a finding whose repair has a library's words.
func said(table, words string) []Want {
	w := ofCustomers(table)[0]
	w.Says = words
	return []Want{w}
}

var officeLibraries = []Case{
	{About: "GORM's Where in a loop", Run: gormOrders, Want: said("orders", "Preload")},
	{About: "GORM's Count in a loop", Run: gormCount, Want: ofCustomers("orders")},
	{About: "GORM's Pluck in a loop", Run: gormPluck, Want: ofCustomers("orders")},
	{About: "GORM's Raw in a loop", Run: gormRaw, Want: ofCustomers("orders")},
	{About: "GORM's Association in a loop", Run: gormAssociation, Want: ofCustomers("orders")},
	{About: "GORM's First in a loop", Run: gormCustomers, Want: []Want{{Kind: budget.NPlusOne, Table: "customers", Parent: "orders", Proven: true}}},
	{About: "GORM's Preload of two levels", Run: gormPreloads},
	{About: "GORM's Preload of a relation and back", Run: gormPreloadBack},
	{About: "GORM's Joins", Run: gormJoins},
	{About: "GORM's IN", Run: gormInList},
	{About: "GORM's FindInBatches", Run: gormFindInBatches},
	{About: "GORM's Create in a loop", Run: gormEvents, Want: []Want{{Kind: budget.WriteLoop, Table: "events", Says: "CreateInBatches"}}},
	{About: "GORM's Updates in a loop", Run: gormUpdates, Want: writes("orders")},
	{About: "GORM's Delete in a loop", Run: gormDelete, Want: writes("orders")},
	{About: "GORM's Save with a loaded relation", Run: gormSaveLoaded, Want: []Want{{Kind: budget.WriteLoop, Table: "customers"}}},
	{About: "GORM's Transaction for each", Run: gormTransactions, Want: writes("orders")},
	{About: "GORM's Update of all", Run: gormUpdateAll},
	{About: "GORM's read and write", Run: gormWithdraw, Hints: true, Want: lost("accounts")},
	{About: "GORM's expression", Run: gormWithdrawSQL, Hints: true},
	{About: "GORM's FirstOrCreate", Run: gormFirstOrCreateNew, Hints: true, Want: inserted("accounts")},
	{About: "GORM's AutoMigrate", Run: gormMigrate},
	{About: "bun's Select in a loop", Run: bunOrders, Want: said("orders", "Relation")},
	{About: "bun's Count in a loop", Run: bunCount, Want: ofCustomers("orders")},
	{About: "bun's Exists in a loop", Run: bunExists, Want: ofCustomers("orders")},
	{About: "bun's Relation of two levels", Run: bunRelations},
	{About: "bun's belongs-to", Run: bunBelongsTo},
	{About: "bun's ScanAndCount", Run: bunScanAndCount},
	{About: "bun's Insert in a loop", Run: bunEvents, Want: writes("events")},
	{About: "bun's Insert of a slice", Run: bunSlice},
	{About: "bun's Update in a loop", Run: bunUpdates, Want: writes("orders")},
	{About: "bun's Delete in a loop", Run: bunDeletes, Want: writes("orders")},
	{About: "bun's read and write", Run: bunWithdraw, Hints: true, Want: lost("accounts")},
	{About: "sqlx's Select in a loop", Run: sqlxOrders, Want: ofCustomers("orders")},
	{About: "sqlx's Get in a loop", Run: sqlxGet, Want: ofCustomers("orders")},
	{About: "sqlx's NamedExec in a loop", Run: sqlxNamedLoop, Want: writes("events")},
	{About: "squirrel in a loop", Run: squirrelOrders, Want: atNumbers(said("orders", "squirrel.Eq"))},
	{About: "squirrel's list", Run: squirrelList},
	{About: "squirrel's Insert in a loop", Run: squirrelInsert, Want: writes("events")},
}

func gormCustomerList(g *gorm.DB) (all []Customer) {
	check(g.Order("id").Find(&all).Error)
	return all
}

func gormOrders(c ctx, d *db.DB) {
	g := d.GORM.WithContext(c)
	for _, customer := range gormCustomerList(g) {
		var orders []Order
		check(g.Where("customer_id = ?", customer.ID).Find(&orders).Error)
	}
}

func gormCount(c ctx, d *db.DB) {
	g := d.GORM.WithContext(c)
	for _, customer := range gormCustomerList(g) {
		var n int64
		check(g.Model(&Order{}).Where("customer_id = ?", customer.ID).Count(&n).Error)
	}
}

func gormPluck(c ctx, d *db.DB) {
	g := d.GORM.WithContext(c)
	for _, customer := range gormCustomerList(g) {
		var numbers []string
		check(g.Model(&Order{}).Where(&Order{CustomerID: customer.ID}).Pluck("number", &numbers).Error)
	}
}

func gormRaw(c ctx, d *db.DB) {
	g := d.GORM.WithContext(c)
	for _, customer := range gormCustomerList(g) {
		var numbers []string
		check(g.Raw(ordersOfCustomer, customer.ID).Scan(&numbers).Error)
	}
}

func gormAssociation(c ctx, d *db.DB) {
	g := d.GORM.WithContext(c)
	for _, customer := range gormCustomerList(g) {
		var orders []Order
		check(g.Model(&customer).Association("Orders").Find(&orders))
	}
}

func gormCustomers(c ctx, d *db.DB) {
	g := d.GORM.WithContext(c)
	var orders []Order
	check(g.Where("total < ?", 100).Find(&orders).Error)
	for _, o := range orders {
		var customer Customer
		check(g.First(&customer, "id = ?", o.CustomerID).Error)
	}
}

func gormPreloads(c ctx, d *db.DB) {
	var all []Customer
	check(d.GORM.WithContext(c).Preload("Orders.Items").Find(&all).Error)
}

func gormPreloadBack(c ctx, d *db.DB) {
	var all []Customer
	check(d.GORM.WithContext(c).Preload("Orders.Customer").Find(&all).Error)
}

func gormJoins(c ctx, d *db.DB) {
	var all []Order
	check(d.GORM.WithContext(c).Joins("Customer").Find(&all).Error)
}

func gormInList(c ctx, d *db.DB) {
	var all []Order
	check(d.GORM.WithContext(c).Where("customer_id IN ?", []int{11, 12, 13}).Find(&all).Error)
}

func gormFindInBatches(c ctx, d *db.DB) {
	var all []Order
	check(d.GORM.WithContext(c).FindInBatches(&all, 5, func(*gorm.DB, int) error { return nil }).Error)
}

func gormEvents(c ctx, d *db.DB) {
	for i := range 6 {
		check(d.GORM.WithContext(c).Create(&Event{ID: int64(100 + i), Kind: "new"}).Error)
	}
}

func gormUpdates(c ctx, d *db.DB) {
	for i := range 6 {
		check(d.GORM.WithContext(c).Model(&Order{ID: int64(101 + i)}).Updates(map[string]any{"state": "paid", "total": 5}).Error)
	}
}

func gormDelete(c ctx, d *db.DB) {
	for i := range 6 {
		check(d.GORM.WithContext(c).Delete(&Order{}, 101+i).Error)
	}
}

func gormSaveLoaded(c ctx, d *db.DB) {
	g := d.GORM.WithContext(c)
	var orders []Order
	check(g.Preload("Customer").Where("total < ?", 70).Find(&orders).Error)
	for _, o := range orders {
		o.State = "paid"
		check(g.Save(&o).Error)
	}
}

func gormTransactions(c ctx, d *db.DB) {
	for i := range 6 {
		check(d.GORM.WithContext(c).Transaction(func(tx *gorm.DB) error {
			return tx.Model(&Order{ID: int64(101 + i)}).Update("state", "paid").Error
		}))
	}
}

func gormUpdateAll(c ctx, d *db.DB) {
	check(d.GORM.WithContext(c).Model(&Order{}).Where("state = ?", "open").Update("state", "paid").Error)
}

func gormWithdraw(c ctx, d *db.DB) {
	var a Account
	check(d.GORM.WithContext(c).First(&a, 3).Error)
	check(d.GORM.WithContext(c).Model(&a).Update("balance", a.Balance-10).Error)
}

func gormWithdrawSQL(c ctx, d *db.DB) {
	var a Account
	check(d.GORM.WithContext(c).First(&a, 3).Error)
	check(d.GORM.WithContext(c).Model(&a).Update("balance", gorm.Expr("balance - ?", 10)).Error)
}

func gormFirstOrCreateNew(c ctx, d *db.DB) {
	var a Account
	check(d.GORM.WithContext(c).Where(Account{Owner: "somebody"}).Attrs(Account{ID: 77}).FirstOrCreate(&a).Error)
}

func gormMigrate(c ctx, d *db.DB) {
	type Badge struct {
		ID    int64
		Title string `gorm:"size:50;index"`
	}
	type Medal struct {
		ID    int64
		Title string `gorm:"size:50;uniqueIndex"`
	}
	check(d.GORM.WithContext(c).AutoMigrate(&Badge{}, &Medal{}))
	check(d.GORM.WithContext(c).AutoMigrate(&Badge{}, &Medal{}))
	check(d.GORM.WithContext(c).Migrator().DropTable(&Badge{}, &Medal{}))
}

func bunCustomerList(c ctx, d *db.DB) (all []Customer) {
	check(d.Bun.NewSelect().Model(&all).OrderExpr("id").Scan(c))
	return all
}

func bunOrders(c ctx, d *db.DB) {
	for _, customer := range bunCustomerList(c, d) {
		var orders []Order
		check(d.Bun.NewSelect().Model(&orders).Where("customer_id = ?", customer.ID).Scan(c))
	}
}

func bunCount(c ctx, d *db.DB) {
	for _, customer := range bunCustomerList(c, d) {
		_, err := d.Bun.NewSelect().Model((*Order)(nil)).Where("customer_id = ?", customer.ID).Count(c)
		check(err)
	}
}

func bunExists(c ctx, d *db.DB) {
	for _, customer := range bunCustomerList(c, d) {
		_, err := d.Bun.NewSelect().Model((*Order)(nil)).Where("customer_id = ?", customer.ID).Exists(c)
		check(err)
	}
}

func bunRelations(c ctx, d *db.DB) {
	var all []Customer
	check(d.Bun.NewSelect().Model(&all).Relation("Orders").Relation("Orders.Items").Scan(c))
}

func bunBelongsTo(c ctx, d *db.DB) {
	var all []Order
	check(d.Bun.NewSelect().Model(&all).Relation("Customer").Scan(c))
}

func bunScanAndCount(c ctx, d *db.DB) {
	var all []Order
	_, err := d.Bun.NewSelect().Model(&all).Limit(5).ScanAndCount(c)
	check(err)
}

func bunEvents(c ctx, d *db.DB) {
	for i := range 6 {
		_, err := d.Bun.NewInsert().Model(&Event{ID: int64(100 + i), Kind: "new"}).Exec(c)
		check(err)
	}
}

func bunSlice(c ctx, d *db.DB) {
	for i := range 6 {
		all := []Event{{ID: int64(100 + i)}, {ID: int64(200 + i)}}
		_, err := d.Bun.NewInsert().Model(&all).Exec(c)
		check(err)
	}
}

func bunUpdates(c ctx, d *db.DB) {
	for i := range 6 {
		_, err := d.Bun.NewUpdate().Model((*Order)(nil)).Set("state = ?", "paid").Where("id = ?", 101+i).Exec(c)
		check(err)
	}
}

func bunDeletes(c ctx, d *db.DB) {
	for i := range 6 {
		_, err := d.Bun.NewDelete().Model((*Order)(nil)).Where("id = ?", 101+i).Exec(c)
		check(err)
	}
}

func bunWithdraw(c ctx, d *db.DB) {
	a := Account{ID: 3}
	check(d.Bun.NewSelect().Model(&a).WherePK().Scan(c))
	a.Balance -= 10
	_, err := d.Bun.NewUpdate().Model(&a).Column("balance").WherePK().Exec(c)
	check(err)
}

func sqlxOrders(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		var numbers []string
		check(d.SQLX.SelectContext(c, &numbers, d.SQLX.Rebind(ordersOfCustomer), id))
	}
}

func sqlxGet(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		var n int
		check(d.SQLX.GetContext(c, &n, d.Rebind("SELECT count(*) FROM orders WHERE customer_id = ?"), id))
	}
}

func sqlxNamedLoop(c ctx, d *db.DB) {
	for i := range 6 {
		_, err := d.SQLX.NamedExecContext(c, "INSERT INTO events (id, kind) VALUES (:id, :kind)", map[string]any{"id": 100 + i, "kind": "new"})
		check(err)
	}
}

func squirrelFor(d *db.DB) squirrel.StatementBuilderType {
	if d.System == "postgresql" {
		return squirrel.StatementBuilder.PlaceholderFormat(squirrel.Dollar).RunWith(d.SQL)
	}
	return squirrel.StatementBuilder.RunWith(d.SQL)
}

// squirrelNumbers reads what squirrel asked for.
func squirrelNumbers(c ctx, b squirrel.SelectBuilder) {
	rows, err := b.QueryContext(c)
	check(err)
	defer rows.Close() //nolint:errcheck // read to the end
	for rows.Next() {
		continue
	}
	check(rows.Err())
}

func squirrelOrders(c ctx, d *db.DB) {
	b := squirrelFor(d)
	for _, id := range customerIDs(c, d) {
		squirrelNumbers(c, b.Select("number").From("orders").Where(squirrel.Eq{"customer_id": id}))
	}
}

func squirrelList(c ctx, d *db.DB) {
	b := squirrelFor(d)
	for ids := customerIDs(c, d); len(ids) > 0; ids = ids[2:] {
		squirrelNumbers(c, b.Select("number").From("orders").Where(squirrel.Eq{"customer_id": ids[:2]}))
	}
}

func squirrelInsert(c ctx, d *db.DB) {
	b := squirrelFor(d)
	for i := range 6 {
		_, err := b.Insert("events").Columns("id", "kind").Values(100+i, "new").ExecContext(c)
		check(err)
	}
}

// atNumbers moves a finding to the helper that sends squirrel's query.
func atNumbers(want []Want) []Want {
	want[0].At = "squirrelNumbers"
	return want
}
