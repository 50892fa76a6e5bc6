package format

import (
	"io"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// GitLab writes a code quality report of GitLab.
func GitLab(out io.Writer, r *result.Result) error {
	issues := []gitlabIssue{}
	for _, e := range r.Complaints() {
		file, line := filePlace(e)
		i := gitlabIssue{
			Description: Line(title(e) + " in " + shortUnit(e.Unit) + ": " + describe(e)), CheckName: "querybudget/" + Line(e.Kind),
			Fingerprint: Fingerprint(e.Key), Severity: severity(e), Location: gitlabLocation{Path: Line(file)},
		}
		if e.Repair != "" {
			i.Description += " -> " + Line(e.Repair)
		}
		i.Location.Lines.Begin = line
		issues = append(issues, i)
	}
	return writeJSON(out, issues)
}

type gitlabIssue struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

// severity is one of info, minor, major, critical and blocker.
func severity(e *result.Entry) string {
	switch e.Level() {
	case "error":
		return "critical"
	case "warning":
		return "major"
	default:
		return "info"
	}
}
