package statement

import "testing"

func TestReuses(t *testing.T) {
	for text, want := range map[string][]int{
		"SELECT a FROM t WHERE b = $1 AND c <> $1 AND d = $2": {0},
		"SELECT a FROM t WHERE b = ?1 AND c <= ?1":            {0},
		"SELECT a FROM t WHERE b = $2 AND c = $1 OR d = $2":   {1},
		"SELECT a FROM t WHERE b = ? AND c = ?":               nil,
		"SELECT a FROM t WHERE b = $1 AND c = $99":            nil,
	} {
		st := NewReader(Standard, testHasher, 1000).Read(text)
		var got []int
		for i := -1; i < 100; i++ {
			if st.Reuses(i) {
				got = append(got, i)
			}
		}
		if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
