package main

import (
	"os/exec"
	"strings"
	"testing"
)

// "go tool pprof" asks the running program, and shows what the shop's functions send, at
// the lines of its source.
func TestProfile(t *testing.T) {
	shop := openShop(t)
	get(t, shop+"/bad/authors")
	get(t, shop+"/authors")
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"-top"}, []string{"22 total", "store.(*Store).AuthorsSlowly", "20 90.91% 90.91% 20 90.91% SELECT"}},
		{[]string{"-top", "-sample_index=wasted"}, []string{"19 total"}},
		{[]string{"-traces", "-tagroot=route"}, []string{"GET /bad/authors", "GET /authors"}},
		{[]string{"-list=AuthorsSlowly", "-source_path=."}, []string{"store/authors.go", ". 20"}},
	} {
		cmd := exec.CommandContext(t.Context(), "go", append(append([]string{"tool", "pprof", "-symbolize=none"}, test.args...), shop+"/debug/pprof/queries")...)
		cmd.Env = append(cmd.Environ(), "PPROF_TMPDIR="+t.TempDir())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, want := range test.want {
			if !strings.Contains(strings.Join(strings.Fields(string(out)), " "), want) {
				t.Errorf("%v: %q is missing in\n%s", test.args, want, out)
			}
		}
	}
}
