package panel

import (
	"context"
	"net/http"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/explain"
)

// proof says whether the one query that a finding names gives the rows of its loop.
type proof struct {
	Request budget.ID `json:"request"`
	Finding int       `json:"finding"`
	Summary string    `json:"summary"`
	// Error says why nothing could be compared.
	Error     string        `json:"error,omitempty"`
	Says      string        `json:"says,omitempty"`
	Same      bool          `json:"same"`
	Statement string        `json:"statement,omitempty"`
	Queries   int           `json:"queries"`
	Rows      int           `json:"rows"`
	BatchRows int           `json:"batch_rows"`
	Loop      time.Duration `json:"loop_ns"`
	Batch     time.Duration `json:"batch_ns"`
	RoundTrip time.Duration `json:"round_trip_ns"`

	route string
}

// Title names the page.
func (p *proof) Title() string { return "Proof of " + p.Summary }

// Route is the name of the unit.
func (p *proof) Route() string { return p.route }

// Saved is the number of round trips that one query saves.
func (p *proof) Saved() int { return max(p.Queries-1, 0) }

// serveProve runs the loop of a finding again, beside the one query for it. Both are reads.
func (p *Panel) serveProve(w http.ResponseWriter, r *http.Request, at place) {
	p.ask(w, r, at, "finding", func(ctx context.Context, e *entry, index int) bool {
		if index >= len(e.report.Findings) {
			return false
		}
		f := &e.report.Findings[index]
		if reads := f.NPlusOne(); reads != nil {
			f = reads
		}
		out := p.prove(ctx, e.report, f)
		out.Request, out.Finding, out.Summary, out.route = e.report.ID, index, f.Summary, e.summarize().Name
		answer(p, w, at, "proof", out.Title(), out)
		return true
	})
}

func (p *Panel) prove(ctx context.Context, r *budget.Report, f *budget.Finding) *proof {
	planner := p.planner(f.Database)
	if planner == nil {
		return &proof{Error: "This database has no planner: see panel.Options.Planner."}
	}
	found, err := p.options.Explain.Repair(ctx, planner, r, f)
	if err != nil {
		return &proof{Error: err.Error()}
	}
	return newProof(&found)
}

func newProof(found *explain.Proof) *proof {
	return &proof{
		Says: found.String(), Same: found.Same, Statement: found.Statement, Queries: found.Queries, Rows: found.Rows, BatchRows: found.BatchRows,
		Loop: found.Loop, Batch: found.Batch, RoundTrip: found.RoundTrip,
	}
}
