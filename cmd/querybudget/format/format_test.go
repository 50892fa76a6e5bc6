package format_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/cmd/querybudget/baseline"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

var update = flag.Bool("update", false, "write the golden files")

var forms = map[string]func(io.Writer, *result.Result) error{
	"text": format.Text, "markdown": format.Markdown, "github": format.GitHub, "sarif": format.SARIF,
	"gitlab": format.GitLab, "junit": format.JUnit, "json": format.JSON,
}

// shop is a recorded run that was held against a baseline: some findings are new, one is
// known, one package crashed.
func shop(t *testing.T) *result.Result {
	t.Helper()
	r, err := result.Read("../result/testdata/shop.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	f := &baseline.File{}
	old := func(e *result.Entry) bool { return e.Kind == "duplicate" || e.Unit == "GET /bad/publishers" }
	if _, err := f.Accept(r, "as it was", old); err != nil {
		t.Fatal(err)
	}
	f.Check(r)
	r.Packages = []result.Package{{Package: "example.com/shop", State: result.Passed}, {Package: "example.com/shop/api", State: result.Crashed}, {Package: "example.com/shop/web", State: result.Cached}}
	for _, e := range r.Entries {
		if e.Unit == "GET /bad/authors" && e.Kind == "n+1" {
			e.Cause = "introduced in pages.go:40-52, the caller of store.go:48"
		}
	}
	return r
}

func write(t *testing.T, form string, r *result.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := forms[form](&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	extensions := map[string]string{"markdown": "md", "junit": "xml", "sarif": "sarif.json", "gitlab": "gitlab.json", "json": "result.json", "text": "txt", "github": "github.txt"}
	for form, extension := range extensions {
		got := write(t, form, shop(t))
		name := filepath.Join("testdata", "shop."+extension)
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from %s: run the test with -update and look at the difference", form, name)
		}
	}
}

// hostile is a result in which every text was chosen by somebody who wants more.
func hostile() *result.Result {
	const evil = "x\n::error::forged\r\n##[error]forged \x1b[2J\u202e| `` ``` </code><script>alert(1)</script>]]> \"'&<!-- @everyone #1 [a](http://b) {0} %0A, --> \x00\ufffe\xff"
	r := &result.Result{Version: result.Version, Runs: 2, Partial: evil}
	for _, unit := range []string{"GET /" + evil, "::error::" + evil, "##[error]", "`"} {
		r.Units = append(r.Units, result.Unit{Name: unit, Package: evil, Failed: true, Budget: []budget.Use{{Limit: budget.Limit(evil), Allowed: 1, Observed: 2}}})
		for _, kind := range []string{"n+1", evil} {
			r.Entries = append(r.Entries, &result.Entry{
				Key: result.Key{Unit: unit, Kind: kind, Function: evil, Shape: evil}, Summary: evil, File: evil, Line: 3, Count: 5, Message: evil,
				Repair: evil, Reason: evil, Cause: evil, State: result.New, Tests: []string{evil, evil}, Confidence: budget.Confidence(evil),
			})
		}
	}
	r.Packages = []result.Package{{Package: evil, State: result.Crashed}}
	return r
}

func TestHostileTexts(t *testing.T) {
	for form := range forms {
		if form == "json" {
			continue // it is the text itself
		}
		for i, line := range strings.Split(write(t, form, hostile()), "\n") {
			trimmed := strings.TrimSpace(line)
			isOwn := form == "github" && (strings.HasPrefix(line, "::error file=") || strings.HasPrefix(line, "::notice title="))
			if strings.HasPrefix(trimmed, "::") && !isOwn || strings.Contains(line, "##[") {
				t.Errorf("%s: line %d is a command of GitHub: %q", form, i, line)
			}
			if strings.ContainsAny(line, "\x1b\u202e\x00\r") {
				t.Errorf("%s: line %d has what does not print: %q", form, i, line)
			}
		}
	}
}

// In Markdown, all that others chose stands in code spans, and a table has its columns.
func TestHostileMarkdown(t *testing.T) {
	text := write(t, "markdown", hostile())
	for i, line := range strings.Split(text, "\n") {
		rest := withoutCode(t, line)
		if strings.ContainsAny(rest, "`@[") || strings.Contains(rest, "script") || strings.Contains(rest, "#1") || strings.Contains(rest, "<!-- @") {
			t.Errorf("line %d: %q outside of code", i, rest)
		}
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| --") {
			columns := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") - 1
			if columns != 4 && columns != 7 {
				t.Errorf("line %d has %d columns: %s", i, columns, line)
			}
		}
	}
	if strings.Count(text, "<details>") != strings.Count(text, "</details>") {
		t.Error("details are not closed")
	}
}

// withoutCode takes the code spans out of a line, as CommonMark finds them.
func withoutCode(t *testing.T, line string) string {
	t.Helper()
	var out strings.Builder
	for line != "" {
		at := strings.IndexByte(line, '`')
		if at < 0 {
			out.WriteString(line)
			break
		}
		out.WriteString(line[:at])
		fence := line[at : len(line)-len(strings.TrimLeft(line[at:], "`"))]
		line = line[at+len(fence):]
		end := closing(line, len(fence))
		if end < 0 {
			out.WriteString(fence)
			continue
		}
		line = line[end+len(fence):]
	}
	return out.String()
}

// closing finds a run of exactly n backticks.
func closing(s string, n int) int {
	for i := 0; i < len(s); {
		if s[i] != '`' {
			i++
			continue
		}
		run := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		if run == n {
			return i
		}
		i += run
	}
	return -1
}

func TestMarkdownFitsIntoAComment(t *testing.T) {
	r := &result.Result{Runs: 1}
	for i := range 3000 {
		unit := fmt.Sprintf("GET /%04d", i)
		r.Units = append(r.Units, result.Unit{Name: unit})
		r.Entries = append(r.Entries, &result.Entry{Key: result.Key{Unit: unit, Kind: "n+1", Shape: strings.Repeat("SELECT ", 30)}, Count: 5, Least: 5, Message: "5x"})
	}
	text := write(t, "markdown", r)
	if len(text) > 65000 || strings.Count(text, "<details>") != strings.Count(text, "</details>") || !strings.Contains(text, "lines more: a comment holds no more") {
		t.Errorf("%d bytes, ends with %q", len(text), text[len(text)-200:])
	}
	before, _, _ := strings.Cut(text, "<details>")
	if rows := strings.Count(before, "\n"); rows > 25 {
		t.Errorf("%d lines are shown at once", rows)
	}
}

// GitHub drops what is over ten of a kind in silence.
func TestGitHubShowsTheWorst(t *testing.T) {
	r := &result.Result{Runs: 1}
	for i := range 14 {
		r.Entries = append(r.Entries,
			&result.Entry{Key: result.Key{Unit: "GET /a", Kind: "n+1", Shape: fmt.Sprint(i)}, Count: int64(i), Least: int64(i), State: result.New},
			&result.Entry{Key: result.Key{Unit: "GET /b", Kind: "n+1", Shape: fmt.Sprint(i)}, Count: 1, Least: 1, Confidence: budget.Candidate})
	}
	text := write(t, "github", r)
	if strings.Count(text, "::error ") != 10 || strings.Count(text, "::warning ") != 10 || !strings.Contains(text, "::notice title=querybudget::and 8 more") {
		t.Errorf("got\n%s", text)
	}
}

// The schema is that of OASIS, which the library brings.
func TestSARIFSchema(t *testing.T) {
	for name, r := range map[string]*result.Result{"shop": shop(t), "hostile": hostile(), "nothing": {Runs: 1}} {
		report, err := sarif.FromBytes([]byte(write(t, "sarif", r)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		en := "en-US" // the library writes its own zero values, which the schema does not know
		report.Runs[0].Language, report.Runs[0].Tool.Driver.Language, report.Runs[0].NewlineSequences = en, en, []string{"\n"}
		if err := report.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The fingerprint that code scanning reads is the same when lines move, and differs
// otherwise.
func TestFingerprints(t *testing.T) {
	fingerprints := func(r *result.Result) (out []string) {
		var log struct {
			Runs []struct {
				Results []struct{ PartialFingerprints map[string]string }
			}
		}
		if err := json.Unmarshal([]byte(write(t, "sarif", r)), &log); err != nil {
			t.Fatal(err)
		}
		for _, one := range log.Runs[0].Results {
			out = append(out, one.PartialFingerprints["primaryLocationLineHash"])
		}
		return out
	}
	before := fingerprints(shop(t))
	moved := shop(t)
	for _, e := range moved.Entries {
		e.Line += 10
		e.Count++
		e.Least++
	}
	if after := fingerprints(moved); !slices.Equal(before, after) || len(before) == 0 {
		t.Errorf("%v, moved %v", before, after)
	}
	if slices.Sort(before); len(slices.Compact(before)) != len(before) {
		t.Error("two results have one fingerprint")
	}
}

// The elements of JUnit XML that Jenkins, GitLab and others read, in their order.
func TestJUnitForm(t *testing.T) {
	for name, r := range map[string]*result.Result{"shop": shop(t), "hostile": hostile()} {
		d := xml.NewDecoder(strings.NewReader(write(t, "junit", r)))
		may := map[string][]string{"": {"testsuites"}, "testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"skipped", "error", "failure"}}
		need := map[string][]string{"testsuite": {"name", "tests", "failures", "errors", "skipped"}, "testcase": {"name", "classname"}, "failure": {"message", "type"}, "error": {"message", "type"}, "skipped": {"message"}}
		stack := []string{""}
		count := map[string]int{}
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				if in := stack[len(stack)-1]; !slices.Contains(may[in], e.Name.Local) {
					t.Errorf("%s: %s in %q", name, e.Name.Local, in)
				}
				for _, attribute := range need[e.Name.Local] {
					if !slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == attribute }) {
						t.Errorf("%s: %s without %s", name, e.Name.Local, attribute)
					}
				}
				count[e.Name.Local]++
				stack = append(stack, e.Name.Local)
			case xml.EndElement:
				stack = stack[:len(stack)-1]
			}
		}
		if count["testcase"] == 0 || count["failure"] == 0 || count["error"] == 0 {
			t.Errorf("%s: %v", name, count)
		}
	}
}

// GitLab documents these fields, and no more.
func TestGitLabForm(t *testing.T) {
	for name, r := range map[string]*result.Result{"shop": shop(t), "hostile": hostile()} {
		var issues []struct {
			Description string `json:"description"`
			CheckName   string `json:"check_name"`
			Fingerprint string `json:"fingerprint"`
			Severity    string `json:"severity"`
			Location    struct {
				Path  string `json:"path"`
				Lines struct {
					Begin int `json:"begin"`
				} `json:"lines"`
			} `json:"location"`
		}
		d := json.NewDecoder(strings.NewReader(write(t, "gitlab", r)))
		d.DisallowUnknownFields()
		if err := d.Decode(&issues); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		seen := map[string]bool{}
		for _, i := range issues {
			if i.Description == "" || i.CheckName == "" || len(i.Fingerprint) != 64 || seen[i.Fingerprint] || i.Location.Path == "" || i.Location.Lines.Begin < 1 ||
				!slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, i.Severity) {
				t.Errorf("%s: %+v", name, i)
			}
			seen[i.Fingerprint] = true
		}
	}
	if got := write(t, "gitlab", &result.Result{}); got != "[]\n" {
		t.Errorf("nothing is %q", got)
	}
}

func TestOutputs(t *testing.T) {
	var o format.Outputs
	for text, want := range map[string]string{"pdf": "there is no form", "sarif=": "a file name is missing"} {
		if err := o.Set(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	dir := t.TempDir()
	summary := filepath.Join(dir, "summary")
	t.Setenv("GITHUB_STEP_SUMMARY", summary)
	if err := os.WriteFile(summary, []byte("of another step\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"json=" + filepath.Join(dir, "a.json"), "github", "markdown=" + summary} {
		if err := o.Set(text); err != nil {
			t.Error(err)
		}
	}
	if err := o.Set("text"); err == nil {
		t.Error("two forms on standard output")
	}
	var out bytes.Buffer
	if err := o.Write(&out, shop(t)); err != nil {
		t.Fatal(err)
	}
	added, err := os.ReadFile(summary)
	if err != nil || !strings.HasPrefix(string(added), "of another step\n<!-- querybudget -->") || !strings.HasPrefix(out.String(), "::error ") {
		t.Errorf("%v: %.60s, %.60s", err, added, out.String())
	}
	if _, err := result.Read(filepath.Join(dir, "a.json")); err != nil {
		t.Errorf("the JSON form is no result: %v", err)
	}
	if files, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(files) > 0 {
		t.Errorf("left over: %v %v", files, err)
	}
}
