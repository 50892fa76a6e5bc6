package sqlwrap_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/sqlwrap"
)

// An application that passes no contexts is told so, once.
func TestSaysThatNoContextReachesTheHandle(t *testing.T) {
	var log bytes.Buffer
	db := open(t, sqlwrap.Config{System: "sqlite", Database: "main", Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 500 {
		if _, err := db.ExecContext(context.Background(), "INSERT INTO t (a) VALUES (1)"); err != nil {
			t.Fatal(err)
		}
	}
	if got := log.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "queries=200 database=main") {
		t.Errorf("logged %q", got)
	}
}
