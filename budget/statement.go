package budget

import "fmt"

// StatementKind says what a statement does to the account.
type StatementKind uint8

const (
	// OtherStatement is a query that is known neither to read nor to write:
	// data definition, SET, CALL, or text that nobody could read.
	OtherStatement StatementKind = iota
	// ReadStatement is a query that returns data and changes none.
	ReadStatement
	// WriteStatement is a query that changes data: INSERT, UPDATE, DELETE,
	// MERGE, REPLACE, also inside a WITH.
	WriteStatement
	// BeginStatement opens a transaction by text (BEGIN, START TRANSACTION).
	// It counts as a transaction and not as a query.
	BeginStatement
	// ControlStatement is other transaction control sent as text: COMMIT,
	// ROLLBACK, SAVEPOINT, RELEASE. It is no query and is never refused.
	ControlStatement
)

// String returns the kind in one lower-case word.
func (k StatementKind) String() string {
	switch k {
	case ReadStatement:
		return "read"
	case WriteStatement:
		return "write"
	case BeginStatement:
		return "begin"
	case ControlStatement:
		return "control"
	default:
		return "other"
	}
}

// MarshalText implements [encoding.TextMarshaler].
func (k StatementKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *StatementKind) UnmarshalText(text []byte) error {
	for kind := OtherStatement; kind <= ControlStatement; kind++ {
		if kind.String() == string(text) {
			*k = kind
			return nil
		}
	}
	return fmt.Errorf("budget: unknown statement kind %q", text)
}

// IsQuery reports whether a statement of this kind counts as a query, as
// opposed to transaction control.
func (k StatementKind) IsQuery() bool { return k != BeginStatement && k != ControlStatement }

// Statement is what the account knows of a statement's text. A driver wrapper
// makes one for each distinct text and shares it: it is not changed after it
// was handed over.
type Statement struct {
	// Shape is the text with literals, bind lists and comments taken out, cut
	// to a length that the maker decides.
	Shape string
	// Summary names what is done to what: "SELECT users". It holds no literals.
	Summary string
	// Fingerprint identifies the whole shape. It is the same in every process.
	Fingerprint uint64
	// Literals identifies the literals that were taken out, so that two texts
	// of one shape can be told apart. It differs from process to process.
	Literals uint64
	// Tables are the tables the statement names, in order of appearance.
	Tables []string
	// Kind says whether it reads, writes or controls a transaction.
	Kind StatementKind
	// Batched is set for a text that asks for several keys at once: an IN list or
	// VALUES of more than one, = ANY(?), unnest(?).
	Batched bool
	// Star is set for a read of all columns: SELECT *, t.*.
	Star bool
	// Repeatable is set for a read that gives the same answer until one of its
	// Tables is written to: it locks nothing and calls no volatile function.
	// Only these are looked at for duplicates.
	Repeatable bool
}

// unknownStatement stands in where an instrumentation hands over none.
var unknownStatement = &Statement{Shape: "(unknown statement)", Summary: "unknown"}
