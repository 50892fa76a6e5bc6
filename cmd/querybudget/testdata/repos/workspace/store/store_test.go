package store

import (
	"testing"

	"example.com/fakedb"
)

func TestPrice(t *testing.T) {
	db := fakedb.Open()
	for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
		Price(t.Context(), db, id)
	}
}
