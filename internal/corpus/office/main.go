package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

func main() {
	verbose := flag.Bool("v", false, "say which cases are judged wrongly")
	only := flag.String("case", "", "run one case")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *verbose, *only); err != nil {
		fmt.Fprintln(os.Stderr, "office:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, verbose bool, only string) error {
	folder, err := os.MkdirTemp("", "office")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	databases, end, err := openDatabases(ctx, folder, systems...)
	defer end()
	if err != nil {
		return err
	}
	cases := officeCases()
	if only != "" {
		cases = slices.DeleteFunc(cases, func(c Case) bool { return c.name() != only })
	}
	v := judgeAll(ctx, databases, cases)
	if verbose {
		for _, n := range v.notes {
			fmt.Fprintln(out, n)
		}
	}
	return v.print(out, len(databases))
}

// judgeAll runs cases on all databases.
func judgeAll(ctx context.Context, databases []*db.DB, cases []Case) *verdict {
	v := &verdict{kinds: map[budget.FindingKind]*score{}}
	for _, d := range databases {
		makeOffice(ctx, d)
		for _, c := range cases {
			if !c.runsOn(d.System) {
				continue
			}
			fillOffice(ctx, d)
			v.run(ctx, &c, d)
		}
	}
	return v
}

// print writes the table.
func (v *verdict) print(out io.Writer, databases int) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "kind\tright\twrong\tmissed\tprecision\trecall\tcall sites\tparents\tdetails\t\n")
	line := func(name string, s score) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%.2f\t%.2f\t%d of %d\t%d of %d\t%d of %d\t\n", name, s.right, s.wrong, s.missed, s.precision(), s.recall(),
			s.sites, s.right, s.parentsRight, s.parents, s.detailsRight, s.details)
	}
	for _, kind := range v.sortedKinds() {
		line(string(kind), *v.kinds[kind])
	}
	line("all", v.all())
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%d cases, %d runs on %d databases; %d of %d proposed statements are valid, %d of %d give the rows of their loop\n", len(officeCases()), v.runs, databases, v.valid, v.repairs, v.same, v.compared)
	return err
}

func (v *verdict) sortedKinds() (kinds []budget.FindingKind) {
	for kind := range v.kinds {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

func (v *verdict) all() (sum score) {
	for _, s := range v.kinds {
		sum.add(*s)
	}
	return sum
}
