package corpus

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/querybudget/querybudget/explain"
)

// whatIsLeft are questions about what plans might leave behind, in the server's own
// tables. Each is asked on a session of its own.
var whatIsLeft = map[string][]string{
	"postgres": {
		"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%querybudget%'",
		"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
		"SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema()",
		"SELECT count(*) FROM pg_prepared_statements",
		"SELECT count(*) FROM pg_settings WHERE source = 'session'",
	},
	"mysql": {
		"SELECT count(*) FROM information_schema.processlist WHERE db = database() AND id <> connection_id() AND command <> 'Sleep'",
		"SELECT count(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = connection_id()",
		"SELECT count(*) FROM information_schema.statistics WHERE table_schema = database()",
		"SELECT count(*) FROM information_schema.tables WHERE table_schema = database()",
	},
	"sqlite": {"SELECT count(*) FROM sqlite_master", "SELECT count(*) FROM pragma_database_list", "SELECT count(*) FROM sqlite_temp_master"},
}

// plansInTest is how many plans are made in the ordinary run. With QUERYBUDGET_PLANS=10000
// it is that many.
const plansInTest = 60

func TestPlansLeaveNothing(t *testing.T) {
	n := plansInTest
	if v := os.Getenv("QUERYBUDGET_PLANS"); v != "" {
		n, _ = strconv.Atoi(v)
	}
	for _, system := range Systems {
		t.Run(system, func(t *testing.T) {
			db := openPlans(t, system)
			var before []string
			for _, q := range whatIsLeft[system] {
				before = append(before, ask(t, db, q))
			}
			planner := explain.SQL(db)
			queries := []string{
				"SELECT * FROM books WHERE author_id = ?", "SELECT * FROM books WHERE editor_id = ? ORDER BY id LIMIT 3", "SELECT * FROM nowhere WHERE id = ?",
				"UPDATE books SET price = ? WHERE status = 'open'", "SELECT 1; SELECT 2", "DELETE FROM sales WHERE shop = ?",
			}
			began := time.Now()
			for i := range n {
				o := explain.Options{TryIndexes: i%10 == 0}
				_, _ = o.Plan(t.Context(), planner, rebind(system, queries[i%len(queries)])) // two of them fail
			}
			t.Logf("%d plans, %v each", n, time.Since(began)/time.Duration(n))
			if got := db.Stats().OpenConnections; got > 1 {
				t.Errorf("%d connections are open", got)
			}
			for i, q := range whatIsLeft[system] {
				if after := ask(t, db, q); after != before[i] {
					t.Errorf("%s: %s, %s before", q, after, before[i])
				}
			}
			execute(t, db, "UPDATE books SET price = price + 1") // nobody holds a lock
		})
	}
}
