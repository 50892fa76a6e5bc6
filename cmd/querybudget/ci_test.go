package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// planted is a branch with an n+1 on a repository whose origin has main, and a command that
// runs lines of a shell there, with the program in the path.
func planted(t *testing.T) (r clonedModule, shell func(code int, script string, env ...string) string) {
	t.Helper()
	docs, err := filepath.Abs("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r = clone(t, "shop")
	r.command("git", "update-ref", "refs/remotes/origin/main", "main")
	r.command("git", "checkout", "-qb", "feature")
	r.command("cp", "page.go.planted", "page.go")
	r.commit("plant")
	return r, func(code int, script string, env ...string) string {
		t.Helper()
		cmd := exec.Command("sh", "-ec", script)
		cmd.Dir = r.dir
		cmd.Env = append(append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "DOCS="+docs), env...)
		out, err := cmd.CombinedOutput()
		var exited *exec.ExitError
		if err != nil && !errors.As(err, &exited) || cmd.ProcessState.ExitCode() != code {
			t.Fatalf("%s: %v, want code %d\n%s", script, err, code, out)
		}
		return string(out)
	}
}

// steps are the commands of a pipeline in docs, but for the one that installs.
func steps(t *testing.T, text, key string) (out []string) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		_, command, ok := strings.Cut(lines[i], key)
		if !ok {
			continue
		}
		indent := len(lines[i]) - len(strings.TrimLeft(lines[i], " -"))
		if command == "|" {
			command = ""
			for ; i+1 < len(lines) && strings.HasPrefix(lines[i+1], strings.Repeat(" ", indent+1)); i++ {
				command += strings.TrimSpace(lines[i+1]) + "\n"
			}
		}
		if !strings.HasPrefix(command, "go install ") {
			out = append(out, command)
		}
	}
	return out
}

// The script of docs/ci.md says what it prints there.
func TestShell(t *testing.T) {
	page := file(t, "../../docs/ci.md")
	r, shell := planted(t)
	out := shell(1, `sh "$DOCS/ci/check.sh"`)
	for line := range strings.Lines(block(t, page, "in GET /authors: this change adds")) {
		r.wants(out, strings.TrimSpace(line))
	}
}

// block is the block of a page in which a text stands.
func block(t *testing.T, page, text string) string {
	t.Helper()
	at := strings.Index(page, text)
	if at < 0 {
		t.Fatalf("no %q in the page", text)
	}
	at += len(text) - len(strings.TrimLeft(text, "\n"))
	begin, end := strings.LastIndex(page[:at], "```\n"), strings.Index(page[at:], "```")
	if begin < 0 || end < 0 {
		t.Fatalf("%q is in no block", text)
	}
	return page[begin+len("```\n") : at+end]
}

// Each step of the workflow for GitHub, one after the other, as its shell runs them.
func TestGitHub(t *testing.T) {
	text := file(t, "../../docs/ci/github.yml")
	r, shell := planted(t)
	temp := t.TempDir()
	summary := filepath.Join(temp, "summary.md")
	env := []string{"RUNNER_TEMP=" + temp, "GITHUB_BASE_REF=main", "GITHUB_STEP_SUMMARY=" + summary}
	all := steps(t, text, "run: ")
	if len(all) != 4 {
		t.Fatalf("%q", all)
	}
	shell(1, all[0], env...)
	shell(0, all[1], env...)
	shell(0, all[2], env...)
	r.wants(file(t, summary), "### querybudget: 1 finding new or worse", "**`GET /authors`**: this change adds 19 queries (2 before, 21 now)", "introduced in page.go:32-39, the caller of store.go:32")
	r.wants(shell(1, all[3], env...), "::error file=store.go,line=32,title=new n+1 in GET /authors::20x SELECT books", "1 finding not in querybudget.baseline")
}

// The script of the pipeline for GitLab.
func TestGitLab(t *testing.T) {
	text := file(t, "../../docs/ci/gitlab.yml")
	r, shell := planted(t)
	_, script, _ := strings.Cut(text, "  script:\n")
	script, _, _ = strings.Cut(script, "  artifacts:\n")
	all := steps(t, script, "- ")
	if len(all) != 2 {
		t.Fatalf("%q", all)
	}
	base := strings.TrimSpace(shell(0, "git rev-parse origin/main"))
	r.wants(shell(1, strings.Join(all, "\n"), "CI_MERGE_REQUEST_DIFF_BASE_SHA="+base), "1. new n+1 in GET /authors", "by:  introduced in page.go:32-39")
	r.wants(r.file("gl-code-quality-report.json"), `"path": "store.go"`)
	r.wants(r.file("queries.xml"), `name="GET /authors"`)
}

// A baseline that two branches changed merges with the driver of the page.
func TestMergeDriver(t *testing.T) {
	driver := block(t, file(t, "../../docs/commands/check.md"), "\ngit config merge.querybudget.driver")
	r, shell := planted(t)
	shell(0, driver)
	entry := func(unit string) string {
		return `{"unit":"` + unit + `","kind":"n+1","grows":"linear","reason":"r"}` + "\n"
	}
	const head = `{"querybudget_baseline":1}` + "\n"
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(r.dir, "querybudget.baseline"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(head + entry("GET /b"))
	r.commit("a baseline")
	r.command("git", "checkout", "-qb", "other")
	write(head + entry("GET /a") + entry("GET /b"))
	r.commit("one more")
	r.command("git", "checkout", "-q", "feature")
	write(head + entry("GET /a") + entry("GET /c")) // git's own merge conflicts here
	r.commit("another one, and one less")
	shell(0, "git -c user.name=a -c user.email=a@example.com merge -q --no-edit other")
	if got, want := r.file("querybudget.baseline"), head+entry("GET /a")+entry("GET /c"); got != want {
		t.Errorf("merged to\n%s", got)
	}
}
