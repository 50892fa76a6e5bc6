package budgettest

import (
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

// above knows, for call sites at one line, such as that of a helper that sends every
// query, the first frame around it that differs. The levels of a recursion do not differ.
type above map[string]callsite.Frame

func newAbove(sites []callsite.CallSite) above {
	out := make(above)
	var folded []callsite.CallSite
	for _, site := range sites {
		if _, known := out[foldedKey(site)]; !known {
			out[foldedKey(site)] = callsite.Frame{}
			folded = append(folded, site.Fold())
		}
	}
	for i, frame := range callsite.Distinguish(folded) {
		out[foldedKey(folded[i])] = frame
	}
	return out
}

// line is the line of a call site, with the frame that tells it from others at that line:
// "store/db.go:40 store.list < handler.go:12 shop.users".
func (a above) line(site callsite.CallSite) string {
	if site.IsZero() {
		return "unknown line"
	}
	frame, known := a[foldedKey(site)]
	if !known || frame == site.Frame || frame == (callsite.Frame{}) {
		return site.String()
	}
	return site.String() + " < " + frame.String()
}

// foldedKey is the same for the levels of a recursion.
func foldedKey(site callsite.CallSite) string {
	var b strings.Builder
	for _, frame := range site.Fold().Frames() {
		b.WriteString(frame.String())
		b.WriteByte('\n')
	}
	return b.String()
}
