package budget_test

import (
	"encoding/json"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// A report of a unit that runs lists what is in the driver, whether queries are counted
// at once (because a budget is enforced) or when somebody looks.
func TestExecuting(t *testing.T) {
	for _, b := range []budget.Budget{{}, {Queries: 5, Mode: budget.Enforce}} {
		_, r := budget.NewContext(t.Context())
		r.SetBudget(b)
		d := budget.NewDatabase(budget.DatabaseOptions{Name: "shop"})
		d.WatchPool(func() budget.Pool { return budget.Pool{Max: 2, InUse: 2, Waits: 7} })
		var under []budget.Execution
		for _, table := range []string{"a", "b", "c"} {
			x, err := r.Start(budget.Call{Database: d, Statement: &statement.Statement{Shape: "SELECT " + table, Kind: statement.Read}})
			if err != nil {
				t.Fatal(err)
			}
			under = append(under, x)
		}
		var decoded budget.Report
		data, err := json.Marshal(r.Report())
		if err == nil {
			err = json.Unmarshal(data, &decoded)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, rep := range []*budget.Report{r.Report(), &decoded} {
			if n := len(rep.Executing); n != 3 || rep.Executing[2].Shape != "SELECT c" || rep.Executing[2].Database != "shop" || len(rep.Queries) != 0 {
				t.Fatalf("%d in the driver: %+v", n, rep.Executing)
			}
			if len(rep.Pools) != 1 || rep.Pools[0] != (budget.PoolUse{Database: "shop", Max: 2, InUse: 2}) {
				t.Errorf("pools %+v", rep.Pools)
			}
		}
		under[1].End(0, nil)
		under[0].Skip()
		if rep := r.Report(); len(rep.Executing) != 1 || rep.Executing[0].Shape != "SELECT c" {
			t.Errorf("in the driver: %+v", rep.Executing)
		}
		under[2].Open()
		if rep := r.Report(); len(rep.Executing) != 0 || len(rep.Open) != 1 || len(rep.Queries) != 2 {
			t.Errorf("%d in the driver, %d open, %d queries", len(rep.Executing), len(rep.Open), len(rep.Queries))
		}
		under[2].Close(1, nil)
	}
}

// Argument lists are told apart beyond one report.
func TestArgumentsIdentity(t *testing.T) {
	h := statement.NewHasher()
	read := statement.NewReader(statement.PostgreSQL, h, 2048)
	st := read.Read("SELECT name FROM users WHERE id = $1")
	ask := func(id int) budget.Query {
		_, r := budget.NewContext(t.Context())
		var a statement.Arguments
		a.Add(st, h, id)
		a.End(st)
		x, err := r.Start(budget.Call{Database: db, Statement: st, Arguments: a})
		if err != nil {
			t.Fatal(err)
		}
		x.End(0, nil)
		return r.Report().Queries[0]
	}
	one, again, other := ask(1), ask(1), ask(2)
	first, ok := one.ArgumentsIdentity()
	if same, _ := again.ArgumentsIdentity(); !ok || same != first {
		t.Errorf("%x and %x for equal arguments", first, same)
	}
	if different, _ := other.ArgumentsIdentity(); different == first {
		t.Errorf("%x for different arguments", first)
	}
	if _, ok := new(budget.Query).ArgumentsIdentity(); ok {
		t.Error("the arguments of no query are known")
	}
}
