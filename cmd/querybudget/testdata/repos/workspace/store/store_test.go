package store

import (
	"testing"

	"example.com/fakedb"
)

func TestPrice(t *testing.T) {
	db := fakedb.Open()
	for id := range 6 {
		Price(t.Context(), db, id)
	}
}
