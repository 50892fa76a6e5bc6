package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
	"github.com/querybudget/querybudget/statement"
)

// answers are what a handler was answered.
type answers struct {
	mu  sync.Mutex
	all []db.Answer
}

// listen returns the database with an ear on it.
func listen(d *db.DB) (*db.DB, *answers) {
	heard := &answers{}
	with := *d
	with.Listen = func(a db.Answer) {
		heard.mu.Lock()
		defer heard.mu.Unlock()
		heard.all = append(heard.all, a)
	}
	return &with, heard
}

// answeredLoop is a loop with its answers: one argument is another one each time.
type answeredLoop struct {
	answers []db.Answer
	key     int // the position of that argument
}

// loopOf returns the answers to the statement of a finding. It has none where literals
// stand in the text, or where several arguments vary.
func (a *answers) loopOf(f *budget.Finding, system string) (*answeredLoop, bool) {
	loop := &answeredLoop{key: -1}
	reader := statement.NewReader(statement.Dialect(system), statement.NewHasher(), 1<<16)
	for _, answer := range a.all {
		if reader.Read(answer.Text).Shape != f.Shape {
			continue
		}
		if strings.Count(f.Shape, "?") != len(answer.Args) {
			return nil, false
		}
		loop.answers = append(loop.answers, answer)
	}
	if len(loop.answers) == 0 {
		return nil, false
	}
	for i, first := range loop.answers[0].Args {
		if !slices.ContainsFunc(loop.answers, func(a db.Answer) bool { return a.Args[i] != first }) {
			continue
		}
		if loop.key >= 0 {
			return nil, false
		}
		loop.key = i
	}
	return loop, loop.key >= 0
}

// compare sends one statement for all keys, and returns how its rows differ from those
// of the loop: each row once, with its key where the statement has it beside the rows.
func (l *answeredLoop) compare(ctx context.Context, d *db.DB, text string) (difference string) {
	var keys []any
	byKey := map[string][][]string{}
	for _, a := range l.answers {
		key := fmt.Sprint(a.Args[l.key])
		if _, asked := byKey[key]; !asked {
			keys = append(keys, a.Args[l.key])
		}
		byKey[key] = a.Rows
	}
	columns, rows, err := l.ask(ctx, d, text, keys)
	if err != nil {
		return err.Error()
	}
	if i := slices.Index(columns, "place"); i >= 0 {
		for r := range rows {
			rows[r] = slices.Delete(rows[r], i, i+1)
		}
		columns = slices.Delete(columns, i, i+1)
	}
	// The key stands behind the loop's columns, and in front of an aggregate.
	hasKey, isAggregate := len(columns) > l.width(), strings.Contains(text, " GROUP BY ")
	var want, got []string
	for key, rows := range byKey {
		for _, row := range rows {
			if isAggregate && isNothing(row) {
				continue // that of no rows: the statement has no row for it
			}
			if hasKey {
				row = append([]string{key}, row...)
			}
			want = append(want, strings.Join(row, "|"))
		}
	}
	for _, row := range rows {
		if last := len(row) - 1; hasKey && !isAggregate {
			row = append([]string{row[last]}, row[:last]...)
		}
		got = append(got, strings.Join(row, "|"))
	}
	slices.Sort(want)
	slices.Sort(got)
	if slices.Equal(want, got) {
		return ""
	}
	return fmt.Sprintf("%d and %d rows, such as %.3q and %.3q", len(got), len(want), got[:min(3, len(got))], want[:min(3, len(want))])
}

// isNothing reports whether a row has only zeros and NULL.
func isNothing(row []string) bool {
	return !slices.ContainsFunc(row, func(s string) bool { return s != "" && s != "0" })
}

// width is the number of columns of the loop's rows, 0 if it has none.
func (l *answeredLoop) width() int {
	for _, a := range l.answers {
		if len(a.Rows) > 0 {
			return len(a.Rows[0])
		}
	}
	return 0
}

// arrayOf writes an array of PostgreSQL.
func arrayOf(keys []any) string {
	var quoted []string
	for _, k := range keys {
		quoted = append(quoted, fmt.Sprintf("%q", fmt.Sprint(k)))
	}
	return "{" + strings.Join(quoted, ",") + "}"
}

// ask runs the statement with a list of keys.
func (l *answeredLoop) ask(ctx context.Context, d *db.DB, text string, keys []any) (columns []string, rows [][]string, err error) {
	args := slices.Clone(l.answers[0].Args)
	if d.System == "postgresql" {
		args[l.key] = arrayOf(keys)
	} else {
		text = strings.Replace(text, "IN (?)", "IN ("+marks(len(keys))+")", 1)
		args = slices.Replace(args, l.key, l.key+1, keys...)
	}
	found, err := d.SQL.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, nil, err
	}
	defer found.Close() //nolint:errcheck // read to the end
	if columns, err = found.Columns(); err != nil {
		return nil, nil, err
	}
	for found.Next() {
		rows = append(rows, db.Scan(found))
	}
	return columns, rows, found.Err()
}
