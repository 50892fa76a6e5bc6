package budgettest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// reportVariable names the folder that reports are added to.
const reportVariable = "QUERYBUDGET_REPORT"

// reportSchema is the version of the form of an entry. It grows when a field
// changes its meaning or goes.
const reportSchema = 2

// entry is one line of a report file.
type entry struct {
	Schema  int    `json:"schema"`
	Package string `json:"package"`
	Test    string `json:"test"`
	// Check is "check", "run", "scale", "golden" or "context".
	Check string `json:"check"`
	// Size is the size of the data, for "scale".
	Size int `json:"size,omitempty"`
	// Grows is the growth that the test accepts, for "scale".
	Grows  []Grows        `json:"grows,omitempty"`
	Failed bool           `json:"failed"`
	Report *budget.Report `json:"report"`
}

// saveReport adds an entry to the package's file, if somebody asked for it. Each
// entry is one write to a file opened for appending, so parallel tests do not mix.
func saveReport(t TB, e entry) {
	t.Helper()
	dir := os.Getenv(reportVariable)
	if dir == "" {
		return
	}
	if err := e.save(t.Name(), dir); err != nil {
		t.Errorf("budgettest: %s=%s: %v", reportVariable, dir, err)
	}
}

func (e *entry) save(test, dir string) error {
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("use an absolute path: go test runs each package in a folder of its own")
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	e.Schema, e.Package, e.Test = reportSchema, testedPackage(), test
	var line bytes.Buffer
	if err := json.NewEncoder(&line).Encode(e); err != nil {
		return err
	}
	name := filepath.Join(dir, url.PathEscape(e.Package)+".jsonl")
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(line.Bytes())
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

// testedPackage returns the import path of the package whose tests are running.
var testedPackage = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Path != "" {
		return strings.TrimSuffix(info.Path, ".test")
	}
	return "unknown"
})
