package budget

import (
	"encoding/json"

	"github.com/querybudget/querybudget/callsite"
)

// MarshalJSON encodes the query with its call site. Text and argument values as
// sent are left out.
func (q Query) MarshalJSON() ([]byte, error) {
	type plain Query
	return json.Marshal(struct {
		plain
		CallSite callsite.CallSite `json:"call_site"`
	}{plain(q), q.CallSite()})
}

// MarshalJSON encodes the group with its call site.
func (g Group) MarshalJSON() ([]byte, error) {
	type plain Group
	return json.Marshal(struct {
		plain
		CallSite callsite.CallSite `json:"call_site"`
	}{plain(g), g.CallSite()})
}

// MarshalJSON encodes the error's fields with its call site.
func (e *ExceededError) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Limit    Limit             `json:"limit"`
		Allowed  int64             `json:"allowed"`
		Observed int64             `json:"observed"`
		Name     string            `json:"name,omitempty"`
		Summary  string            `json:"summary,omitempty"`
		Shape    string            `json:"shape,omitempty"`
		Refused  bool              `json:"refused,omitempty"`
		CallSite callsite.CallSite `json:"call_site,omitzero"`
	}{e.Limit, e.Allowed, e.Observed, e.Name, e.Summary, e.Shape, e.Refused, e.CallSite()})
}
