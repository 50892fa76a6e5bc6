// Package starts has tests that each start the application.
package starts

import (
	"testing"

	"example.com/fakedb"
	"example.com/plain"
)

// newShop opens a database and starts a shop, for each test.
func newShop(t *testing.T) *plain.Shop {
	db := fakedb.Open()
	t.Cleanup(func() { _ = db.Close() })
	s := &plain.Shop{DB: db}
	s.Install("retail", "trade", "staff", "school", "library")
	return s
}

func Test1(t *testing.T) { newShop(t).One(t.Context()) }
func Test2(t *testing.T) { newShop(t).One(t.Context()) }
func Test3(t *testing.T) { newShop(t).One(t.Context()) }
func Test4(t *testing.T) { newShop(t).One(t.Context()) }
func Test5(t *testing.T) { newShop(t).One(t.Context()) }
func Test6(t *testing.T) { newShop(t).One(t.Context()) }
func Test7(t *testing.T) { newShop(t).One(t.Context()) }
func Test8(t *testing.T) { newShop(t).One(t.Context()) }

// received is all that its tests do.
func received(t *testing.T) {
	db := fakedb.Open()
	t.Cleanup(func() { _ = db.Close() })
	(&plain.Shop{DB: db}).Receive(1, 2, 3, 4, 5)
}

func TestReceive1(t *testing.T) { received(t) }
func TestReceive2(t *testing.T) { received(t) }
func TestReceive3(t *testing.T) { received(t) }
func TestReceive4(t *testing.T) { received(t) }
func TestReceive5(t *testing.T) { received(t) }
func TestReceive6(t *testing.T) { received(t) }
func TestReceive7(t *testing.T) { received(t) }
func TestReceive8(t *testing.T) { received(t) }
