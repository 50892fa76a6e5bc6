package vendored

import (
	"database/sql"
	"sync"

	"example.com/actor"
)

// Actor does one thing after the other.
type Actor struct {
	actor.Inbox
	db   *sql.DB
	done sync.WaitGroup
}

// Act does something some times, and waits.
func Act(db *sql.DB, times int) {
	a := &Actor{db: db}
	a.done.Add(times)
	for range times {
		a.Inbox.Act(a.next)
	}
	a.done.Wait()
}

func (a *Actor) next() {
	defer a.done.Done()
	_, _ = a.db.Exec("INSERT INTO acts (number) VALUES (?)", 1)
}
