package explain

import (
	"context"
	"errors"
	"fmt"
)

// try: with hypopg an index is hypothetical; else it is created, if that was asked for, in a
// transaction that is rolled back.
func (d postgres) try(ctx context.Context, s *session, a *Access, c *candidate) (o outcome, err error) {
	hypopg, err := text(s.send(ctx, "SELECT nspname::text FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace WHERE extname = 'hypopg'"))
	if err != nil {
		return o, err
	}
	table := s.quote(a.Schema) + "." + s.quote(a.Relation)
	switch {
	case hypopg != "":
		o, err = d.hypothesise(ctx, s, a, s.quote(hypopg), c.create(s, "", table))
		o.how = "as a hypothetical index"
	case s.options.TryIndexes:
		o, err = d.create(ctx, s, a, c.create(s, trialIndex, table))
		o.how = "in a transaction that was rolled back"
	}
	return o, err
}

// hypothesise: hypothetical indexes outlive a transaction, so they are taken back by
// themselves.
func (d postgres) hypothesise(ctx context.Context, s *session, a *Access, hypopg, create string) (outcome, error) {
	return d.trial(ctx, s, a, "READ ONLY", func() (err error) {
		_, _, err = s.send(ctx, "SELECT indexname::text FROM "+hypopg+".hypopg_create_index($1::text)", create)
		return err
	}, func() error {
		_, _, err := s.send(context.WithoutCancel(ctx), "SELECT "+hypopg+".hypopg_reset()::text")
		return err
	})
}

func (d postgres) create(ctx context.Context, s *session, a *Access, create string) (outcome, error) {
	return d.trial(ctx, s, a, "", func() error {
		_, _, err := s.send(ctx, create)
		return err
	}, func() error { return nil })
}

// trial plans with an index and takes it back.
func (d postgres) trial(ctx context.Context, s *session, a *Access, mode string, create, drop func() error) (o outcome, err error) {
	if err := d.begin(ctx, s, mode); err != nil {
		return o, err
	}
	s.forget()
	defer func() {
		s.forget()
		err = errors.Join(err, d.end(ctx, s), drop())
	}()
	if err := create(); err != nil {
		return o, fmt.Errorf("creating it: %w", err)
	}
	if err := d.set(ctx, s, "enable_seqscan", "off"); err != nil {
		return o, err
	}
	root, err := d.explain(ctx, s)
	if err != nil {
		return o, err
	}
	o.cost, o.sorts = withoutDisabled(root.Cost), sortsAll([]Node{root.node(s)})
	now, err := d.tables(ctx, s)
	o.serves = a.serves(now)
	return o, err
}

// forget forgets what the catalogue told, because an index was made or dropped.
func (s *session) forget() { clear(s.tables) }
