package woven

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The service's own handler and handle are counted, and its loop is found, over a budget
// from a file. Without the engine nothing is.
func TestWoven(t *testing.T) {
	dir := t.TempDir()
	budgets := filepath.Join(dir, "budgets.json")
	if err := os.WriteFile(budgets, []byte(`{"GET /authors/{page}": {"queries": 3}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		build []string
		env   []string
		want  []string // nil: nothing of querybudget
	}{
		{"woven", []string{"run", "github.com/DataDog/orchestrion", "go", "build"}, []string{"QUERYBUDGET_BUDGETS=" + budgets, "QUERYBUDGET_SAMPLE=1"}, []string{
			"query budget exceeded", "3 allowed, 7 observed in GET /authors/{page}", "7x SELECT name FROM authors WHERE id = ? at service/main.go:24",
		}},
		{"off", []string{"run", "github.com/DataDog/orchestrion", "go", "build"}, []string{"QUERYBUDGET=off", "QUERYBUDGET_BUDGETS=" + budgets}, nil},
		{"bare", []string{"build"}, []string{"QUERYBUDGET_BUDGETS=" + budgets}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			program := filepath.Join(dir, test.name)
			build := exec.CommandContext(t.Context(), "go", append(test.build, "-o", program, "./service")...)
			build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			run := exec.CommandContext(t.Context(), program)
			run.Env = append(os.Environ(), test.env...)
			out, err := run.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if !strings.Contains(string(out), "200 OK") {
				t.Errorf("the service was changed:\n%s", out)
			}
			if test.want == nil && strings.Contains(string(out), "budget") {
				t.Errorf("something was woven in:\n%s", out)
			}
			for _, want := range test.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}
