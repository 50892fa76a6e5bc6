package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/learn"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

const learnText = `
Learn proposes budgets. It reads reports, of tests or of a running service that
exporters/jsonbudget writes, and prints for each route how many queries were seen and the
line of Go to write. The rule for headroom:

  ` + learn.Rule + `

With -check it compares the limits in force with what was seen, and proposes to lower those
that are higher than the rule gives: exit code 1 if there is one, or one that was exceeded.

  querybudget learn /var/log/shop/
  querybudget learn -check reports
`

func runLearn(_ context.Context, args []string, stdout, stderr io.Writer) error {
	f := newFlags("learn", "[flags] reports...", learnText)
	check := f.Bool("check", false, "compare the limits in force with what was seen")
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	if f.NArg() == 0 {
		return f.wrong("name the files or folders of reports")
	}
	var l learn.Learner
	if err := result.Each(f.Args(), func(o result.Origin, r *budget.Report) error { l.Add(o, r); return nil }); err != nil {
		return err
	}
	units := l.Units()
	if len(units) == 0 {
		return exit.Gatef("there is no report to learn from")
	}
	if l.Skipped > 0 {
		fmt.Fprintf(stderr, "note: %s of more routes than are told apart: do their names hold ids?\n", format.Plural(l.Skipped, "report"))
	}
	if *check {
		return checkLimits(stdout, units)
	}
	return propose(stdout, units)
}

// propose prints the distribution of each unit, and the line to write.
func propose(out io.Writer, units []*learn.Unit) error {
	b := bufio.NewWriter(out)
	fmt.Fprintf(b, "%s\n\n", learn.Rule)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "reports\tmedian\tp99\tmost\troute")
	for _, u := range units {
		fmt.Fprintf(t, "%d\t%d\t%d\t%d\t%s\n", u.Reports, u.Quantile(0.5), u.Quantile(0.99), u.Quantile(1), format.Line(u.Name))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(b)
	for _, u := range units {
		fmt.Fprintf(b, "// %s\n", format.Line(u.Name))
		if u.Loops > 0 {
			fmt.Fprintf(b, "// A loop was seen in %s: repair it first, its number is that of the data.\n", format.Plural(u.Loops, "report"))
		}
		fmt.Fprintf(b, "%s\n", format.Line(u.Line()))
	}
	return b.Flush()
}

// checkLimits prints what to do about the limits in force.
func checkLimits(out io.Writer, units []*learn.Unit) error {
	b := bufio.NewWriter(out)
	slack, exceeded, without := 0, 0, 0
	for _, u := range units {
		advice := u.Check()
		if len(advice) == 0 {
			without++
			fmt.Fprintf(b, "no limit: %s: %s\n", format.Line(u.Name), format.Line(u.Line()))
		}
		for _, a := range advice {
			switch {
			case a.Exceeded():
				exceeded++
				fmt.Fprintf(b, "exceeded: %s: %s: %d allowed, %d seen\n", format.Line(u.Name), a.Limit, a.Allowed, a.Seen)
			case a.Slack():
				slack++
				fmt.Fprintf(b, "lower: %s: %s: from %d to %s, at most %d seen in %s\n", format.Line(u.Name), a.Limit, a.Allowed, limitText(a.Propose), a.Seen, format.Plural(u.Reports, "report"))
			}
		}
	}
	fmt.Fprintf(b, "%s: %d without a limit, %s to lower, %d exceeded\n", format.Plural(len(units), "unit"), without, format.Plural(slack, "limit"), exceeded)
	if err := b.Flush(); err != nil {
		return err
	}
	if slack+exceeded > 0 {
		return exit.Gatef("%s to lower, %d exceeded", format.Plural(slack, "limit"), exceeded)
	}
	return nil
}

// limitText is a limit as it is written.
func limitText(n int64) string {
	if n == 0 {
		return "budget.None"
	}
	return fmt.Sprint(n)
}
