package statement

import (
	"bytes"
	"strconv"
	"strings"
)

// Ids travel in texts, too: in a key that is made of one ("user:17"), and in a column that has a list of them
// ("[4,19,7]").

// Part is a number in a text that has more than that. The number itself is not kept.
type Part struct {
	Hash    uint64 // as [Hasher.Text] has it
	Next    uint64 // the hash of the number behind it
	IsFirst bool   // it is 0 or 1, with which counts begin
}

// Bounds of what is looked at: the numbers of a text, the items of a list, and how long they are.
const (
	maxParted    = 300
	mostParts    = 4
	mostItems    = 200
	fewestItems  = 3
	maxItem      = 40
	maxListText  = 4000
	partOfNumber = "0123456789"
)

// Parts returns the first numbers of a text that stand for themselves: between what is no letter or digit. It
// returns nil for anything else, and for a text that is a number.
func (h *Hasher) Parts(v any) (parts []Part) {
	text, ok := v.(string)
	if !ok || len(text) > maxParted || !strings.ContainsAny(text, partOfNumber) {
		return nil
	}
	for begin := 0; begin < len(text) && len(parts) < mostParts; begin++ {
		if !isAlphanumeric(text[begin]) {
			continue
		}
		end := begin
		for end < len(text) && isAlphanumeric(text[end]) {
			end++
		}
		if n, err := strconv.ParseInt(text[begin:end], 10, 64); err == nil && end-begin < len(text) {
			parts = append(parts, Part{h.Text(n), h.Text(n + 1), n == 0 || n == 1})
		}
		begin = end
	}
	return parts
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

// Items returns the items of a text that is a list of plain ones: an array of JSON or of PostgreSQL, or what
// commas separate. It returns nil for anything else, such as a sentence.
func (h *Hasher) Items(v any) (items []uint64) {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case []byte:
		if len(v) > maxListText || bytes.Count(v, []byte(",")) < fewestItems-1 {
			return nil
		}
		text = string(v)
	}
	if len(text) > maxListText || strings.Count(text, ",") < fewestItems-1 {
		return nil
	}
	if n := len(text) - 1; text[0] == '[' && text[n] == ']' || text[0] == '{' && text[n] == '}' {
		text = text[1:n]
	}
	for item := range strings.SplitSeq(text, ",") {
		item = strings.Trim(item, ` "`)
		if item == "" || len(item) > maxItem || strings.ContainsAny(item, " :{}[]\"\n\t") || len(items) == mostItems {
			return nil
		}
		items = append(items, h.Text(item))
	}
	return items
}
