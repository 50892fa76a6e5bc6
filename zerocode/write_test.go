package zerocode

import (
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// What makes tables is written without its queries, but for temporary ones, which a page may make.
func TestLeaveOutDetails(t *testing.T) {
	for text, want := range map[string]int{
		"CREATE TABLE books (id int)":           0,
		"ALTER TABLE books ADD title text":      0,
		"CREATE TEMPORARY TABLE books (id int)": 2,
		"SELECT 1":                              2,
	} {
		of := func(text string) *statement.Statement {
			return statement.NewReader("", statement.NewHasher(), 2048).Read(text)
		}
		r := &budget.Report{
			Groups:  []budget.Group{{Statement: of(text), Sums: budget.Sums{Queries: 1}}, {Statement: of("INSERT INTO books VALUES (?)"), Sums: budget.Sums{Queries: 2}}},
			Queries: []budget.Query{{Group: 0, Transaction: 1}, {Group: 1, Transaction: 1}, {Group: 1, Transaction: 1}},
		}
		if leaveOutDetails(r); len(r.Queries) != want {
			t.Errorf("%s: %d queries", text, len(r.Queries))
		}
	}
}
