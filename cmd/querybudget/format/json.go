package format

import (
	"encoding/json"
	"io"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// JSON writes everything. Commands that read reports read it, too.
func JSON(out io.Writer, r *result.Result) error { return writeJSON(out, r) }

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
