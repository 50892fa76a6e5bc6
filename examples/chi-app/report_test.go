package main

import (
	"bufio"
	"bytes"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Report files are as docs/report.schema.json says, for every kind of page.
func TestReportFileSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Setenv("QUERYBUDGET_REPORT", dir)
	db, err := shop.Open(t.Context(), "", 20, sqlwrap.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test
	s := store.New(db.DB)
	handler := shop.Routes(s, slog.New(slog.DiscardHandler))
	checked := 0
	for _, p := range shop.Pages(s) {
		if p.Pattern != "/bad/search" { // it takes long
			checked++
			_ = failure(t, func(tb budgettest.TB) { budgettest.Check(tb, handler, httptest.NewRequest(p.Method, p.Path, nil)) })
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q, %v", files, err)
	}
	file, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was read
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 10<<20)
	for lines.Scan() {
		checked--
		entry, err := jsonschema.UnmarshalJSON(bytes.NewReader(lines.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(entry); err != nil {
			t.Errorf("%v in %s", err, lines.Text())
		}
	}
	if lines.Err() != nil || checked != 0 {
		t.Errorf("%v, %d checks have no line", lines.Err(), checked)
	}
}
