package budget

import (
	"slices"
	"strings"
)

// Which values of a statement differ between its executions: a list of keys stands for a
// loop only where one of them does.

// varyings gives each group its [Group.Varying].
func (b *builder) varyings(records []*record) {
	of := make([]valuesOf, len(b.report.Groups))
	for i, rec := range records {
		if group := b.report.Queries[i].Group; group >= 0 {
			of[group].add(rec)
		}
	}
	for i := range of {
		g := &b.report.Groups[i]
		g.Varying, g.AsksForNews = of[i].varying(), of[i].asksForNews()
	}
}

// valuesOf are the values of a group's first execution, and which of them others differ in.
type valuesOf struct {
	first     *record
	arguments []bool
	texts     []uint64 // of the keys in the text
	textsVary []bool
	others    bool // a text that is compared with no column may differ
	isUnknown bool
}

func (v *valuesOf) add(rec *record) {
	if v.first == nil {
		v.first, v.arguments = rec, make([]bool, len(rec.hashes()))
		v.texts = keyTexts(rec)
		v.textsVary = make([]bool, len(v.texts))
	}
	hashes, texts := rec.hashes(), keyTexts(rec)
	if len(hashes) != len(v.arguments) || len(texts) != len(v.texts) || rec.arguments != 0 && len(hashes) == 0 {
		v.isUnknown = true // a list of keys, or nobody told
		return
	}
	mark := func(vary []bool, values, first []uint64) {
		for i := range values {
			vary[i] = vary[i] || values[i] != first[i]
		}
	}
	mark(v.arguments, hashes, v.first.hashes())
	mark(v.textsVary, texts, v.texts)
	st, first := rec.origin.statement, v.first.origin.statement
	if st.Literals != first.Literals && len(texts) < strings.Count(st.Shape, "?")-len(hashes) {
		v.others = true // or one of the keys in the text alone: that is not told
	}
}

// varying returns the columns, and an empty name for a value that is compared with none;
// nil where it is not known, or nothing differs.
func (v *valuesOf) varying() (out []string) {
	if v.first == nil || v.isUnknown {
		return nil
	}
	st := v.first.origin.statement
	add := func(name string) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for i, varies := range v.arguments {
		if varies {
			name, _ := st.KeyOf(i)
			add(name)
			if st.Reuses(i) {
				add("") // elsewhere, too
			}
		}
	}
	if v.others {
		add("")
	}
	i := 0
	st.KeyTexts(func(key string, _ uint64) {
		if v.textsVary[i] {
			add(key)
		}
		i++
	})
	return out
}

// asksForNews reports whether one value differs, a moment that something has to be later than.
func (v *valuesOf) asksForNews() bool {
	if v.first == nil || v.isUnknown || v.others || slices.Contains(v.textsVary, true) {
		return false
	}
	i := slices.Index(v.arguments, true)
	if i < 0 || slices.Contains(v.arguments[i+1:], true) || !isTime(v.first.hashes()[i]) {
		return false
	}
	st := v.first.origin.statement
	_, equals := st.KeyOf(i)
	return !equals && (strings.Contains(st.Shape, "> ?") || strings.Contains(st.Shape, ">= ?")) &&
		!strings.Contains(st.Shape, "< ?") && !strings.Contains(st.Shape, "<= ?")
}

// keyTexts are the hashes of the keys in a text.
func keyTexts(rec *record) (out []uint64) {
	rec.origin.statement.KeyTexts(func(_ string, hash uint64) { out = append(out, hash) })
	return out
}
