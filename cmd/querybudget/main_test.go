package main

import (
	"bytes"
	"io"
	"path/filepath"
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

// Each command has its place in docs/commands, with the help that it prints.
func TestEveryCommandIsDocumented(t *testing.T) {
	pages, err := filepath.Glob("../../docs/commands/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, page := range pages {
		all.WriteString(file(t, page))
	}
	for _, c := range commands() {
		if c.name == "scan" || c.name == "run" || c.name == "env" {
			continue // docs/scan.md
		}
		var help bytes.Buffer
		if err := run(t.Context(), []string{c.name, "-h"}, &help, io.Discard); exit.Code(err) != exit.OK {
			t.Errorf("%s -h: %v", c.name, err)
		}
		for _, part := range []string{"# querybudget " + c.name + "\n", "```\n" + help.String() + "```\n"} {
			if !strings.Contains(all.String(), part) {
				t.Errorf("docs/commands does not hold:\n%s", part)
			}
		}
	}
}
