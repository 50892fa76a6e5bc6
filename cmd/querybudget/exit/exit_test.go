package exit

import (
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"testing"
)

func TestCode(t *testing.T) {
	ran := func(script string) error { return exec.Command("sh", "-c", script).Run() }
	for _, test := range []struct {
		name string
		err  error
		want int
	}{
		{"nothing", nil, OK},
		{"help", fmt.Errorf("scan: %w", flag.ErrHelp), OK},
		{"gate", fmt.Errorf("check: %w", Gatef("3 new findings")), Gate},
		{"usage", Usagef("no such flag"), Usage},
		{"anything else", errors.New("disk full"), Failed},
		{"a program's own", ran("exit 7"), 7},
		{"a program and the gate", errors.Join(Gatef("1 new finding"), ran("exit 3")), 3},
		{"a program that was killed", ran("kill -9 $$"), Failed},
	} {
		if got := Code(test.err); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
