package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/cmd/querybudget/exit"
)

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"unknown"}, {"help", "unknown"}} {
		if err := run(t.Context(), args, new(bytes.Buffer), new(bytes.Buffer)); exit.Code(err) != exit.Usage {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out, new(bytes.Buffer)); err != nil {
			t.Errorf("%q: %v", args, err)
		}
		for _, c := range commands() {
			if !strings.Contains(out.String(), "\t"+c.name+" ") || c.summary == "" || c.run == nil {
				t.Errorf("%q does not explain %q", args, c.name)
			}
		}
	}
}
