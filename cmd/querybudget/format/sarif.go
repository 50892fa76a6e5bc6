package format

import (
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	site        = "https://github.com/querybudget/querybudget"
	// maxResults is the number of results that GitHub shows.
	maxResults = 5000
	// maxRelated is the number of callers of a result.
	maxRelated = 10
)

// SARIF writes SARIF 2.1.0: a result for each complaint, whose fingerprint is the same when
// lines move.
func SARIF(out io.Writer, r *result.Result) error {
	run := sarifRun{Results: []sarifResult{}, ColumnKind: "utf16CodeUnits"}
	run.Tool.Driver.Name, run.Tool.Driver.InformationURI, run.Tool.Driver.Rules = "querybudget", site, []sarifRule{}
	all := r.Complaints()
	invocation := sarifInvocation{ExecutionSuccessful: true}
	for _, c := range caveats(r) {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{Level: "note", Message: sarifText{Line(c)}})
	}
	if n := len(all) - maxResults; n > 0 {
		all = all[:maxResults]
		invocation.Notifications = append(invocation.Notifications, sarifNotification{Level: "warning", Message: sarifText{
			Plural(n, "result") + " left out: code scanning shows " + Plural(maxResults, "result"),
		}})
	}
	run.Invocations = []sarifInvocation{invocation}
	for _, e := range all {
		run.add(e)
	}
	return writeJSON(out, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver struct {
			Name           string      `json:"name"`
			InformationURI string      `json:"informationUri"`
			Rules          []sarifRule `json:"rules"`
		} `json:"driver"`
	} `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
	ColumnKind  string            `json:"columnKind"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifRule struct {
	ID               string    `json:"id"`
	ShortDescription sarifText `json:"shortDescription"`
	Help             sarifText `json:"help"`
	HelpURI          string    `json:"helpUri"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifResult struct {
	RuleID              string             `json:"ruleId"`
	RuleIndex           int                `json:"ruleIndex"`
	Level               string             `json:"level"`
	Message             sarifText          `json:"message"`
	Locations           []sarifLocation    `json:"locations"`
	RelatedLocations    []sarifLocation    `json:"relatedLocations,omitempty"`
	PartialFingerprints map[string]string  `json:"partialFingerprints"`
	BaselineState       string             `json:"baselineState,omitempty"`
	Suppressions        []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification,omitempty"`
}

type sarifLocation struct {
	ID       int `json:"id,omitempty"`
	Physical struct {
		Artifact struct {
			URI       string `json:"uri"`
			URIBaseID string `json:"uriBaseId"`
		} `json:"artifactLocation"`
		Region struct {
			StartLine int `json:"startLine"`
		} `json:"region"`
	} `json:"physicalLocation"`
	Message *sarifText `json:"message,omitempty"`
}

func (r *sarifRun) add(e *result.Entry) {
	file, line := filePlace(e)
	out := sarifResult{
		RuleID: Line(e.Kind), RuleIndex: r.rule(Line(e.Kind)), Level: e.Level(), Message: sarifText{sarifMessage(e)},
		Locations:           []sarifLocation{location(file, line)},
		PartialFingerprints: map[string]string{"primaryLocationLineHash": Fingerprint(e.Key)[:16] + ":1"},
	}
	for i, f := range e.Callers[:min(len(e.Callers), maxRelated)] {
		if f.File == "" {
			continue
		}
		l := location(f.File, max(f.Line, 1))
		l.ID, l.Message = i+1, &sarifText{"called by " + Line(f.StableName())}
		out.RelatedLocations = append(out.RelatedLocations, l)
	}
	switch {
	case e.State == result.Known:
		out.BaselineState, out.Suppressions = "unchanged", []sarifSuppression{{"external", Line(e.Reason)}}
	case e.State == result.New:
		out.BaselineState = "new"
	case e.State == result.Worse:
		out.BaselineState = "updated"
	case e.Allowed != "":
		out.Suppressions = []sarifSuppression{{"inSource", Line(e.Allowed)}}
	}
	r.Results = append(r.Results, out)
}

func sarifMessage(e *result.Entry) string {
	text := Line(title(e) + " in " + shortUnit(e.Unit) + ": " + describe(e))
	for _, more := range []string{e.Shape, e.Cause, e.Repair} {
		if more != "" {
			text += "\n" + Line(more)
		}
	}
	return strings.ReplaceAll(text, "](", "] (") // no link is meant
}

// rule returns the index of the rule of a kind.
func (r *sarifRun) rule(kind string) int {
	rules := &r.Tool.Driver.Rules
	at := slices.IndexFunc(*rules, func(known sarifRule) bool { return known.ID == kind })
	if at >= 0 {
		return at
	}
	about := about(kind)
	*rules = append(*rules, sarifRule{
		ID: kind, ShortDescription: sarifText{about}, Help: sarifText{about + " The message of each result names the repair."},
		HelpURI: site + "/blob/main/docs/findings.md",
	})
	return len(*rules) - 1
}

// about says what a kind is.
func about(kind string) string {
	known := map[string]string{
		"n+1":                "One query for each row of another one.",
		"duplicate":          "A read that was answered before.",
		"write-loop":         "One write for each item of a list.",
		"nested-query":       "A query while the rows of another one are open: it holds a second connection.",
		"unclosed-rows":      "Rows that are never closed: their connection is lost to the pool.",
		"held-connection":    "A connection that is held while queries wait for one.",
		"idle-transaction":   "A transaction that holds a connection while nothing runs in it.",
		"idle-connection":    "A connection that is held, without a transaction or by open rows, while nothing runs on it.",
		"slow":               "A query that takes long to execute.",
		"large-result":       "A query that returns many rows.",
		"read-modify-write":  "A value that is read, changed and written back: what others write in between is lost.",
		"select-then-insert": "A row that is looked for, not found and inserted: another one may be inserted in between.",
		"few-rows":           "A result of which few rows are read.",
		"select-star":        "A read of all columns.",
		"unattributed":       "Queries without the context of the request.",
		"stale-allowance":    "An allowance that matches nothing.",
		result.Growth:        "A statement whose number, or whose rows, grow with the data.",
	}
	if text := known[kind]; text != "" {
		return text
	}
	if limit, ok := strings.CutPrefix(kind, result.Limit); ok {
		return "The limit of " + Line(limit) + " of a budget was exceeded."
	}
	return "A finding of kind " + Line(kind) + "."
}

func location(file string, line int) (l sarifLocation) {
	uri := (&url.URL{Path: file}).EscapedPath()
	if first, _, _ := strings.Cut(uri, "/"); strings.Contains(first, ":") {
		uri = "./" + uri // or it would be a scheme
	}
	l.Physical.Artifact.URI, l.Physical.Artifact.URIBaseID, l.Physical.Region.StartLine = uri, "%SRCROOT%", line
	return l
}
