package traces

import (
	"strconv"
	"strings"
)

// TraceID identifies a trace, as in OpenTelemetry.
type TraceID [16]byte

// SpanID identifies a span in its trace.
type SpanID [8]byte

// Kinds of spans.
const (
	kindServer   = 2
	kindClient   = 3
	kindConsumer = 5
)

// Span is what is needed of a span.
type Span struct {
	Trace      TraceID
	ID, Parent SpanID
	Kind       int
	Name       string
	Start, End uint64 // nanoseconds since 1970
	Failed     bool

	// Of a database.
	System, Namespace, Address, Text string
	Rows                             int64
	Arguments                        []argument

	// Of a request.
	Method, Route string

	// Of the code.
	Function, CodeNamespace, File string
	Line                          int64
}

// argument is a parameter of a query, where the instrumentation was told to send them.
type argument struct{ name, value string }

// Bounds of what is kept of a span, in bytes: a statement is read up to there, and names
// are for people.
const (
	maxText      = 16 << 10
	maxName      = 500
	maxArguments = 100
)

func cut(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return s
}

// isDatabase reports whether the span is a call of a database.
func (s *Span) isDatabase() bool { return s.System != "" || s.Text != "" }

// isUnit reports whether the span is a unit of work: a request that was served, or a
// message that was handled.
func (s *Span) isUnit() bool { return s.Kind == kindServer || s.Kind == kindConsumer }

// setText takes over an attribute that is a text. Old and new names of the conventions are
// the same here.
func (s *Span) setText(key, value string) {
	switch key {
	case "db.system.name", "db.system":
		s.System = cut(value, maxName)
	case "db.query.text", "db.statement":
		s.Text = cut(value, maxText)
	case "db.namespace", "db.name":
		s.Namespace = cut(value, maxName)
	case "server.address", "net.peer.name":
		s.Address = cut(value, maxName) + s.Address
	case "http.request.method", "http.method":
		s.Method = cut(value, maxName)
	case "http.route":
		s.Route = cut(value, maxName)
	case "code.function.name", "code.function":
		s.Function = cut(value, maxName)
	case "code.namespace":
		s.CodeNamespace = cut(value, maxName)
	case "code.file.path", "code.filepath":
		s.File = cut(value, maxName)
	case "error.type":
		s.Failed = true
	case "server.port", "net.peer.port", "code.line.number", "code.lineno", "db.response.returned_rows":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			s.setNumber(key, n)
		}
	default:
		s.setArgument(key, value)
	}
}

// setNumber takes over an attribute that is a number.
func (s *Span) setNumber(key string, n int64) {
	switch key {
	case "code.line.number", "code.lineno":
		s.Line = n
	case "db.response.returned_rows":
		s.Rows = max(n, 0)
	case "server.port", "net.peer.port":
		s.Address += ":" + strconv.FormatInt(n, 10)
	default:
		s.setArgument(key, strconv.FormatInt(n, 10))
	}
}

// setArgument takes over a parameter of a query.
func (s *Span) setArgument(key, value string) {
	name, ok := strings.CutPrefix(key, "db.query.parameter.")
	if ok && len(s.Arguments) < maxArguments {
		s.Arguments = append(s.Arguments, argument{cut(name, maxName), cut(value, maxName)})
	}
}

// function is the full name of the function.
func (s *Span) function() string {
	if s.CodeNamespace != "" && !strings.HasPrefix(s.Function, s.CodeNamespace) {
		return s.CodeNamespace + "." + s.Function
	}
	return s.Function
}
