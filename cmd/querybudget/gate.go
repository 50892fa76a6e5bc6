package main

import (
	"context"
	"fmt"
	"io"

	"github.com/querybudget/querybudget/cmd/querybudget/baseline"
	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
	"github.com/querybudget/querybudget/cmd/querybudget/summary"
)

// show prints what the reports in a folder say.
func (o *scanOptions) show(ctx context.Context, folder string, out io.Writer) error {
	a, err := summary.ReadAbout(folder)
	if err != nil {
		return err
	}
	s, err := summary.Read(folder, &a)
	if err != nil {
		return err
	}
	s.Print(out, o.all)
	for _, say := range a.NotSeen {
		fmt.Fprintln(out, say)
	}
	if o.judged != "" {
		if err := s.Judge(o.judged, out); err != nil {
			return err
		}
	}
	return o.gate(ctx, s, out)
}

// gate writes the findings in the forms that were asked for, and holds them against the
// baseline.
func (o *scanOptions) gate(ctx context.Context, s *summary.Summary, out io.Writer) error {
	if !o.check && len(o.outputs) == 0 {
		return nil
	}
	r := s.Result()
	if l, err := result.NewLocator(ctx); err == nil {
		l.Locate(r)
	}
	if !o.check {
		return o.outputs.Write(out, r)
	}
	file, err := baseline.LoadOrEmpty(o.baseline)
	if err != nil {
		return err
	}
	verdict := file.Check(r)
	if err := o.outputs.Write(out, r); err != nil {
		return err
	}
	for _, e := range verdict.Stale {
		_, _ = fmt.Fprintf(out, "not seen any more: %s in %s: prune it from %s\n", e.Kind, e.Function, o.baseline)
	}
	if n := len(verdict.Failing); n > 0 {
		return exit.Gatef("%s not in %s: repair them, or accept them with querybudget accept", format.Plural(n, "finding"), o.baseline)
	}
	return nil
}
