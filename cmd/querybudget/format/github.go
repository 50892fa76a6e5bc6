package format

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// maxAnnotations is how many annotations of one kind GitHub shows for a step. It drops the
// rest in silence.
const maxAnnotations = 10

// GitHub writes workflow commands of GitHub Actions: an annotation for each of the ten
// worst errors and warnings, and a line for the rest.
func GitHub(out io.Writer, r *result.Result) error {
	b := bufio.NewWriter(out)
	rest := 0
	seen := map[string]int{}
	for _, e := range r.Failing() {
		level := e.Level()
		if seen[level]++; seen[level] > maxAnnotations {
			rest++
			continue
		}
		file, line := filePlace(e)
		fmt.Fprintf(b, "::%s file=%s,line=%d,title=%s::%s\n", level, property(file), line, property(title(e)+" in "+shortUnit(e.Unit)), data(annotation(e)))
	}
	if rest > 0 {
		fmt.Fprintf(b, "::notice title=querybudget::%s\n", data(fmt.Sprintf("and %d more: GitHub shows %d of a kind. The log and the other reports have them all.", rest, maxAnnotations)))
	}
	return b.Flush()
}

// annotation is the text of an annotation, in lines.
func annotation(e *result.Entry) string {
	lines := []string{Line(describe(e))}
	if e.Shape != "" {
		lines = append(lines, Line(e.Shape))
	}
	if e.Cause != "" {
		lines = append(lines, Line(e.Cause))
	}
	if e.Repair != "" {
		lines = append(lines, "-> "+Line(e.Repair))
	}
	return strings.Join(lines, "\n")
}

// data escapes the message of a workflow command.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property escapes the value of a property of a workflow command.
func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(Line(s)))
}
