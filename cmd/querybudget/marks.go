package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Loops of a test and goroutines that it starts are no waste of the application: each
// round is a unit of its own. Test files are compiled with marks at the beginning of loops
// and function literals, on the same lines, by way of an overlay.

// marks writes marked test files and an overlay into a folder, and returns the name of the
// overlay.
func marks(ctx context.Context, goTool string, env, packages []string, folder string) (string, error) {
	list := exec.CommandContext(ctx, goTool, append([]string{"list", "-e", "-json=Dir,TestGoFiles,XTestGoFiles"}, packages...)...)
	list.Env, list.Stderr = env, os.Stderr
	out, err := list.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := list.Start(); err != nil {
		return "", err
	}
	replace, err := markAll(json.NewDecoder(out), folder)
	if err := errors.Join(err, list.Wait()); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(folder, "overlay.json")
	return name, os.WriteFile(name, text, 0o600)
}

func markAll(list *json.Decoder, folder string) (map[string]string, error) {
	replace := map[string]string{}
	for {
		var p struct {
			Dir                       string
			TestGoFiles, XTestGoFiles []string
		}
		if err := list.Decode(&p); err == io.EOF {
			return replace, nil
		} else if err != nil {
			return nil, err
		}
		for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			file := filepath.Join(p.Dir, name)
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			marked, ok := mark(string(text))
			if !ok {
				continue
			}
			target := filepath.Join(folder, fmt.Sprintf("%d_%s", len(replace), name))
			if err := os.WriteFile(target, []byte(marked), 0o600); err != nil {
				return nil, err
			}
			replace[file] = target
		}
	}
}

// mark returns a test file with marks, false if it needs none or cannot be parsed: then
// the compiler says why.
func mark(text string) (string, bool) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, parser.SkipObjectResolution)
	if err != nil {
		return "", false
	}
	var places []int
	add := func(body *ast.BlockStmt) {
		if body != nil {
			places = append(places, set.Position(body.Lbrace).Offset+1)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt:
			add(n.Body)
		case *ast.RangeStmt:
			add(n.Body)
		case *ast.FuncLit:
			add(n.Body)
		}
		return true
	})
	if len(places) == 0 {
		return "", false
	}
	slices.Sort(places)
	const name = "querybudgetRounds"
	var b strings.Builder
	at := set.Position(file.Name.End()).Offset
	b.WriteString(text[:at])
	b.WriteString(`; import ` + name + ` "querybudget/zerocode"`)
	for _, place := range places {
		b.WriteString(text[at:place])
		b.WriteString(name + ".Round();")
		at = place
	}
	b.WriteString(text[at:])
	return b.String(), true
}
