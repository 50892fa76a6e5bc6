// Mutate breaks the code on purpose, a little at a time, and lists what no test
// notices: the survivors.
//
//	go run ./internal/mutate -n 50 ./statement
//
// It turns around comparisons, conditions and sums of one package, each alone, and runs
// the package's tests over it with go test -overlay: nothing in the tree is changed. A
// mutation that makes no difference, such as one that only costs time, survives
// rightly; every other one needs a test.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	number := flag.Int("n", 0, "how many mutations, chosen at random; 0 for all")
	seed := flag.Uint64("seed", 1, "which ones")
	limit := flag.Duration("timeout", time.Minute, "for the tests of one mutation; one that takes longer is killed")
	run := flag.String("run", "", "tests to run, as in go test; all if empty")
	also := flag.String("also", "", "further packages whose tests run over it, separated by spaces")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: mutate [flags] ./package")
		os.Exit(2)
	}
	m := &mutator{
		dir:      flag.Arg(0),
		timeout:  *limit,
		packages: append([]string{flag.Arg(0)}, strings.Fields(*also)...),
		run:      *run,
	}
	if err := m.all(*number, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

type mutator struct {
	dir      string
	packages []string
	run      string
	timeout  time.Duration
}

// mutation is a place in a file, and what is to stand there.
type mutation struct {
	file       string
	line       int
	start, end int
	was, is    string
}

// others has what an operator is turned into.
var others = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.LAND: "||", token.LOR: "&&", token.ADD: "-", token.SUB: "+",
}

func (m *mutator) all(number int, seed uint64) error {
	if out, err := m.test(nil); err != nil {
		return fmt.Errorf("the tests fail without a mutation: %w\n%s", err, out)
	}
	todo, err := m.mutations()
	if err != nil {
		return err
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
	if number > 0 {
		todo = todo[:min(number, len(todo))]
	}
	killed, broken := 0, 0
	var survivors []mutation
	for _, change := range todo {
		switch out, err := m.test(&change); {
		case err == nil:
			survivors = append(survivors, change)
			fmt.Printf("survived %s:%d: %q for %q\n", change.file, change.line, change.is, change.was)
		case strings.Contains(out, "[build failed]"):
			broken++
		default:
			killed++
		}
	}
	fmt.Printf("%d mutations: %d killed, %d do not compile, %d survived\n", len(todo), killed, broken, len(survivors))
	return nil
}

// mutations lists those of the package's files.
func (m *mutator) mutations() (out []mutation, err error) {
	files, err := filepath.Glob(filepath.Join(m.dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			return nil, err
		}
		add := func(pos token.Pos, was, is string) {
			at := set.Position(pos)
			out = append(out, mutation{file, at.Line, at.Offset, at.Offset + len(was), was, is})
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if is, ok := others[n.Op]; ok {
					add(n.OpPos, n.Op.String(), is)
				}
			case *ast.UnaryExpr:
				if n.Op == token.NOT {
					add(n.OpPos, "!", "")
				}
			case *ast.IncDecStmt:
				if n.Tok == token.INC {
					add(n.TokPos, "++", "--")
				}
			}
			return true
		})
	}
	if len(out) == 0 {
		return nil, errors.New("nothing to mutate in " + m.dir)
	}
	return out, nil
}

// test runs the tests over a mutation, or over none.
func (m *mutator) test(change *mutation) (output string, err error) {
	args := []string{"test", "-short", "-failfast", "-timeout", m.timeout.String()}
	if m.run != "" {
		args = append(args, "-run", m.run)
	}
	if change != nil {
		folder, err := os.MkdirTemp("", "mutate")
		if err != nil {
			return "", err
		}
		defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
		overlay, err := change.write(folder)
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay", overlay)
	}
	out, err := exec.Command("go", append(args, m.packages...)...).CombinedOutput()
	return string(out), err
}

// write writes the changed file, and the overlay that names it.
func (c *mutation) write(folder string) (overlay string, err error) {
	text, err := os.ReadFile(c.file)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(folder, filepath.Base(c.file))
	if err := os.WriteFile(changed, []byte(string(text[:c.start])+c.is+string(text[c.end:])), 0o600); err != nil {
		return "", err
	}
	original, err := filepath.Abs(c.file)
	if err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, replace, 0o600)
}
