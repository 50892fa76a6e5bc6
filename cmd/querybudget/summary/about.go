package summary

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/querybudget/querybudget/cmd/querybudget/source"
)

// About is what a scan knows beside the reports: test code that is no test file, what was not seen, files of
// generators, and what the sources say. It is kept with the reports.
type About struct {
	TestCode  []string `json:"test_code,omitempty"`
	NotSeen   []string `json:"not_seen,omitempty"`
	Generated []string `json:"generated,omitempty"`
	Flags     []string `json:"flags,omitempty"` // that the tests need
	source.Code
}

// scannedFile is its name in a folder of reports.
const scannedFile = "scan.json"

// Keep writes what is known before the tests run, so that the reports of a scan that somebody
// interrupts can be read.
func (s About) Keep(folder string) error {
	text, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, scannedFile), text, 0o600)
}

// ReadAbout returns what is known beside the reports in a folder.
func ReadAbout(folder string) (s About, err error) {
	text, err := os.ReadFile(filepath.Join(folder, scannedFile))
	if err != nil {
		return s, fmt.Errorf("no reports of a scan: %w", err)
	}
	return s, json.Unmarshal(text, &s)
}
