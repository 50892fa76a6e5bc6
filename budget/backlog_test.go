package budget

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Queries that are counted later are counted as if they had been at once: a unit
// that somebody looks at after each step, and one that nobody looks at before its
// end, give the same report.
func TestLookingChangesNothing(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // whose clock stands still during a step
				p := newTwins(seed)
				for range 20 + p.random.IntN(200) {
					p.step()
				}
				for len(p.open) > 0 && p.random.IntN(4) > 0 {
					p.closeRows()
				}
				got, want := p.report(0), p.report(1)
				if !bytes.Equal(got, want) {
					t.Errorf("nobody looked:\n%s\nsomebody looked:\n%s", got, want)
				}
			})
		})
	}
}

// Queries past those that are kept use the same memory again.
func TestQueriesThatAreNotKept(t *testing.T) {
	_, r := Bounds{Queries: 10}.NewContext(t.Context())
	d, st, s := NewDatabase(DatabaseOptions{}), &statement.Statement{Kind: statement.Read, Tables: []string{"books"}, Repeatable: true}, callsite.New(callsite.CallSite{})
	queries := func() {
		for n := range uint64(300) {
			x, err := r.Start(Call{Database: d, Statement: st, Stack: s, Arguments: statement.Arguments{List: n % 100}})
			if err != nil {
				t.Fatal(err)
			}
			switch n % 3 {
			case 0:
				x.End(1, nil)
			case 1:
				x.Open()
				x.Close(1, nil)
			default:
				x.Skip()
			}
		}
	}
	queries()
	if got := testing.AllocsPerRun(10, queries); got != 0 {
		t.Errorf("%v allocations for 300 queries", got)
	}
}

// twins do the same at random in two units.
type twins struct {
	random     *rand.Rand
	databases  [2]*Database
	statements []*statement.Statement
	stacks     []*callsite.Stack
	units      [2]*Recorder
	scopes     [2]*Recorder // nil while there is none
	running    [][2]Execution
	open       [][2]Execution
	inTx       [2]*Transaction
}

func newTwins(seed uint64) *twins {
	p := &twins{random: rand.New(rand.NewPCG(seed, 0)), databases: [2]*Database{NewDatabase(DatabaseOptions{}), NewDatabase(DatabaseOptions{Name: "second"})}}
	for i, kind := range []statement.Kind{statement.Read, statement.Read, statement.Read, statement.Write, statement.Write, statement.Other, statement.Begin, statement.Control} {
		p.statements = append(p.statements, &statement.Statement{
			Shape: fmt.Sprintf("statement %d", i), Summary: fmt.Sprintf("%v %d", kind, i), Fingerprint: statement.Fingerprint(i), Kind: kind,
			Tables: []string{fmt.Sprintf("table%d", i%3)}, Repeatable: kind == statement.Read, Star: i == 2,
		})
	}
	for i := range 4 {
		p.stacks = append(p.stacks, callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: fmt.Sprintf("shop.f%d", i/2), File: "shop.go", Line: i}}))
	}
	options := Bounds{Queries: p.random.IntN(3) * 40, Groups: p.random.IntN(2) * 6, Reads: p.random.IntN(2) * 10}
	if p.random.IntN(10) == 0 {
		options.Rules.Off = true
	}
	for i := range p.units {
		_, p.units[i] = options.NewContext(context.Background())
		p.units[i].id = 1
	}
	p.setBudget()
	return p
}

func (p *twins) setBudget() {
	b := Budget{Queries: p.random.IntN(100), Duplicates: p.random.IntN(10), Rows: p.random.IntN(200), Time: time.Duration(p.random.IntN(100)) * time.Millisecond}
	if p.random.IntN(4) == 0 {
		b.Mode, b.Repeats = Enforce, p.random.IntN(50)
	}
	for _, r := range p.units {
		r.SetBudget(b)
	}
}

// step does something in both units, and looks at the second one.
func (p *twins) step() {
	time.Sleep(time.Duration(p.random.IntN(20)) * time.Millisecond)
	switch n := p.random.IntN(40); {
	case n < 22 || n < 28 && len(p.open) == 0:
		p.query()
	case n < 32 && len(p.open) > 0:
		p.closeRows()
	case n == 32:
		p.each(func(i int, r *Recorder) { r.Prepared(r.Clock(), nil) })
	case n == 33 && p.inTx[0] == nil:
		p.each(func(i int, r *Recorder) { tx := r.Began(r.Clock(), nil); p.inTx[i] = &tx })
	case n == 34 && p.inTx[0] != nil:
		p.each(func(i int, _ *Recorder) { p.inTx[i].RolledBack(p.inTx[i].Clock(), nil); p.inTx[i] = nil })
	case n == 35:
		for i := range p.units {
			p.scopes[i] = p.units[i].scope("part", Budget{Queries: 5})
		}
	case n == 36 && p.random.IntN(3) == 0:
		p.setBudget()
	case n == 36:
		p.scopes = [2]*Recorder{}
	case n > 37 && len(p.running) > 0:
		p.finish(p.random.IntN(len(p.running)))
	case n == 37:
		p.databases[p.random.IntN(2)].CountUnattributed(context.Background(), p.statements[0], false)
	}
	p.units[1].Totals()
}

func (p *twins) each(f func(i int, r *Recorder)) {
	for i, r := range p.units {
		if s := p.scopes[i]; s != nil {
			r = s
		}
		f(i, r)
	}
}

// query starts a query, and looks at it before it ends.
func (p *twins) query() {
	call := Call{
		Database: p.databases[max(0, p.random.IntN(6)-4)], Statement: p.statements[p.random.IntN(len(p.statements))],
		Stack: p.stacks[p.random.IntN(len(p.stacks))], Arguments: statement.Arguments{List: uint64(p.random.IntN(12))},
	}
	call.Arguments.Row = call.Arguments.List | 1
	if p.random.IntN(5) == 0 {
		call.Stack = nil // that of this test, as of its unattributed queries
	}
	var x [2]Execution
	var refused [2]error
	p.each(func(i int, r *Recorder) {
		call.Transaction = p.inTx[i]
		x[i], refused[i] = r.Start(call)
	})
	if fmt.Sprint(refused[0]) != fmt.Sprint(refused[1]) {
		panic(fmt.Sprint(refused))
	}
	if p.random.IntN(3) > 0 {
		p.units[1].Totals()
	}
	if refused[0] != nil {
		return
	}
	p.running = append(p.running, x)
	if p.random.IntN(6) > 0 { // the others run in parallel with what follows
		p.finish(len(p.running) - 1)
	}
}

// finish ends a driver call.
func (p *twins) finish(i int) {
	x := p.running[i]
	p.running = slices.Delete(p.running, i, i+1)
	time.Sleep(time.Duration(p.random.IntN(3)*120) * time.Millisecond)
	affected := int64(p.random.IntN(3))
	err := []error{nil, nil, nil, driver.ErrBadConn, errors.New("failed")}[p.random.IntN(5)]
	outcome := p.random.IntN(10)
	for i := range x {
		switch {
		case outcome == 0:
			x[i].Skip()
		case outcome < 4:
			x[i].End(affected, err)
		default:
			x[i].Open()
		}
	}
	if outcome >= 4 {
		p.open = append(p.open, x)
		if outcome >= 6 {
			p.closeRows()
		}
	}
}

// closeRows closes those that were opened last, or any others.
func (p *twins) closeRows() {
	last := len(p.open) - 1
	i := last
	if p.random.IntN(4) == 0 {
		i = p.random.IntN(len(p.open))
	}
	x := p.open[i]
	p.open[i] = p.open[last]
	p.open = p.open[:last]
	rows := int64(p.random.IntN(30))
	var err error
	if p.random.IntN(8) == 0 {
		err = errors.New("failed")
	}
	if p.random.IntN(2) == 0 {
		p.units[1].Report()
	}
	time.Sleep(time.Duration(p.random.IntN(5)) * time.Millisecond)
	for i := range x {
		x[i].Close(rows, err)
	}
}

func (p *twins) report(i int) []byte {
	out, err := json.MarshalIndent(p.units[i].Report(), "", " ")
	if err != nil {
		panic(err)
	}
	return out
}
