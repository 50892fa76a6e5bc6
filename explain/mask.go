package explain

import (
	"encoding/json"
	"slices"
	"strings"
)

// mask takes the literals out of an expression of a plan.
func (s *session) mask(text string) string {
	if s.options.Values || text == "" {
		return text
	}
	return join(tokensOf(s.system.dialect(), text))
}

// maskError takes the literals of the statement out of the text of an error: databases
// quote them.
func (s *session) maskError(err error) error {
	if err == nil || s.options.Values {
		return err
	}
	text := err.Error()
	for _, t := range tokensOf(s.system.dialect(), s.query) {
		if inner := strings.Trim(t.text, "'\""); t.literal && inner != "" {
			text = replaceWords(text, inner)
		}
	}
	if text == err.Error() {
		return err
	}
	return &maskedError{text, err}
}

// replaceWords puts a question mark in the place of a literal, where it is no part of a
// longer word: of a code of the database, such as 57014.
func replaceWords(text, literal string) string {
	var b strings.Builder
	for {
		at := strings.Index(text, literal)
		if at < 0 {
			return b.String() + text
		}
		end := at + len(literal)
		if at > 0 && isWordByte(text[at-1]) && isWordByte(literal[0]) ||
			end < len(text) && isWordByte(text[end]) && isWordByte(literal[len(literal)-1]) {
			b.WriteString(text[:at+1])
			text = text[at+1:]
			continue
		}
		b.WriteString(text[:at] + "?")
		text = text[end:]
	}
}

// maskedError has the text of another error without some of it.
type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.err }

// plain are the keys of a plan in JSON whose texts are words of the database and names.
var plain = []string{
	"Node Type", "Parent Relationship", "Join Type", "Strategy", "Partial Mode", "Scan Direction", "Relation Name", "Schema",
	"Alias", "Index Name", "Operation", "Command", "Subplan Name", "CTE Name", "Function Name", "Sort Method", "Sort Space Type",
	"table_name", "access_type", "possible_keys", "key", "key_length", "used_key_parts", "ref", "join_type", "buffer_type",
	"buffer_size", "state", "operation", "message", "index_name", "using_index",
}

// maskJSON takes the literals out of a plan in JSON.
func (s *session) maskJSON(value any) string {
	if !s.options.Values {
		value = s.masked(value)
	}
	out, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return ""
	}
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(out))
}

func (s *session) masked(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			if slices.Contains(plain, key) {
				out[key] = inner
			} else {
				out[key] = s.masked(inner)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = s.masked(v[i])
		}
		return out
	case string:
		return s.mask(v)
	default:
		return value
	}
}
