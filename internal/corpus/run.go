package corpus

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// Run runs cases on one system, each in a database of its own, and judges what was found.
func Run(ctx context.Context, system string, cases []Case) (out []Outcome, err error) {
	s, err := newServer(system)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(context.WithoutCancel(ctx))) }()
	for i := range cases {
		c := &cases[i]
		if !c.runsOn(s.system) || c.Values && s.label == Pgx {
			continue
		}
		o, err := s.run(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("%s on %s: %w", c.Name, system, err)
		}
		out = append(out, o)
	}
	return out, nil
}

// RunAll runs cases on several systems at once.
func RunAll(ctx context.Context, systems []string, cases []Case) ([]Outcome, error) {
	outs, errs := make([][]Outcome, len(systems)), make([]error, len(systems))
	var wg sync.WaitGroup
	for i, system := range systems {
		wg.Go(func() { outs[i], errs[i] = Run(ctx, system, cases) })
	}
	wg.Wait()
	var all []Outcome
	for _, out := range outs {
		all = append(all, out...)
	}
	return all, errors.Join(errs...)
}

// run runs a case in a recorder.
func (s *server) run(ctx context.Context, c *Case) (_ Outcome, err error) {
	db, err := s.open(ctx)
	if err != nil {
		return Outcome{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	e, err := newEnv(s.system, db)
	if err != nil {
		return Outcome{}, err
	}
	for _, statement := range c.Setup {
		if _, err := db.ExecContext(ctx, e.SQL(statement)); err != nil {
			return Outcome{}, fmt.Errorf("%s: %w", statement, err)
		}
	}
	unit, r := budget.Bounds{TrackValues: true, Rules: c.rules()}.NewContext(ctx)
	if err := serve(unit, c, e); err != nil {
		return Outcome{}, err
	}
	report := r.Report()
	report.Findings = c.found(report)
	o := judge(c, s.label, report)
	for _, f := range e.after {
		if err := f(); err != nil {
			return Outcome{}, err
		}
	}
	o.checkRepairs(ctx, c, e)
	return o, nil
}

// serve calls a case as a server calls a handler.
func serve(ctx context.Context, c *Case, e *Env) (err error) {
	defer func() {
		switch failed := recover().(type) {
		case nil:
		case failure:
			err = failed.err
		default:
			panic(failed)
		}
	}()
	return c.Run(ctx, e)
}
