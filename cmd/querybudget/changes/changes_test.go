package changes_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/cmd/querybudget/changes"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

func TestParse(t *testing.T) {
	const text = `diff --git a/orders.go b/orders.go
index 1..2 100644
--- a/orders.go
+++ b/orders.go
@@ -38,0 +40,3 @@ func f() {
+	for {
+++ b/forged.go
+@@ -1 +1 @@
@@ -60,2 +64 @@ func g() {
-a
-b
+c
@@ -80,3 +82,0 @@ func h() {
-x
--- a/y
-z
diff --git a/gone.go b/gone.go
--- a/gone.go
+++ /dev/null
@@ -1,2 +0,0 @@
-package gone
-+++ b/forged.go
diff --git "a/odd\tname.go" "b/odd\tname.go"
--- "a/odd\tname.go"
+++ "b/odd\tname.go"
@@ -1 +1 @@
-a
\ No newline at end of file
+b
\ No newline at end of file
`
	got, err := changes.Parse(strings.NewReader(text))
	want := []changes.Hunk{{"orders.go", 40, 42}, {"orders.go", 64, 64}, {"orders.go", 82, 83}, {"odd\tname.go", 1, 1}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("+++ b/a.go\n@@ -1,2 +3,4 @@\n+a\n+b\n-c\n")
	f.Fuzz(func(t *testing.T, text string) {
		hunks, err := changes.Parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hunks {
			if h.From < 0 || h.To < h.From-1 || h.File == "" {
				t.Fatalf("%+v", h)
			}
		}
	})
}

const before = `package shop

func handler() {
	list()
	title(1)
}

func title(id int) {
	query()
}

func other() {
	title(2)
}
`

// The one who did it is named, also where the line of the query did not change.
func TestCause(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v %s", args, err, out)
		}
	}
	write("shop.go", before)
	write("shop_test.go", "package shop\n\n// a test\n")
	git("init", "-q", "-b", "main")
	git("add", ".")
	git("commit", "-qm", "before")
	git("checkout", "-qb", "feature")
	after := strings.Replace(before, "\ttitle(1)\n", "\tfor id := range 20 {\n\t\ttitle(id)\n\t}\n", 1)
	write("shop.go", after)
	write("shop_test.go", "package shop\n\n// a test\n// and one more\n")
	git("commit", "-qam", "after")
	hunks, err := changes.Since(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	f := changes.NewFinder(dir, hunks)
	frame := func(file string, line int) callsite.Frame {
		return callsite.Frame{Function: "f", File: file, Line: line}
	}
	for name, test := range map[string]struct {
		frames []callsite.Frame
		want   string
	}{
		"the line itself":          {[]callsite.Frame{frame("shop.go", 6)}, "introduced in shop.go:5-7"},
		"the caller's":             {[]callsite.Frame{frame("shop.go", 11), frame("shop.go", 6), frame("shop_test.go", 4)}, "introduced in shop.go:5-7, the caller of shop.go:11"},
		"elsewhere in a function":  {[]callsite.Frame{frame("shop.go", 11), frame("shop.go", 4)}, "perhaps by the change in shop.go:5-7, the caller of shop.go:11"},
		"only the test":            {[]callsite.Frame{frame("shop.go", 11), frame("shop.go", 15), frame("shop_test.go", 4)}, "no line of it changed, but the test did, in shop_test.go:4"},
		"none":                     {[]callsite.Frame{frame("shop.go", 11), frame("shop.go", 15)}, ""},
		"nothing is known":         {[]callsite.Frame{{}}, ""},
		"a file that is not there": {[]callsite.Frame{frame("gone.go", 3)}, ""},
	} {
		e := &result.Entry{File: test.frames[0].File, Line: test.frames[0].Line, Callers: test.frames[1:]}
		if got := f.Cause(e); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if _, err := changes.Since(t.Context(), "no-such-branch"); err == nil || !strings.Contains(err.Error(), "is no-such-branch fetched?") {
		t.Errorf("a base that is not there: %v", err)
	}
}
