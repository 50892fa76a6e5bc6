// Command corpus runs the labelled cases of findings, and prints precision and recall by
// kind.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/querybudget/querybudget/internal/corpus"
)

func main() {
	verbose := flag.Bool("v", false, "print what is wrong, case by case")
	only := flag.String("only", "", "run the cases whose names contain this")
	flag.Parse()
	if err := run(context.Background(), *verbose, *only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, verbose bool, only string) error {
	var cases []corpus.Case
	for _, c := range corpus.All() {
		if strings.Contains(c.Name, only) {
			cases = append(cases, c)
		}
	}
	var systems []string
	for _, s := range corpus.Systems {
		if v := corpus.Variable(s); v != "" && os.Getenv(v) == "" {
			fmt.Fprintf(os.Stderr, "%s is left out: %s is not set\n", s, v)
			continue
		}
		systems = append(systems, s)
	}
	outcomes, err := corpus.RunAll(ctx, systems, cases)
	if err != nil {
		return err
	}
	if verbose {
		corpus.PrintWrong(os.Stdout, outcomes)
		fmt.Println()
	}
	fmt.Printf("%d cases on %s\n\n", len(cases), strings.Join(systems, ", "))
	corpus.Print(os.Stdout, outcomes)
	return nil
}
