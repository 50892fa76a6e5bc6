package budget_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// unitOf makes the report of a unit that a scenario describes, and gives it a name.
func unitOf(t *testing.T, name, scenario string) *budget.Report {
	t.Helper()
	s := newScenario(t)
	s.recorder.SetName(name)
	s.run(strings.Split(scenario, "\n"), map[string]int{})
	r := s.recorder.Report()
	r.Stage = budget.Final
	return r
}

// list is a page of so many rows, each of which asks once more, and one that stands alone.
func list(rows int) string {
	return fmt.Sprintf(`
		query list.go:10 < page.go:5 rows=%d args=7: SELECT id FROM authors WHERE shelf = $1
		loop i %d
			query books.go:3 < list.go:12 < page.go:5 args=$i rows=1: SELECT title FROM books WHERE author_id = $1
		end
		query page.go:9 rows=1 args=7: SELECT name FROM shelves WHERE id = $1`, rows, rows)
}

// writes is a page that writes so many rows, which nothing was read for.
func writes(rows int) string {
	return fmt.Sprintf(`
		loop i %d
			query books.go:3 < list.go:12 < page.go:5 args=$i: INSERT INTO books (title) VALUES ($1)
		end`, rows)
}

// across adds reports of pages with so many rows, in any order.
func across(t *testing.T, page func(rows int) string, rows ...int) []budget.Covariation {
	t.Helper()
	var a budget.Across
	rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for _, n := range rows {
		a.Add(unitOf(t, fmt.Sprintf("page of %d", n), page(n)))
	}
	return a.Findings()
}

func TestAcross(t *testing.T) {
	for _, test := range []struct {
		name string
		page func(rows int) string
		rows []int
		want []string // confidence, count, line, and what it goes with
	}{
		{"three numbers are evidence", list, []int{0, 1, 2}, []string{"candidate 2x books.go:3 for list.go:10: 0, 1, 2"}},
		{"one of three and more is proof", list, []int{0, 1, 3, 1}, []string{"proven 3x books.go:3 for list.go:10: 0, 1, 3"}},
		{"two numbers may be an accident", list, []int{1, 2, 1, 2}, nil},
		{"arguments may be equal", func(n int) string {
			return strings.ReplaceAll(list(n), "args=$i", "args=1")
		}, []int{0, 1, 4}, []string{"proven 4x books.go:3 for list.go:10: 0, 1, 4"}},
		{"two for each row", func(n int) string {
			return strings.ReplaceAll(list(n), "query books.go:3", "query books.go:3 < list.go:12 < page.go:5 args=$i rows=1: SELECT title FROM books WHERE author_id = $1\nquery books.go:3")
		}, []int{1, 2, 3}, []string{"proven 6x books.go:3 for list.go:10: 1, 2, 3"}},
		{"several statements of one loop", func(n int) string {
			return strings.ReplaceAll(list(n), "query books.go:3", "query prices.go:4 < list.go:13 < page.go:5 args=$i rows=1: SELECT price FROM prices WHERE author_id = $1\nquery books.go:3")
		}, []int{1, 2, 3}, []string{"proven 3x prices.go:4 for list.go:10: 1, 2, 3 also books.go:3"}},
		{"writes", func(n int) string {
			return strings.ReplaceAll(list(n), "SELECT title FROM books WHERE author_id = $1", "UPDATE books SET seen = true WHERE author_id = $1")
		}, []int{1, 2, 3}, []string{"proven 3x books.go:3 for list.go:10: 1, 2, 3"}},
		{"a loop in a closure of the same function", func(n int) string {
			return strings.ReplaceAll(list(n), "list.go:12", "list.go:12/list.func1")
		}, []int{1, 2, 3}, []string{"proven 3x books.go:3 for list.go:10: 1, 2, 3"}},
		{"a loop that goes on where its rows were not read goes through something else", func(n int) string {
			if n == 5 {
				return strings.Replace(list(n), "query list.go:10 < page.go:5 rows=5 args=7: SELECT id FROM authors WHERE shelf = $1", "", 1)
			}
			return list(n)
		}, []int{0, 1, 3, 4, 5}, []string{"candidate 5x books.go:3: 1, 3, 4, 5"}},
		{"rows of one read or another", func(n int) string {
			if n%2 == 1 {
				return strings.ReplaceAll(list(n), "WHERE shelf = $1", "WHERE shelf = $1 AND seen")
			}
			return list(n)
		}, []int{0, 2, 4, 6, 1, 3, 5}, []string{"proven 6x books.go:3 for list.go:10: 0, 2, 4, 6"}},
		{"rows that were read twice say nothing", func(n int) string {
			if n == 5 {
				return list(n) + list(n)
			}
			return list(n)
		}, []int{0, 1, 3, 4, 5}, []string{"proven 4x books.go:3 for list.go:10: 0, 1, 3, 4"}},
		{"one unit that does not fit ends it", func(n int) string {
			if n == 5 {
				return strings.ReplaceAll(list(n), "loop i 5", "loop i 4")
			}
			return strings.ReplaceAll(list(n), "args=$i", "args=1")
		}, []int{0, 1, 3, 5}, nil},
		{"without a parent, arguments that differ each time", func(n int) string {
			return strings.ReplaceAll(list(n), fmt.Sprintf("rows=%d", n), "rows=1")
		}, []int{1, 2, 4}, []string{"candidate 4x books.go:3: 1, 2, 4"}},
		{"three writes without a parent may be fixed ones", func(n int) string { return writes(n) }, []int{1, 2, 3}, nil},
		{"four are a loop", func(n int) string { return writes(n) }, []int{1, 2, 4}, []string{"candidate 4x books.go:3: 1, 2, 4"}},
		{"without a parent, one that asks again", func(n int) string {
			return strings.ReplaceAll(strings.ReplaceAll(list(n), fmt.Sprintf("rows=%d", n), "rows=1"), "args=$i", "args=1")
		}, []int{1, 2, 4}, nil},
		{"no common caller", func(n int) string {
			return strings.ReplaceAll(strings.ReplaceAll(list(n), "< list.go:12 < page.go:5", "< worker.go:8"), "args=$i", "args=1")
		}, []int{1, 2, 4}, nil},
		{"what comes before the read", func(n int) string {
			lines := strings.Split(list(n), "\n")
			lines[1], lines[5] = lines[5], lines[1]
			return strings.ReplaceAll(strings.Join(slices.Concat(lines[2:5], lines[5:], lines[:2]), "\n"), "args=$i", "args=1")
		}, []int{1, 2, 4}, nil},
		{"jobs that are locked one after the other", func(n int) string {
			lock := "begin t\nquery lock.go:1 < page.go:5 tx=t rows=1 args=7: SELECT n FROM locks WHERE id = $1 FOR UPDATE\ncommit t\nquery books.go:3"
			return strings.ReplaceAll(strings.ReplaceAll(list(n), fmt.Sprintf("rows=%d", n), "rows=1"), "query books.go:3", lock)
		}, []int{1, 2, 4}, nil},
		{"names of a path, each below the one before", func(n int) string {
			page := "track"
			for i := range n {
				page += fmt.Sprintf("\nquery books.go:3 < page.go:5 args=%d,name%d rows=1 vals=id:%d: SELECT id FROM nodes WHERE parent_id = $1 AND name = $2", 70+i, i, 71+i)
			}
			return page
		}, []int{1, 2, 4}, nil},
		{"items that are written and read back", func(n int) string {
			update := "begin t\nquery save.go:1 < page.go:5 tx=t args=$i: UPDATE books SET seen = true WHERE author_id = $1\nquery books.go:3 < list.go:12 < page.go:5 tx=t args=$i rows=1: SELECT seen FROM books WHERE author_id = $1\ncommit t\n"
			return fmt.Sprintf("loop i %d\n%send", n, update)
		}, []int{2, 3, 5}, nil},
		{"a batch", func(n int) string {
			return strings.ReplaceAll(strings.ReplaceAll(list(n), "author_id = $1", "author_id IN ($1, $2)"), "args=$i", "args=1,$i")
		}, []int{1, 2, 4}, nil},
		{"a unit that failed says nothing", func(n int) string {
			if n == 5 {
				return strings.ReplaceAll(list(n), "loop i 5", "loop i 4") + "\n query page.go:11 err=gone: SELECT a FROM b"
			}
			return list(n)
		}, []int{0, 1, 3, 5}, []string{"proven 3x books.go:3 for list.go:10: 0, 1, 3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, c := range across(t, test.page, test.rows...) {
				got = append(got, inWords(&c))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func inWords(c *budget.Covariation) string {
	s := fmt.Sprintf("%s %dx %s", c.Confidence, c.Count, place(c.CallSite()))
	if c.Parent != nil {
		s += " for " + place(c.Parent.CallSite())
	}
	s += ": " + strings.Trim(strings.ReplaceAll(fmt.Sprint(c.Numbers), " ", ", "), "[]")
	for i := range c.Also {
		s += " also " + place(c.Also[i].CallSite())
	}
	return s
}

// Frames outside of the unit are no common caller, and do not tell loops apart.
func TestAcrossOutside(t *testing.T) {
	a := budget.Across{Outside: func(f callsite.Frame) bool { return strings.HasSuffix(f.File, "_test.go") }}
	for n := range 4 {
		a.Add(unitOf(t, "a test", strings.ReplaceAll(list(n), "page.go:5", fmt.Sprintf("page_test.go:%d", 5+n))))
	}
	found := a.Findings()
	if len(found) != 1 || inWords(&found[0]) != "proven 3x books.go:3 for list.go:10: 0, 1, 2, 3" {
		t.Fatalf("got %+v", found)
	}
	if c := found[0]; c.Unit != "a test" || c.Units != 3 || c.Each != 1 || !strings.Contains(c.Repair, "saves 2 round trips") {
		t.Errorf("got %+v", c)
	}
}

// Many units with many statements stay within bounds.
func TestAcrossIsBounded(t *testing.T) {
	var a budget.Across
	for n := range 20 { // of 128,000 relations
		var lines []string
		for i := range 80 {
			lines = append(lines, fmt.Sprintf("query f%d.go:%d < page.go:%d rows=1 args=%d: SELECT a FROM t%d WHERE id = $1", i, n, i, i, i))
		}
		a.Add(unitOf(t, "wide", strings.Join(lines, "\n")))
	}
	if n := a.Len(); n > 100_000 {
		t.Errorf("%d relations", n)
	}
	if found := a.Findings(); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

// Live traffic is looked at by many goroutines, within bounds, and no report is held.
func TestTraffic(t *testing.T) {
	var traffic budget.Traffic
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			report := unitOf(t, "GET /books", list(n))
			traffic.Report(t.Context(), report)
			for i := range report.Groups {
				report.Groups[i].Statement = nil
				report.Groups[i] = budget.Group{}
			}
			traffic.Findings()
		})
	}
	all.Wait()
	found := traffic.Findings()
	if len(found) != 1 || found[0].Unit != "GET /books" || !strings.Contains(found[0].String(), "n+1 (proven): 3x SELECT") {
		t.Errorf("got %+v", found)
	}
	if traffic.Needs().Content != budget.Everything {
		t.Error("groups are needed")
	}
	traffic.Report(t.Context(), nil)
	traffic.Report(t.Context(), &budget.Report{Stage: budget.Final, Groups: make([]budget.Group, 3)}) // made by hand
	few := budget.Traffic{Relations: 1}
	for n := range 4 {
		few.Report(t.Context(), unitOf(t, "GET /books", list(n)))
	}
	if found := few.Findings(); len(found) > 0 {
		t.Errorf("there was room for one relation, and found is %v", found)
	}
}
