package statement

import (
	"slices"
	"testing"
)

func TestParts(t *testing.T) {
	h := NewHasher()
	for text, want := range map[string][]int64{
		"user:17": {17}, "/cohorts/17/notes": {17}, "seat 12 of event 4": {12, 4}, "C-26": {26}, "a 1 b 2 c 3 d 4 e 5": {1, 2, 3, 4},
		"17": nil, "trk-02dd": nil, "v2": nil, "no number": nil, "x9_1": nil, "": nil, "größe1": nil,
	} {
		var parts []Part
		for _, n := range want {
			parts = append(parts, Part{h.Text(n), h.Text(n + 1), n < 2})
		}
		if got := h.Parts(text); !slices.Equal(got, parts) {
			t.Errorf("%s: got %d parts", text, len(got))
		}
	}
	if h.Parts(17) != nil || h.Parts(nil) != nil {
		t.Error("a number has parts")
	}
}

func TestItems(t *testing.T) {
	h := NewHasher()
	for text, want := range map[string][]any{
		"[4,19,7]": {4, 19, 7}, "{4,19,7}": {4, 19, 7}, "C-26,A-27, B-28": {"C-26", "A-27", "B-28"}, `["a", "b", "c"]`: {"a", "b", "c"},
		"[4,19]": nil, "one, two words, three": nil, `{"a":1,"b":2,"c":3}`: nil, "[[1,2],[3,4]]": nil, "a,,b": nil, "": nil, "[": nil, ",,": nil,
	} {
		var hashes []uint64
		for _, v := range want {
			hashes = append(hashes, h.Text(v))
		}
		if got := h.Items(text); !slices.Equal(got, hashes) {
			t.Errorf("%s: got %d items", text, len(got))
		}
		if got := h.Items([]byte(text)); !slices.Equal(got, hashes) {
			t.Errorf("%s: got %d items of bytes", text, len(got))
		}
	}
	if h.Items(7) != nil || h.Items(nil) != nil {
		t.Error("a number has items")
	}
}
