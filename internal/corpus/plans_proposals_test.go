package corpus

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/explain"
)

// indexesLeft counts the indexes of the schema.
var indexesLeft = map[string]string{
	"postgres": "SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema()",
	"mysql":    "SELECT count(*) FROM information_schema.statistics WHERE table_schema = database()",
	"sqlite":   "SELECT count(*) FROM sqlite_master WHERE type = 'index'",
}

// An index that is proposed serves when it is there; and nothing is left of the trials.
func TestProposals(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		before := ask(t, db, indexesLeft[system])
		db.SetMaxOpenConns(1) // it is given back each time
		faults, proposed := 0, 0
		for _, c := range planCases {
			query := rebind(system, c.query)
			r, err := explain.Options{TryIndexes: true}.Plan(t.Context(), explain.SQL(db), query)
			if err != nil {
				t.Errorf("%s: %v", c.query, err)
				continue
			}
			if !r.Verdict.IsFault() {
				continue
			}
			faults++
			if r.Faults()[0].Proposal == nil {
				t.Logf("no proposal: %s: %s", c.query, describe(r))
				continue
			}
			proposed++
			create := r.Faults()[0].Proposal.SQL
			name := "made_here"
			if system == "postgres" {
				create = strings.Replace(create, "CREATE INDEX ON", "CREATE INDEX "+name+" ON", 1)
			} else {
				_, rest, _ := strings.Cut(create, " ON ")
				create = "CREATE INDEX " + name + " ON " + rest
			}
			execute(t, db, create)
			now := verdictOf(t, explain.SQL(db), query)
			fault := r.Faults()[0]
			for _, a := range now.Faults() {
				if a.Alias == fault.Alias {
					t.Errorf("%s: %s: %s", c.query, create, describe(now))
				}
			}
			drop := "DROP INDEX " + name
			if system == "mysql" {
				drop += " ON " + fault.Relation
			}
			execute(t, db, drop)
		}
		t.Logf("%d of %d faults have a proposal", proposed, faults)
		if after := ask(t, db, indexesLeft[system]); after != before {
			t.Errorf("%s indexes, %s before", after, before)
		}
	})
}
