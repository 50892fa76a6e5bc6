package corpus

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// hospitalWorkers do one job after the other, read again what may have changed, or ask
// the same twice.
func hospitalWorkers() []Case {
	jobs := outbox(7)
	return []Case{
		{Name: "hospital/claimed-batch", About: "a batch is claimed, and each is marked when it is sent: by design", Values: true, Systems: []string{"postgres"}, Setup: jobs, Run: sendClaimed},
		{Name: "hospital/list-marked-later", About: "a list without a claim, whose rows are marked one by one", Setup: jobs, Run: markLater, Want: []Want{{Kind: budget.WriteLoop, Func: "markLater", Table: "outbox"}}},
		{Name: "hospital/list-told-by-http", About: "each is marked after a service was told of it: a report says so, and a scan leaves it out", Setup: jobs, Run: tellEach, Want: []Want{{Kind: budget.WriteLoop, Func: "tellEach", Table: "outbox"}}},
		{Name: "hospital/advisory-locks", About: "each patient is worked on under a lock of its own, in a transaction of its own", Systems: []string{"postgres"}, Setup: patientsOf(6, 1), Run: underAdvisoryLocks},
		{Name: "hospital/skip-locked-one", About: "the next one that nobody works on, until there is none", Systems: servers, Setup: jobs, Run: skipLocked},
		{Name: "hospital/delete-returning", About: "the next job is taken out of the queue", Systems: []string{"postgres", "sqlite"}, Setup: jobs, Run: takeOut},
		{Name: "hospital/transfers", About: "a transaction for each item, which reads, decides and writes", Setup: and(bedsOf(3, 2), patientsOf(6, 1)), Run: transferEach},
		{Name: "hospital/state-until-done", About: "the state of a job is asked for until another program has changed it", Values: true, Setup: jobs, Run: waitForState},
		{Name: "hospital/session-settings", About: "a time limit for each of six transactions", Systems: []string{"postgres"}, Setup: and(wards(1), drugs(6)), Run: limitedTransactions},
	}
}

func sendClaimed(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "UPDATE outbox SET state = 'claimed' WHERE id IN (SELECT id FROM outbox WHERE state = 'new' ORDER BY id LIMIT 6 FOR UPDATE SKIP LOCKED) RETURNING id, body")) {
		// here it is sent
		done(e.DB.ExecContext(ctx, e.Q("UPDATE outbox SET state = 'sent', sent_at = ? WHERE id = ?"), time.Now(), id))
	}
	return nil
}

func markLater(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, body FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT 6")) {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE outbox SET sent_at = ? WHERE id = ?"), time.Now().UTC(), id))
	}
	return nil
}

func tellEach(ctx context.Context, e *Env) error {
	service := httptest.NewServer(http.NotFoundHandler())
	defer service.Close()
	client := &http.Client{Transport: middleware.Transport(nil)}
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, body FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT 6")) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, service.URL, strings.NewReader("body"))
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		try(response.Body.Close())
		done(e.DB.ExecContext(ctx, e.Q("UPDATE outbox SET sent_at = ? WHERE id = ?"), time.Now().UTC(), id))
	}
	return nil
}

func underAdvisoryLocks(ctx context.Context, e *Env) error {
	for _, id := range []int64{4, 2, 6, 1, 3, 5} {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			drain(tx.QueryContext(ctx, "SELECT pg_advisory_xact_lock($1)", id))
			var state string
			one(tx.QueryRowContext(ctx, "SELECT state FROM patients WHERE id = $1", id), &state)
			done(tx.ExecContext(ctx, "UPDATE patients SET state = $1 WHERE id = $2", state+"!", id))
		}))
	}
	return nil
}

func skipLocked(ctx context.Context, e *Env) error {
	for isLeft := true; isLeft; {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			var id int64
			if isLeft = one(tx.QueryRowContext(ctx, "SELECT id, body FROM outbox WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"), &id, new(string)); isLeft {
				done(tx.ExecContext(ctx, e.Q("UPDATE outbox SET state = 'sent', tries = tries + 1 WHERE id = ?"), id))
			}
		}))
	}
	return nil
}

func takeOut(ctx context.Context, e *Env) error {
	for {
		var body string
		if !one(e.DB.QueryRowContext(ctx, "DELETE FROM outbox WHERE id = (SELECT id FROM outbox ORDER BY id LIMIT 1) RETURNING body"), &body) {
			return nil
		}
	}
}

func transferEach(ctx context.Context, e *Env) error {
	for _, patient := range []int64{4, 2, 6, 1, 3, 5} {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			var bed int64
			if !one(tx.QueryRowContext(ctx, e.Q("SELECT id FROM beds WHERE state = ? AND patient_id <> ? ORDER BY no LIMIT 1"), "free", patient), &bed) {
				return
			}
			done(tx.ExecContext(ctx, e.Q("UPDATE beds SET patient_id = ?, state = 'taken' WHERE id = ?"), patient, bed))
			done(tx.ExecContext(ctx, e.Q("UPDATE patients SET state = 'moved' WHERE id = ?"), patient))
		}))
	}
	return nil
}

func waitForState(ctx context.Context, e *Env) error {
	for i := range 6 {
		var state string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM outbox WHERE id = ?"), 2), &state)
		if state == "sent" {
			return nil
		}
		if i == 4 { // another program is done
			other, _ := budget.NewContext(context.WithoutCancel(ctx))
			done(e.DB.ExecContext(other, e.Q("UPDATE outbox SET state = 'sent' WHERE id = ?"), 2))
		}
		time.Sleep(2 * time.Millisecond)
	}
	return nil
}

func limitedTransactions(ctx context.Context, e *Env) error {
	for i, query := range []string{
		"SELECT count(*) FROM drugs", "SELECT sum(stock) FROM drugs", "SELECT max(stock) FROM drugs",
		"SELECT min(stock) FROM drugs", "SELECT count(*) FROM wards", "SELECT avg(stock) FROM drugs",
	} {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			done(tx.ExecContext(ctx, "SET LOCAL statement_timeout = "+[]string{"1000", "2000", "3000"}[i%3]))
			drain(tx.QueryContext(ctx, query))
		}))
	}
	return nil
}
