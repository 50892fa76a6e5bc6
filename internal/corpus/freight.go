package corpus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"gorm.io/gorm"

	"github.com/querybudget/querybudget/budget"
)

// The cases of a freight forwarder: shipments of customers with legs, containers,
// documents and tracking events, depots with drivers, tariffs, invoices.

// freight are its cases.
func freight() []Case {
	return slices.Concat(freightLoops(), freightHidden(), freightWrites(), freightNeighbours(), freightParents(), freightDuplicates(), freightHints(), freightMore(), freightDialects())
}

const (
	frServer = budget.SQLiteForServer
)

var frReturning = []string{"sqlite", "postgres"}

func frCustomers(n int) []string {
	return filled("customers", "id BIGINT PRIMARY KEY, name VARCHAR(40), email VARCHAR(40), country VARCHAR(10), parent_id BIGINT, credit BIGINT, version BIGINT, notes VARCHAR(200)", n,
		func(i int) string {
			return fmt.Sprintf("%d, 'customer %d', 'c%d@example.com', '%s', %d, %d, 1, 'none'", i, i, i, []string{"DE", "NL", "PL"}[i%3], (i*5)%n+1, 1000+37*i)
		})
}

func frCarriers(n int) []string {
	return filled("carriers", "id BIGINT PRIMARY KEY, name VARCHAR(40)", n, func(i int) string { return fmt.Sprintf("%d, 'carrier %d'", i, i) })
}

// frShipments come from the depots from the last to the first.
func frShipments(n, customers int) []string {
	return filled("shipments", "id BIGINT PRIMARY KEY, customer_id BIGINT, carrier_id BIGINT, origin_id BIGINT, ref VARCHAR(20), state VARCHAR(10), weight BIGINT, lane VARCHAR(20), notes VARCHAR(200)", n,
		func(i int) string {
			return fmt.Sprintf("%d, %d, %d, %d, 'SHP-%04d', '%s', %d, 'L%d', 'fragile'", i, (i*3)%customers+1, (i*2)%3+1, n+1-i, 7919*i%10000, []string{"open", "done"}[i%2], 100*i+7, i)
		})
}

func frContainers(shipments, each, depots int) []string {
	return filled("containers", "id BIGINT PRIMARY KEY, shipment_id BIGINT, depot_id BIGINT, no VARCHAR(20), weight BIGINT, state VARCHAR(10)", shipments*each,
		func(i int) string {
			return fmt.Sprintf("%d, %d, %d, 'CNT%05d', %d, 'full'", i, (i-1)/each+1, (i*5)%depots+1, 6007*i%100000, 11*i)
		})
}

func frLegs(shipments, each, drivers int) []string {
	return filled("legs", "id BIGINT PRIMARY KEY, shipment_id BIGINT, seq BIGINT, driver_id BIGINT, depot_id BIGINT, state VARCHAR(10)", shipments*each,
		func(i int) string {
			return fmt.Sprintf("%d, %d, %d, %d, %d, 'open'", i, (i-1)/each+1, (i-1)%each+1, (i*5)%drivers+1, i%4+1)
		})
}

func frEvents(containers, each int) []string {
	return filled("events", "id BIGINT PRIMARY KEY, container_id BIGINT, kind VARCHAR(10), at_no BIGINT", containers*each,
		func(i int) string {
			return fmt.Sprintf("%d, %d, '%s', %d", i, (i-1)/each+1, []string{"gate", "load", "scan"}[i%3], i)
		})
}

func frDocuments(shipments, each int) []string {
	return filled("documents", "id BIGINT PRIMARY KEY, shipment_id BIGINT, ref VARCHAR(20), kind VARCHAR(10), state VARCHAR(10)", shipments*each,
		func(i int) string {
			s := (i-1)/each + 1
			return fmt.Sprintf("%d, %d, 'SHP-%04d', 'cmr', 'new'", i, s, 7919*s%10000)
		})
}

func frDepots(n int) []string {
	return filled("depots", "id BIGINT PRIMARY KEY, name VARCHAR(40), region VARCHAR(10), capacity BIGINT, used BIGINT, parent_id BIGINT, next_id BIGINT", n,
		func(i int) string {
			parent, next := "NULL", "NULL"
			if i > 1 {
				parent = fmt.Sprint(i / 2)
			}
			if i < n {
				next = fmt.Sprint(i + 1)
			}
			return fmt.Sprintf("%d, 'depot %d', '%s', %d, %d, %s, %s", i, i, []string{"north", "south"}[i%2], 100*i, 13*i, parent, next)
		})
}

func frDrivers(n int) []string {
	return filled("drivers", "id BIGINT PRIMARY KEY, name VARCHAR(40), depot_id BIGINT, phone VARCHAR(20)", n,
		func(i int) string { return fmt.Sprintf("%d, 'driver %d', %d, '+49%06d'", i, i, i%3+1, 31*i) })
}

func frInvoices(n, customers int) []string {
	return filled("invoices", "id BIGINT PRIMARY KEY, customer_id BIGINT, shipment_id BIGINT, total BIGINT, state VARCHAR(10)", n,
		func(i int) string { return fmt.Sprintf("%d, %d, %d, %d, 'due'", i, (i*3)%customers+1, i, 91*i) })
}

func frTariffs(n int) []string {
	return filled("tariffs", "id BIGINT PRIMARY KEY, lane VARCHAR(20), carrier_id BIGINT, price BIGINT, valid_from BIGINT", n,
		func(i int) string { return fmt.Sprintf("%d, 'L%d', %d, %d, %d", i, i, i%3+1, 17*i, 100*i) })
}

func frNotices() []string {
	return []string{"CREATE TABLE notices (shipment_id BIGINT, body VARCHAR(60))"}
}

type (
	frShipment struct {
		bun.BaseModel `bun:"table:shipments" gorm:"-"`
		ID            int64 `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
		CustomerID    int64
		Ref           string
		State         string
		Weight        int64
		Legs          []frLeg     `bun:"rel:has-many,join:id=shipment_id" gorm:"foreignKey:ShipmentID"`
		Customer      *frCustomer `bun:"rel:belongs-to,join:customer_id=id" gorm:"foreignKey:CustomerID"`
	}
	frLeg struct {
		bun.BaseModel `bun:"table:legs" gorm:"-"`
		ID            int64 `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
		ShipmentID    int64
		Seq           int64
		DriverID      int64
		State         string
		Driver        *frDriver `bun:"rel:belongs-to,join:driver_id=id" gorm:"foreignKey:DriverID"`
	}
	frDriver struct {
		bun.BaseModel `bun:"table:drivers" gorm:"-"`
		ID            int64 `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
		Name          string
		DepotID       int64
	}
	frCustomer struct {
		bun.BaseModel `bun:"table:customers" gorm:"-"`
		ID            int64 `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
		Name          string
		Email         string
		Credit        int64
		Version       int64
	}
	frContainer struct {
		bun.BaseModel `bun:"table:containers" gorm:"-"`
		ID            int64 `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
		ShipmentID    int64
		DepotID       int64
		No            string
		Weight        int64
		State         string
	}
	frDepot struct {
		bun.BaseModel `bun:"table:depots" gorm:"-"`
		ID            int64 `bun:"id,pk" gorm:"primaryKey;autoIncrement:false"`
		Name          string
		Capacity      int64
		Used          int64
	}
	// frPriced looks its price up before it is created.
	frPriced struct {
		ID    int64 `gorm:"primaryKey;autoIncrement:false"`
		Lane  string
		Price int64 `gorm:"-"`
		State string
	}
	// frTold writes a notice after it is created.
	frTold struct {
		ID    int64 `gorm:"primaryKey;autoIncrement:false"`
		Ref   string
		State string
	}
	frRow interface {
		frShipment | frLeg | frDriver | frCustomer | frContainer | frDepot
	}
)

func (frShipment) TableName() string  { return "shipments" }
func (frLeg) TableName() string       { return "legs" }
func (frDriver) TableName() string    { return "drivers" }
func (frCustomer) TableName() string  { return "customers" }
func (frContainer) TableName() string { return "containers" }
func (frDepot) TableName() string     { return "depots" }
func (frPriced) TableName() string    { return "shipments" }
func (frTold) TableName() string      { return "shipments" }

// BeforeCreate looks the price up.
func (p *frPriced) BeforeCreate(tx *gorm.DB) error {
	return tx.Session(&gorm.Session{NewDB: true}).Table("tariffs").Select("price").Where("lane = ?", p.Lane).Scan(&p.Price).Error
}

// AfterCreate writes the notice.
func (t *frTold) AfterCreate(tx *gorm.DB) error {
	return tx.Session(&gorm.Session{NewDB: true}).Exec("INSERT INTO notices (shipment_id, body) VALUES (?, ?)", t.ID, "created "+t.Ref).Error
}

// frRecursive is for walks, which no list of keys can replace.
func frRecursive(_ context.Context, _ *Env, proposed string) error {
	if !strings.Contains(strings.ToUpper(proposed), "RECURSIVE") {
		return errors.New("it does not walk")
	}
	return nil
}
