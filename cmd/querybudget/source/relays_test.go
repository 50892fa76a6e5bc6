package source

import (
	"slices"
	"testing"
)

func TestRelays(t *testing.T) {
	for text, want := range map[string]bool{
		`func (w db) Get(to any, query string, args ...any) error { return w.x.Get(to, query, args...) }`:                                                    true,
		`func (w db) Get(to any, query string, args ...interface{}) error { return w.x.Get(to, w.x.Rebind(query), args...) }`:                                true,
		`func exec(query string, args []any) error { return try(func() error { _, err := x.Exec(query, args...); return err }) }`:                            true,
		`func (s store) all(q squirrel.SelectBuilder) error { text, args, _ := q.ToSql(); return s.x.Select(&to, text, args...) }`:                           true,
		`func (m Mapper) Int(db Executor, q Query) (int, error) { return db.SelectInt(q.Query, q.Arguments...) }`:                                            true,
		`func Int(db Executor, q *sqlx.Query) (int, error) { return mapper.Int(db, q.Query) }`:                                                               true,
		`func Save(db Executor, record any) error { return db.Update(record) }`:                                                                              true,
		`func Save[T any](db Executor, record *T) error { return db.Update(record) }`:                                                                        true,
		`func (r *Repo[T]) Save(ctx context.Context, record T) error { return r.db.Save(ctx, record) }`:                                                      true,
		`func (r *Repo[K, V]) Save(record V) error { return r.db.Save(record) }`:                                                                             true,
		`func (s *Store) Delete(ctx context.Context, query *DeleteUserQuery) error { return s.db.DeleteByID(ctx, query.ID) }`:                                false,
		`func Audit(record any) error { return db.Exec(insertAudit, record) }`:                                                                               false,
		`func Read(to any, id int) error { return db.Get(to, selectOne, id) }`:                                                                               false,
		`func Find(db Executor, f Filter) error { return db.Select(f.Where, f.Arguments...) }`:                                                               false,
		`func (s store) Users(ctx context.Context, f UserFilter) ([]User, error) { return s.other.Users(ctx, f) }`:                                           false,
		`func (s store) name(id string, rest ...any) error { return s.x.Get(&to, "SELECT name FROM users WHERE id = ?", id) }`:                               false,
		`func (s store) names(kind string, ids []int) error { q, args := in(ids); return s.x.Get(&to, q, args...) }`:                                         false,
		`func (s store) names(kind string, ids ...int) error { return s.x.Get(&to, kind, ids...) }`:                                                          false,
		`func (s store) one() error { q := squirrel.Select("a"); text, args, _ := q.ToSql(); return s.x.Select(&to, text, args...) }`:                        false,
		`func (s store) books(where string, args ...any) error { return s.x.Get(&to, "SELECT id FROM books WHERE "+where, args...) }`:                        false,
		`func (s store) filtered(f Filter) error { where, args := f.ToSQL(); return s.x.Select(&to, "SELECT id FROM books WHERE "+where, args...) }`:         false,
		`func (s store) sum(args ...any) error { return s.x.Get(&to, "SELECT sum(?, ?)", args...) }`:                                                         false,
		`func (i *iterator) fetch(ctx context.Context) error { return i.builder.QueryContext(ctx) }; type iterator struct { builder sq.SelectBuilder }`:      true,
		`func (i *iterator) fetch() error { return i.builder.Query() }; type iterator struct { builder *sq.SelectBuilder }`:                                  true,
		`func (i *iterator) fetch(id int) error { return i.builder.Query(id) }; type iterator struct { builder sq.SelectBuilder }`:                           false,
		`func (i *iterator) all(ctx context.Context) error { return i.allStmt.QueryContext(ctx) }; type iterator struct { allStmt *sql.Stmt }`:               false,
		`func (i *iterator) all(ctx context.Context) error { return i.db.QueryContext(ctx) }; type iterator struct { db *sql.DB; builder sq.SelectBuilder }`: false,
	} {
		s := New()
		s.Read("shop", "shop/shop.go", "", "package shop\n\n"+text+"\n")
		if got := slices.Equal(s.Relays["shop/shop.go"], [][2]int{{3, 3}}); got != want {
			t.Errorf("%s: got %v", text, s.Relays)
		}
	}
}
