package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// onOne sends texts on one connection, and asks another service where a text is "ask".
func onOne(ctx context.Context, db *sql.DB, ask func(context.Context) error, texts ...string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	for _, text := range texts {
		if text == "ask" {
			err = errors.Join(err, ask(ctx))
			continue
		}
		if _, failed := conn.ExecContext(ctx, text); failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", text, failed))
		}
	}
	return errors.Join(err, conn.Close())
}

// onThePool sends them through the pool.
func onThePool(ctx context.Context, db *sql.DB, ask func(context.Context) error, texts ...string) error {
	for _, text := range texts {
		if text == "ask" {
			if err := ask(ctx); err != nil {
				return err
			}
		} else if _, err := db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// rowsMeanwhile asks between two rows.
func rowsMeanwhile(ctx context.Context, db *sql.DB, ask func(context.Context) error) (err error) {
	rows, err := db.QueryContext(ctx, "SELECT name FROM writers")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return rows.Err()
}

// What holds a connection while the application waits for another service is told on every
// driver: a transaction that is sent as text, a connection that was taken out of the pool,
// rows. What was given back meanwhile is not. No time is judged: the limit is a nanosecond,
// and only times in which the service was asked count.
func TestConnectionsThatWait(t *testing.T) {
	payments := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer payments.Close()
	client := &http.Client{Transport: middleware.Transport(&http.Transport{DisableKeepAlives: true})}
	ask := func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, "GET", payments.URL, nil)
		if err != nil {
			return err
		}
		answer, err := client.Do(r)
		if err != nil {
			return err
		}
		return answer.Body.Close()
	}
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		fill(t, db, 3)
		begin := "BEGIN"
		if d.system == "sqlite" {
			begin = "BEGIN IMMEDIATE"
		}
		for name, test := range map[string]struct {
			run  func(ctx context.Context) error
			want string // the kind, and part of its proof
		}{
			"a transaction by text": {func(ctx context.Context) error {
				return onOne(ctx, db, ask, begin, "UPDATE writers SET name = 'a'", "SAVEPOINT s", "ask", "ROLLBACK")
			}, "idle-transaction, in a transaction that began at"},
			"a connection": {func(ctx context.Context) error {
				return onOne(ctx, db, ask, "UPDATE writers SET name = 'b'", "ask", "UPDATE writers SET name = 'c'")
			}, "idle-connection, on a connection that was taken out of the pool"},
			"rows": {func(ctx context.Context) error { return rowsMeanwhile(ctx, db, ask) }, "idle-connection, at idleconn_test.go:"},
			"the pool": {func(ctx context.Context) error {
				return onThePool(ctx, db, ask, "UPDATE writers SET name = 'd'", "ask", "UPDATE writers SET name = 'e'")
			}, ""},
			"after a transaction by text": {func(ctx context.Context) error {
				return errors.Join(onOne(ctx, db, ask, begin, "COMMIT"), onThePool(ctx, db, ask, "ask", "UPDATE writers SET name = 'f'"))
			}, ""},
		} {
			ctx, r := budget.Bounds{Rules: budget.Rules{IdleTransaction: 1}}.NewContext(t.Context())
			if err := test.run(ctx); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			var got []string
			for _, f := range r.Report().Findings {
				if strings.HasPrefix(string(f.Kind), "idle-") && strings.Contains(f.Proof, "GET 127.0.0.1") {
					got = append(got, string(f.Kind)+": "+f.Proof)
				}
			}
			kind, proof, _ := strings.Cut(test.want, ",")
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], kind+":") || !strings.Contains(got[0], proof)) {
				t.Errorf("%s: found %q", name, got)
			}
		}
	})
}

// What is sent between BEGIN and COMMIT, as texts, is in a transaction.
func TestTransactionByTextIsOne(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		fill(t, db, 3)
		ctx, r := budget.NewContext(t.Context())
		if err := onOne(ctx, db, nil, "BEGIN", "UPDATE writers SET name = 'a'", "COMMIT", "UPDATE writers SET name = 'b'"); err != nil {
			t.Fatal(err)
		}
		report := r.Report()
		if n := report.Totals; n.Transactions != 1 || n.Queries != 2 || report.Queries[0].Transaction != 1 || report.Queries[1].Transaction != 0 {
			t.Errorf("%+v, %+v", n, report.Queries)
		}
	})
}
