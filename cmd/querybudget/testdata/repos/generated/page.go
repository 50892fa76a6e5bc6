// Package generated has a page on generated queries.
package generated

import (
	"context"

	"example.com/generated/db"
)

// Page names authors.
func Page(ctx context.Context, q *db.Queries, ids ...int64) (names []string) {
	for _, id := range ids {
		name, _ := q.GetAuthor(ctx, id)
		names = append(names, name)
	}
	return names
}
