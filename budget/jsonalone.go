package budget

import (
	"encoding/json"

	"github.com/querybudget/querybudget/callsite"
)

// standaloneSite is a call site beside what it is the site of, outside of a report.
type standaloneSite struct {
	CallSite callsite.CallSite `json:"call_site,omitzero"`
}

func (s standaloneSite) stack() *callsite.Stack {
	if s.CallSite.IsZero() {
		return nil
	}
	return callsite.New(s.CallSite)
}

// MarshalJSON encodes the finding with its call site.
func (f Finding) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainFinding
		standaloneSite
	}{plainFinding(f), standaloneSite{f.CallSite()}})
}

// UnmarshalJSON decodes a finding that stands alone, as in a log.
func (f *Finding) UnmarshalJSON(data []byte) error {
	var in struct {
		plainFinding
		standaloneSite
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*f = Finding(in.plainFinding)
	f.stack = in.standaloneSite.stack()
	return nil
}

// MarshalJSON encodes the query with its call site.
func (r Related) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainRelated
		standaloneSite
	}{plainRelated(r), standaloneSite{r.CallSite()}})
}

// UnmarshalJSON decodes a query of a finding that stands alone.
func (r *Related) UnmarshalJSON(data []byte) error {
	var in struct {
		plainRelated
		standaloneSite
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*r = Related(in.plainRelated)
	r.stack = in.standaloneSite.stack()
	return nil
}

// MarshalJSON encodes the error with its call site.
func (e *ExceededError) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainExceeded
		standaloneSite
	}{plainExceeded(*e), standaloneSite{e.CallSite()}})
}

// UnmarshalJSON decodes an error that stands alone.
func (e *ExceededError) UnmarshalJSON(data []byte) error {
	var in struct {
		plainExceeded
		standaloneSite
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*e = ExceededError(in.plainExceeded)
	e.stack = in.standaloneSite.stack()
	return nil
}
