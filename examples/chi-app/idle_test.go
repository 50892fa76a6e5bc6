package main

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// pay asks another service in the middle of a transaction.
func pay(ctx context.Context, db *sql.DB, client *http.Client, url string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, "SELECT 1"); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	if err := answer.Body.Close(); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "SELECT 2"); err != nil {
		return err
	}
	return tx.Commit()
}

// A transaction that waits for another service is told with its lines, on every driver. No
// time is judged: the limit is a nanosecond.
func TestIdleTransaction(t *testing.T) {
	payments := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer payments.Close()
	client := &http.Client{Transport: middleware.Transport(&http.Transport{DisableKeepAlives: true})}
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		ctx, r := budget.Bounds{Rules: budget.Rules{IdleTransaction: 1}}.NewContext(t.Context())
		if err := pay(ctx, db, client, payments.URL); err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Report().Findings {
			if f.Kind == budget.IdleTransaction && strings.Contains(f.Proof, "GET 127.0.0.1") {
				if site := f.CallSite(); site.StableName() != "chi-app.pay" || f.Also[0].CallSite().StableName() != "chi-app.pay" || site.Line+14 != f.Also[0].CallSite().Line ||
					!strings.Contains(f.Proof, "that began at idle_test.go:17 chi-app.pay") {
					t.Errorf("%s, also %s: %s", site, f.Also[0].CallSite(), f.Proof)
				}
				return
			}
		}
		t.Errorf("not found: %v", r.Report().Findings)
	})
}
