package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// proposed returns the SQL of a repair.
func proposed(repair string) (string, bool) {
	_, text, ok := strings.Cut(repair, "in memory")
	text = strings.TrimPrefix(strings.TrimPrefix(text, ", where the other values are the same"), ": ")
	text, _, _ = strings.Cut(text, ";")
	text, _, _ = strings.Cut(text, " with ")
	return text, ok && text != ""
}

// checkRepairs has the database read each statement that is proposed, and compares its
// rows with those of the loop.
func (o *Outcome) checkRepairs(ctx context.Context, c *Case, e *Env) {
	findings := slices.Clone(o.Wrong)
	for _, m := range o.Right {
		findings = append(findings, m.Finding)
	}
	for i := range findings {
		if reads := findings[i].Reads; reads != nil {
			findings = append(findings, *reads)
		}
	}
	for i := range findings {
		text, ok := proposed(findings[i].Repair)
		if !ok {
			continue
		}
		o.Proposed++
		err := e.prepare(ctx, text)
		if err == nil && c.Same != nil {
			err = c.Same(ctx, e, text)
		}
		if err != nil {
			o.Invalid = append(o.Invalid, fmt.Sprintf("%s: %v", text, err))
		}
	}
}

// prepare has the database read a statement, and not run it.
func (e *Env) prepare(ctx context.Context, text string) error {
	if e.System == "sqlite" { // its driver prepares nothing before it runs
		args := make([]any, strings.Count(text, "?"))
		rows, err := e.DB.QueryContext(ctx, "EXPLAIN "+text, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err says it
		return rows.Err()
	}
	statement, err := e.DB.PrepareContext(ctx, e.Q(text))
	if err != nil {
		return err
	}
	defer statement.Close() //nolint:errcheck // it was read
	return nil
}

// sameRows compares a proposed statement with a loop over keys. Fixed are the arguments
// of the placeholders after the key's; a slice stands for the placeholders of a list. The
// last key is left out, so that a statement without its condition has too many rows.
func sameRows(loop string, keys []int64, fixed ...any) func(context.Context, *Env, string) error {
	return sameRowsOf(loop, keys, flat(fixed), fixed)
}

// sameRowsOf compares the rows of a loop with those of a proposal, which have other arguments
// beside the keys.
func sameRowsOf[K any](loop string, keys []K, ofLoop, ofProposal []any) func(context.Context, *Env, string) error {
	return func(ctx context.Context, e *Env, text string) error {
		keys := keys[:max(1, len(keys)-1)]
		var want, columns []string
		for _, key := range keys {
			rows, names, err := e.table(ctx, e.Q(loop), nil, append([]any{key}, ofLoop...)...)
			if err != nil {
				return err
			}
			want, columns = append(want, rows...), names
		}
		query, args := e.fill(text, append([]any{keys}, ofProposal...))
		got, _, err := e.table(ctx, query, columns, args...)
		if err != nil {
			return err
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			return fmt.Errorf("rows %v, and the loop has %v", got, want)
		}
		return nil
	}
}

// flat makes one argument of each that is in a slice.
func flat(args []any) (out []any) {
	for _, arg := range args {
		switch list := arg.(type) {
		case []int64:
			for _, v := range list {
				out = append(out, v)
			}
		case []string:
			for _, v := range list {
				out = append(out, v)
			}
		default:
			out = append(out, arg)
		}
	}
	return out
}

var placeholder = regexp.MustCompile(`\?|\$[0-9]+`)

// fill writes as many placeholders as a slice has values where the statement has one for
// it, but for an array of ANY.
func (e *Env) fill(text string, args []any) (string, []any) {
	var b strings.Builder
	var out []any
	end := 0
	for i, at := range placeholder.FindAllStringIndex(text, -1) {
		b.WriteString(text[end:at[0]])
		end = at[1]
		var these []any
		switch {
		case i >= len(args):
		case strings.HasSuffix(text[:at[0]], "ANY("):
			these = args[i : i+1]
		default:
			these = flat(args[i : i+1])
		}
		b.WriteString("?" + strings.Repeat(", ?", max(0, len(these)-1)))
		out = append(out, these...)
	}
	b.WriteString(text[end:])
	return e.Q(b.String()), out
}

// table returns rows as text, of the named columns or of all.
func (e *Env) table(ctx context.Context, query string, columns []string, args ...any) (out, names []string, err error) {
	rows, err := e.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	if names, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	for i := range names {
		names[i] = strings.ToLower(names[i])
	}
	for _, c := range columns {
		if !slices.Contains(names, c) {
			return nil, names, fmt.Errorf("it has no column %s", c)
		}
	}
	for rows.Next() {
		values, dest := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, nil, err
		}
		var line []string
		for i, v := range values {
			if len(columns) == 0 || slices.Contains(columns, names[i]) {
				line = append(line, names[i]+"="+v.String)
			}
		}
		slices.Sort(line)
		out = append(out, strings.Join(line, " "))
	}
	return out, names, rows.Err()
}
