package panel

import (
	"reflect"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// perSite is what a call site takes, whose stack is shared with other reports as a rule.
const perSite = 512

// sizeOf estimates the memory of a report, rather too much than too little: what reports
// share, such as statements and stacks, counts in each of them.
func sizeOf(r *budget.Report) int64 {
	n := sizeFor[budget.Report]() + sizeFor[entry]() + sizeFor[summary]()
	n += int64(len(r.Name) + len(r.Route.Pattern) + len(r.Route.Method))
	for i := range r.Groups {
		g := &r.Groups[i]
		n += sizeFor[budget.Group]() + perSite + statementSize(g.Statement) + int64(len(g.Database)+len(g.SQL)+(len(g.Parents)+len(g.JointParents)+len(g.FullReads))*256)
	}
	n += queriesSize(r, r.Queries) + queriesSize(r, r.Open)
	for i := range r.Findings {
		n += findingSize(&r.Findings[i])
	}
	for i := range r.Lost {
		n += sizeFor[budget.Lost]() + perSite + statementSize(r.Lost[i].Statement)
	}
	n += int64(len(r.Nested)+len(r.Held)+3*len(r.Idle)+len(r.Outgoing)+len(r.Pools)) * 64
	n += int64(len(r.Allowances)) * (sizeFor[budget.AllowanceUse]() + perSite)
	for _, e := range r.Verdict.Exceeded {
		n += exceededSize(e)
	}
	return n + int64(2*len(r.Verdict.Invalid)) + scopesSize(r.Scopes)
}

// queriesSize counts the statements of queries too, where they are not their groups':
// texts that differ in their literals have each their own.
func queriesSize(r *budget.Report, queries []budget.Query) (n int64) {
	n = int64(cap(queries)) * sizeFor[budget.Query]()
	for i := range queries {
		q := &queries[i]
		n += int64(len(q.SQL) + len(q.Failed))
		for _, v := range q.Values {
			n += valueSize(v)
		}
		if q.Group < 0 || q.Group >= len(r.Groups) || r.Groups[q.Group].Statement != q.Statement {
			n += statementSize(q.Statement)
		}
	}
	return n
}

func valueSize(v any) int64 {
	const header = 32
	switch v := v.(type) {
	case string:
		return header + int64(len(v))
	case []byte:
		return header + int64(len(v))
	default:
		return 4 * header
	}
}

func findingSize(f *budget.Finding) int64 {
	n := sizeFor[budget.Finding]() + perSite + int64(len(f.Shape)+len(f.Summary)+len(f.Proof)+len(f.Repair)+len(f.Note))
	if f.Parent != nil {
		n += sizeFor[budget.Related]() + perSite + int64(len(f.Parent.Shape)+len(f.Parent.Why))
	}
	if f.Before != nil {
		n += sizeFor[budget.Related]() + perSite + int64(len(f.Before.Shape)+len(f.Before.Why))
	}
	for i := range f.Also {
		n += sizeFor[budget.Related]() + perSite + int64(len(f.Also[i].Shape)+len(f.Also[i].Why))
	}
	if f.Reads != nil {
		n += findingSize(f.Reads)
	}
	return n
}

func exceededSize(e *budget.ExceededError) int64 {
	return sizeFor[budget.ExceededError]() + perSite + int64(len(e.Name)+len(e.Summary)+len(e.Shape))
}

func scopesSize(scopes []budget.Scope) (n int64) {
	for i := range scopes {
		s := &scopes[i]
		n += sizeFor[budget.Scope]() + int64(len(s.Name)+len(s.Route.Pattern)+2*len(s.Verdict.Invalid)) + scopesSize(s.Scopes)
		for _, e := range s.Verdict.Exceeded {
			n += exceededSize(e)
		}
	}
	return n
}

func statementSize(s *statement.Statement) int64 {
	if s == nil {
		return 0
	}
	n := sizeFor[statement.Statement]() + int64(len(s.Shape)+len(s.Summary))
	for _, names := range [][]string{s.Tables, s.Keys, s.Sets} {
		for _, name := range names {
			n += 16 + int64(len(name))
		}
	}
	return n + 256 // what it keeps of its keys
}

func sizeFor[T any]() int64 { return int64(reflect.TypeFor[T]().Size()) }
