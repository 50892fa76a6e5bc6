package sqlcstyle

import (
	"context"
	"errors"
)

const (
	listWriters  = "SELECT id FROM writers ORDER BY id"
	listWorks    = "SELECT title FROM works WHERE writer_id = ?"
	listAllWorks = "SELECT title FROM works"
)

// ListWriters returns the ids of all writers.
func (q *Queries) ListWriters(ctx context.Context) ([]int64, error) {
	return list[int64](ctx, q, listWriters)
}

// ListWorks returns the titles of a writer's works.
func (q *Queries) ListWorks(ctx context.Context, writerID int64) ([]string, error) {
	return list[string](ctx, q, listWorks, writerID)
}

// ListAllWorks returns the titles of all works.
func (q *Queries) ListAllWorks(ctx context.Context) ([]string, error) {
	return list[string](ctx, q, listAllWorks)
}

func list[T any](ctx context.Context, q *Queries, query string, args ...any) (items []T, err error) {
	rows, err := q.db.QueryContext(ctx, q.rebind(query), args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var item T
		if err := rows.Scan(&item); err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}
