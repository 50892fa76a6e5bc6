package panel

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/explain"
)

// plan is how the database would execute a statement of a request.
type plan struct {
	Request budget.ID `json:"request"`
	Group   int       `json:"group"`
	Summary string    `json:"summary"`
	Shape   string    `json:"shape"`
	// Error says why there is no plan.
	Error   string          `json:"error,omitempty"`
	System  string          `json:"system,omitempty"`
	Verdict explain.Verdict `json:"verdict,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Generic bool            `json:"generic,omitempty"` // made without the values of arguments
	Tables  []planTable     `json:"tables,omitempty"`
	Signs   []planSign      `json:"signs,omitempty"`
	Nodes   []planNode      `json:"nodes,omitempty"`
	Text    string          `json:"text,omitempty"` // in the database's own words

	route string
}

// IsBad reports whether a table is read whole in vain.
func (p *plan) IsBad() bool { return p.Verdict.IsFault() }

// Title names the page.
func (p *plan) Title() string { return "Plan of " + p.Summary }

// Route is the name of the unit.
func (p *plan) Route() string { return p.route }

type planTable struct {
	Table    string          `json:"table"`
	Index    string          `json:"index,omitempty"`
	Verdict  explain.Verdict `json:"verdict"`
	Says     string          `json:"says"`
	Proposal string          `json:"proposal,omitempty"` // the statement that creates the index
	Trial    string          `json:"trial,omitempty"`    // how it was tried
}

// IsFault reports whether it is read whole in vain.
func (t planTable) IsFault() bool { return t.Verdict.IsFault() }

type planSign struct {
	Kind    explain.SignKind `json:"kind"`
	Says    string           `json:"says"`
	Certain bool             `json:"certain,omitempty"`
}

type planNode struct {
	Operation string     `json:"operation"`
	Table     string     `json:"table,omitempty"`
	Index     string     `json:"index,omitempty"`
	Condition string     `json:"condition,omitempty"`
	Filter    string     `json:"filter,omitempty"`
	Rows      float64    `json:"rows"` // estimated; negative if that is not known
	Cost      float64    `json:"cost,omitempty"`
	Share     float64    `json:"share,omitempty"` // of the plan's cost, of this node alone
	Children  []planNode `json:"children,omitempty"`
}

// maxPlanTime is how long a reader waits for a plan. The planner has limits of its own.
const maxPlanTime = 20 * time.Second

// planner is that of a database, nil if there is none.
func (p *Panel) planner(database string) explain.Planner {
	if of, ok := p.options.Planners[database]; ok {
		return of
	}
	return p.options.Planner
}

// serveExplain makes a plan of a statement.
func (p *Panel) serveExplain(w http.ResponseWriter, r *http.Request, at place) {
	p.ask(w, r, at, "group", func(ctx context.Context, e *entry, index int) bool {
		if index >= len(e.report.Groups) {
			return false
		}
		out := p.plan(ctx, &e.report.Groups[index])
		out.Request, out.Group, out.route = e.report.ID, index, e.summarize().Name
		answer(p, w, at, "plan", out.Title(), out)
		return true
	})
}

// ask has the database asked something about a kept request. What is sent names the
// request, and what it is about by its index: texts and arguments never come from the
// client. The function returns false if there is no such thing in the request.
func (p *Panel) ask(w http.ResponseWriter, r *http.Request, at place, what string, answer func(context.Context, *entry, int) bool) {
	if !p.mayAct(w, r) {
		return
	}
	id, ok := parseID(r.PostForm.Get("request"))
	index, err := strconv.Atoi(r.PostForm.Get(what))
	e := p.store.find(id)
	if !ok || err != nil || e == nil || index < 0 {
		p.notFound(w, at, "This request is not kept any more.")
		return
	}
	if !p.planning.TryLock() {
		http.Error(w, "querybudget: the database is being asked already: try again", http.StatusTooManyRequests)
		return
	}
	defer p.planning.Unlock()
	ctx, cancel := context.WithTimeout(budget.Without(r.Context()), maxPlanTime)
	defer cancel()
	if !answer(ctx, e, index) {
		p.notFound(w, at, "There is no such part of the request.")
	}
}

func (p *Panel) plan(ctx context.Context, g *budget.Group) *plan {
	out := &plan{Summary: g.Summary, Shape: g.Shape}
	planner := p.planner(g.Database)
	switch {
	case planner == nil:
		out.Error = "This database has no planner: see panel.Options.Planner."
		return out
	case g.SQL == "":
		out.Error = "The text of this statement was not kept: set Texts in the Bounds of middleware.Options, or of the unit."
		return out
	}
	result, err := p.options.Explain.Plan(ctx, planner, g.SQL)
	if err != nil {
		out.Error = err.Error()
		return out
	}
	out.System, out.Verdict, out.Reason, out.Generic, out.Text = result.System, result.Verdict, result.Reason, result.Generic, result.Text
	out.Nodes = planNodes(result.Nodes)
	for i := range result.Tables {
		out.Tables = append(out.Tables, newPlanTable(&result.Tables[i]))
	}
	for _, s := range result.Signs {
		if s.Kind != explain.FullScan { // the tables say it
			out.Signs = append(out.Signs, planSign{s.Kind, s.Text, s.Certain})
		}
	}
	return out
}

func newPlanTable(a *explain.Access) planTable {
	proposal := a.Proposal
	seen := *a
	seen.Proposal = nil // it stands beside
	out := planTable{Table: a.Relation, Index: a.Index, Verdict: a.Verdict, Says: seen.String()}
	if proposal != nil {
		out.Proposal, out.Trial = proposal.SQL, proposal.Trial
	}
	return out
}

func planNodes(nodes []explain.Node) (out []planNode) {
	for i := range nodes {
		n := &nodes[i]
		out = append(out, planNode{
			Operation: n.Operation, Table: n.Relation, Index: n.Index, Condition: n.Condition, Filter: n.Filter,
			Rows: n.Rows, Cost: n.Cost, Share: n.Share, Children: planNodes(n.Children),
		})
	}
	return out
}
