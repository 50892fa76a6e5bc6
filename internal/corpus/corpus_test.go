package corpus

import (
	"os"
	"strings"
	"testing"
)

// The bar for what is found in all, and for each kind.
const (
	precisionInAll = 0.99
	recallInAll    = 0.97
	ofEachKind     = 0.95
)

const (
	wrongSites   = 0 // call sites of what was found
	wrongParents = 0
	notProven    = 0
	wrongRepairs = 0 // proposed statements that are invalid or give other rows
)

func TestCorpus(t *testing.T) {
	var systems []string
	for _, s := range Systems {
		if v := Variable(s); v != "" && os.Getenv(v) == "" {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not set: in CI no database may be left out", v)
			}
			t.Logf("%s is left out: %s is not set", s, v)
			continue
		}
		systems = append(systems, s)
	}
	outcomes, err := RunAll(t.Context(), systems, All())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	PrintWrong(&text, outcomes)
	text.WriteString("\n")
	Print(&text, outcomes)
	t.Log("\n" + text.String())
	checkScores(t, outcomes)
}

func checkScores(t *testing.T, outcomes []Outcome) {
	t.Helper()
	scores := Scores(outcomes)
	for i := range scores {
		s := &scores[i]
		precision, recall := ofEachKind, ofEachKind
		if i == len(scores)-1 {
			precision, recall = precisionInAll, recallInAll
		}
		if s.Precision() < precision || s.Recall() < recall {
			t.Errorf("%s: precision %.3f and recall %.3f, and not %v and %v", s.Kind, s.Precision(), s.Recall(), precision, recall)
		}
	}
	all := &scores[len(scores)-1]
	for _, check := range []struct {
		what        string
		got, atMost int
	}{
		{"call sites", all.Right - all.Sites, wrongSites},
		{"parents", all.WithParent - all.Parents, wrongParents},
		{"proofs", all.ToProve - all.Proofs, notProven},
		{"proposed statements", all.Invalid, wrongRepairs},
	} {
		if check.got > check.atMost {
			t.Errorf("%d %s are wrong, and not at most %d", check.got, check.what, check.atMost)
		}
	}
}

// Names tell cases apart, and each case says why it is labelled as it is.
func TestCasesHaveNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range All() {
		if seen[c.Name] || c.About == "" || c.Run == nil {
			t.Errorf("%q has another one's name, or says nothing", c.Name)
		}
		seen[c.Name] = true
	}
}
