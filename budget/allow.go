package budget

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// Allowance accepts findings of a kind, with a ceiling and a reason. What it
// covers stays in the report, marked as allowed; growth past the ceiling is a
// finding again.
type Allowance struct {
	// Kind is the kind of finding that is accepted. It is required.
	Kind FindingKind `json:"kind"`
	// Max is the largest Count that is accepted. It is required, and more than 0.
	Max int64 `json:"max"`
	// Reason says why, for those who find it in the code. It is required.
	Reason string `json:"reason"`
	// Until is when the allowance ends. The zero time is never.
	Until time.Time `json:"until,omitzero"`
}

// allowance is an Allowance in a unit of work.
type allowance struct {
	Allowance
	stack *callsite.Stack
}

// maxAllowances is the number of allowances that a unit keeps.
const maxAllowances = 100

// Allow returns a copy of ctx in which the queries of the unit of work that ctx
// carries may make a finding:
//
//	ctx = budget.Allow(ctx, budget.Allowance{Kind: budget.NPlusOne, Max: 20, Reason: "one per tenant, at most 20"})
//
// One that is not valid, see [Allowance.Validate], covers nothing, and the report has a
// finding of kind [StaleAllowance] that says why. In a context without a unit of work
// Allow does nothing.
func Allow(ctx context.Context, a Allowance) context.Context {
	r := FromContext(ctx)
	if r == nil {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, r.Allow(a))
}

// Allow is like the function of that name, for code that has a recorder in
// hand: the result counts in r, under the allowance.
func (r *Recorder) Allow(a Allowance) *Recorder {
	if r == nil {
		return nil
	}
	w := r.counting().allow(a, callsite.Take())
	return &Recorder{unit: r.unit, target: r.counting(), allowances: append(slices.Clip(r.allowances), w)}
}

// Validate returns an error if the kind, the ceiling or the reason is missing, or if there
// is no finding of that kind: an allowance is there to be read.
func (a Allowance) Validate() error {
	switch {
	case a.Kind == "":
		return errors.New("budget: an allowance without a Kind: name the kind of finding that is accepted, such as budget.NPlusOne")
	case !isOwn(a.Kind):
		return fmt.Errorf("budget: an allowance of kind %q, which no finding has: use a constant such as budget.NPlusOne", a.Kind)
	case a.Max <= 0:
		return fmt.Errorf("budget: an allowance with a Max of %d: say how many are accepted, 1 or more", a.Max)
	case a.Reason == "":
		return errors.New("budget: an allowance without a Reason: say why it is accepted")
	}
	return nil
}

// allow registers an allowance with the recorder and those around it, once.
func (r *Recorder) allow(a Allowance, stack *callsite.Stack) *allowance {
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	w := &allowance{Allowance: a, stack: stack}
	for s := r; s != nil; s = s.parent {
		i := slices.IndexFunc(s.allowed, func(old *allowance) bool { return old.Allowance == a })
		switch {
		case i >= 0:
			w = s.allowed[i]
		case len(s.allowed) < maxAllowances:
			s.allowed = append(s.allowed, w)
		}
	}
	return w
}
