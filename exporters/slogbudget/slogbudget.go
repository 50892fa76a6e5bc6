// Package slogbudget writes budget reports to log/slog: one record for each
// unit of work, at WARN when it went over its budget.
//
// A record holds the name, the totals, the verdict, the findings, and the groups
// that weigh most, each with its shape and call site. Where queries share a line, such as
// that of a helper, the first frame around it that differs is the caller. A record is at
// most 8 kB, without what the logger adds; left_out says how much of each list is missing.
// It never holds argument values or literals.
package slogbudget

import (
	"context"
	"log/slog"

	"github.com/querybudget/querybudget/budget"
)

// Options are the optional parts of a reporter. The zero value is the default,
// and what the function [Reporter] uses.
type Options struct {
	// Level is the level of units that kept to their budget or have none.
	// Default, also for nil: slog.LevelDebug.
	Level slog.Leveler
	// ExceededLevel is the level of units over their budget, or with one that is not valid. Default, also for
	// nil: slog.LevelWarn.
	ExceededLevel slog.Leveler
	// FindingLevel is the least level of units with findings that are neither hints
	// nor allowed. Default, also for nil: slog.LevelInfo.
	FindingLevel slog.Leveler
	// Hints lists hints and allowed findings too. They raise no level.
	Hints bool
	// Running writes records of units that go on, too, such as a stream that lasts for
	// days: of those that have run long, and once one crosses its budget, see
	// [budget.Needs]. Default: off, since each unit has to be followed then, which costs it
	// about half a microsecond.
	Running bool
	// Groups is the number of groups that a record lists, those with the most
	// executions first. Default: 3, of units that went over their budget or have
	// findings; a number that is set lists them of all units, which makes the record of
	// a unit without either cost more. Long ones may leave room for fewer. budget.None
	// lists none.
	Groups int
}

// Reporter returns a reporter that writes to logger. It panics if logger is
// nil.
func Reporter(logger *slog.Logger) budget.Reporter { return Options{}.Reporter(logger) }

// Reporter is like the function of that name, with the options of o.
func (o Options) Reporter(logger *slog.Logger) budget.Reporter {
	if logger == nil {
		panic("slogbudget: Reporter with a nil *slog.Logger")
	}
	r := &reporter{
		logger:   logger,
		level:    slog.LevelDebug,
		exceeded: slog.LevelWarn,
		finding:  slog.LevelInfo,
		groups:   3,
		hints:    o.Hints,
		running:  o.Running,
	}
	if o.FindingLevel != nil {
		r.finding = o.FindingLevel
	}
	if o.Level != nil {
		r.level = o.Level
	}
	if o.ExceededLevel != nil {
		r.exceeded = o.ExceededLevel
	}
	if o.Groups != 0 {
		r.groups, r.always = max(o.Groups, 0), o.Groups > 0
	}
	return r
}

type reporter struct {
	logger                   *slog.Logger
	level, exceeded, finding slog.Leveler
	groups                   int
	hints, always, running   bool
}

// Report writes a record. It is safe for concurrent use.
func (r *reporter) Report(ctx context.Context, report *budget.Report) {
	all := report.AllExceeded()
	findings, raise := r.findings(report)
	level, message := r.level.Level(), "database queries"
	if raise {
		level, message = max(level, r.finding.Level()), "database queries with findings"
	}
	if report.Verdict.Invalid != "" {
		level, message = r.exceeded.Level(), "query budget invalid"
	}
	// A budget that was replaced after it refused a query has left no limit to name.
	if len(all) > 0 || report.Verdict.Outcome == budget.Blocked {
		level, message = r.exceeded.Level(), "query budget exceeded"
	}
	if !r.logger.Enabled(ctx, level) {
		return
	}
	t := &report.Totals
	attrs := []slog.Attr{
		slog.String("name", cut(report.Name, maxName)),
		slog.String("outcome", string(report.Verdict.Outcome)),
		slog.Duration("duration", report.Duration),
		slog.GroupAttrs("db",
			slog.Int64("queries", t.Queries),
			slog.Int64("reads", t.Reads),
			slog.Int64("writes", t.Writes),
			slog.Int64("duplicates", t.Duplicates),
			slog.Int64("rows", t.Rows),
			slog.Int64("errors", t.Errors),
			slog.Int64("blocked", t.Blocked),
			slog.Int64("transactions", t.Transactions),
			slog.Duration("time", t.Time),
			slog.Duration("wall", t.WallTime),
		),
	}
	if report.Verdict.Invalid != "" {
		attrs = append(attrs, slog.String("invalid", cut(report.Verdict.Invalid, maxRepair)))
	}
	if report.Stage == budget.Running || report.Stage == budget.Late {
		attrs = append(attrs, slog.String("stage", string(report.Stage)))
	}
	attrs = append(attrs, r.lists(report, all, findings)...)
	r.logger.LogAttrs(ctx, level, message, attrs...)
}

// Needs asks for what a record has, also of what came late. It waits for the logger
// only, as the application's own records do.
func (r *reporter) Needs() budget.Needs {
	content := budget.WhatIsFound
	if r.always {
		content = budget.Everything
	}
	return budget.Needs{Content: content, Late: true, Running: r.running, Quick: true}
}

// findings returns the findings to list, and whether there is one that raises
// the level.
func (r *reporter) findings(report *budget.Report) (out []*budget.Finding, raise bool) {
	for i := range report.Findings {
		f := &report.Findings[i]
		quiet := f.Confidence == budget.Hint || f.Allowed != nil
		raise = raise || !quiet
		if r.hints || !quiet {
			out = append(out, f)
		}
	}
	return out, raise
}
