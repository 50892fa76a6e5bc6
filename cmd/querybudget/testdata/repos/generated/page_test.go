package generated

import (
	"context"
	"testing"

	"example.com/fakedb"
	"example.com/generated/db"
)

func TestPage(t *testing.T) {
	Page(context.Background(), &db.Queries{DB: fakedb.Open()}, 1, 2, 3, 4, 5)
}
