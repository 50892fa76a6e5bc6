package budget

import (
	"testing"

	"github.com/querybudget/querybudget/statement"
)

// A request with a transaction, in which one read was sent twice, for two rows, is lean.
func leanUnit(tb testing.TB) *Recorder {
	reader := statement.NewReader("postgresql", statement.NewHasher(), 2048)
	db := NewDatabase(DatabaseOptions{Name: "a", System: "postgresql"})
	_, r := Bounds{}.NewContext(tb.Context())
	send := func(text string, list uint64, tx *Transaction) {
		x, err := r.Start(Call{Database: db, Statement: reader.Read(text), Transaction: tx, Arguments: statement.Arguments{List: list, Row: list}})
		if err != nil {
			tb.Fatal(err)
		}
		x.Open()
		x.Close(1, nil)
	}
	send("SELECT name FROM users WHERE id = $1", 1, nil)
	send("SELECT name FROM users WHERE id = $1", 2, nil)
	send("SELECT title FROM courses WHERE id = $1", 3, nil)
	tx := r.Began(0, nil)
	send("INSERT INTO orders (id) VALUES ($1)", 4, &tx)
	tx.Committed(0, nil)
	return r
}

func TestTransactionsAreLean(t *testing.T) {
	r := leanUnit(t)
	if rep := r.report(Running, WhatIsFound); !rep.Lean {
		t.Error("the report is not lean")
	}
}
