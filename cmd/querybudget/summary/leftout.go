package summary

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/cmd/querybudget/source"
)

// A read that is sent again is listed if it was in many calls, as often as a loop in more than
// one of them, or very often in one. In the tests of six public applications, of such reads
// in 8 calls and more 22 of 23 were worth a change, of those that are sent again 5 times and
// more in fewer calls 5 of 6, of the others 25 of 43: internal/corpus/judged.
const (
	fewCalls  = 8
	likeLoops = 5
	manyTimes = source.ManyRounds
)

// isSmall reports whether a finding costs few round trips, and that rarely.
func (f *seen) isSmall() bool {
	return f.worst.Kind == budget.Duplicate && f.joined == nil && f.units < fewCalls && f.loops < 2 && f.worst.Count < manyTimes && !f.inLoop
}

// repeats reports whether one line reads the same three times or more: in a loop of the source that is an
// n+1 whose rows have one key in the test, or a read that belongs before the loop.
func (f *seen) repeats() bool {
	return f.worst.Kind == budget.Duplicate && f.worst.Before == nil && f.worst.Count >= 2
}

// sameQuestions is the share of calls from which on two lines that ask the same are taken to
// do so by design. From fewQuestions different ones on, mostSame is enough: three answers are
// no accident of the test data. Of 9 such pairs in the same applications 1 was worth a change.
const (
	sameQuestions = 0.8
	mostSame      = 0.5
	fewQuestions  = 3
)

// isByChance reports whether two lines ask for the same row in some calls and for another one
// in others, as those that read the owner of a thing and its editor do.
func (f *seen) isByChance() bool {
	a, share := f.agreement, mostSame
	if a.different() < fewQuestions {
		share = sameQuestions
	}
	return float64(a.same) < share*float64(a.same+a.differ)
}

// fewWrites is the number of writes from which on they are a loop whatever else is known. Of fewer, a read has to
// have as many rows, or their number to differ with rows from call to call, or else the source has to show a loop: then
// they are a hint. In the tests of 24 public applications, of 18 others 10 were worth a change. Even then a part may write
// three things each time it is called, such as the roles of a new installation: as many in each of fixedCalls calls or more
// tell that no data makes them.
const (
	fewWrites  = 5
	fixedCalls = 5
)

// isFixed reports whether a call writes few rows, and nothing tells that there will be more: so many at least.
func (f *seen) isFixed(fewest int64) bool {
	return f.worst.Kind == budget.WriteLoop && f.worst.Count < fewWrites && f.worst.Confidence != budget.Proven && f.across == nil &&
		(!f.hasRows && f.toLoop == 0 || f.units >= fixedCalls && fewest == f.worst.Count)
}

// isOfCalls reports whether each round calls another service: it is one piece of work for
// each item, next to which a query costs little.
func (f *seen) isOfCalls() bool {
	return f.isLoop() && f.allCallOut()
}

// isOfMigration reports whether what is sent moves data to another form, when a new version of the
// application begins: a folder or a file of it is named for that. It happens once.
func (f *seen) isOfMigration() bool {
	return slices.ContainsFunc(f.frames, func(frame callsite.Frame) bool {
		return slices.ContainsFunc(strings.Split(frame.File, "/"), migrations.MatchString)
	})
}

// migrations is a word in the name of a folder or file, also in one like mediaMigrate.go, or its beginning.
var migrations = regexp.MustCompile(`(^|[_-])migrat(e|ion|ions|or|ors)[0-9]*([_.-]|$)|[a-z0-9]Migrat(e|ion|ions|or|ors)([A-Z0-9_.-]|$)|^migrate[a-z]+(\.go)?$`)

// isOfOtherColumns reports whether two reads of one row have no column in common: two parts of the
// application, each with what it needs. Of seven such pairs one was worth a change.
func (f *seen) isOfOtherColumns() bool {
	if f.worst.Kind != budget.Duplicate || f.worst.Before == nil || f.worst.Before.Shape == f.worst.Shape || f.joined != nil {
		return false
	}
	one, other := columnsOf(f.worst.Before.Shape), columnsOf(f.worst.Shape)
	return len(one) > 0 && len(other) > 0 && !slices.ContainsFunc(one, func(c string) bool { return slices.Contains(other, c) })
}

// columnsOf returns the columns that a read selects, nil if it selects anything else.
func columnsOf(shape string) (columns []string) {
	list := selectedColumns.FindStringSubmatch(shape)
	if list == nil {
		return nil
	}
	for column := range strings.SplitSeq(list[1], ",") {
		column = strings.TrimSpace(column)
		if !columnName.MatchString(column) {
			return nil
		}
		columns = append(columns, strings.ToLower(column[strings.LastIndexByte(column, '.')+1:]))
	}
	return columns
}

var (
	selectedColumns = regexp.MustCompile(`(?i)^SELECT\s+(.*?)\s+FROM\s`)
	columnName      = regexp.MustCompile("^[A-Za-z_\"`[][\\w.\"`\\[\\]]*$")
)

// reasons are those for which a finding is listed with -all only. The first that is true of
// one is said.
var reasons = []*reason{
	{func(f *seen) bool { return f.layer }, "writes of a layer that saves the records of any table one by one, with their hooks"},
	{func(f *seen) bool { return f.fixed }, strconv.Itoa(fewWrites-1) + " writes at most, and no rows tell that there will be more, or as many in each call"},
	{func(f *seen) bool { return f.ofList }, "a loop over a list that stands in the source"},
	{func(f *seen) bool { return f.ofNone }, "no loop of the source is around it, and no rows tell how often it is sent"},
	{(*seen).isOfCalls, "another service is called each time"},
	{(*seen).isNestedOnce, "sent once while the rows of another query were open, and not for each of them"},
	{(*seen).isOfMigration, "in folders and files of migrations"},
	{func(f *seen) bool { return f.mocked }, "reads before and after a call that a mock may stand for: it may write in production"},
	{(*seen).isSmall, "a read again, in few calls"},
	{(*seen).isByChance, "reads that ask the same in some calls, and not in others"},
	{(*seen).isOfOtherColumns, "other columns of a row that was read"},
}

type reason struct {
	is  func(*seen) bool
	why string
}

// reason returns why a finding is left out, nil if it is not.
func (f *seen) reason() *reason { return firstOf(reasons, f) }

// firstOf returns the first reason that is true of a finding, nil for none.
func firstOf(reasons []*reason, f *seen) *reason {
	for _, r := range reasons {
		if r.is(f) {
			return r
		}
	}
	return nil
}

// isLeftOut reports whether a finding is listed with -all only.
func (f *seen) isLeftOut() bool { return f.reason() != nil }

// count counts the findings that something is true of.
func (s *Summary) count(is func(*seen) bool) (n int) {
	for _, f := range s.findings {
		if is(f) {
			n++
		}
	}
	return n
}
