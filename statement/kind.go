package statement

// Kind says what a statement does to an account of queries.
type Kind uint8

const (
	// Other is a query that changes no data and reads no table: SET, SHOW, PRAGMA,
	// EXPLAIN without ANALYZE, the functions for settings and locks.
	Other Kind = iota
	// Read is a query that is known to return data and to change none.
	Read
	// Write is a query that changes data or their definition, or may do so: INSERT,
	// UPDATE, DELETE, MERGE, REPLACE, also inside a WITH; CREATE, ALTER, DROP; CALL, DO
	// and EXEC; a SELECT of a function that is not known; text that nobody could read.
	Write
	// Begin opens a transaction by text (BEGIN, START TRANSACTION). It counts as a
	// transaction and not as a query.
	Begin
	// Control is other transaction control sent as text: COMMIT, ROLLBACK,
	// SAVEPOINT, RELEASE. It is no query and is never refused.
	Control
)

// String returns the kind in one lower-case word.
func (k Kind) String() string {
	switch k {
	case Read:
		return "read"
	case Write:
		return "write"
	case Begin:
		return "begin"
	case Control:
		return "control"
	default:
		return "other"
	}
}

// MarshalText implements [encoding.TextMarshaler].
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. A kind that is not known, of a
// later version, is Other.
func (k *Kind) UnmarshalText(text []byte) error {
	for kind := Other; kind <= Control; kind++ {
		if kind.String() == string(text) {
			*k = kind
			return nil
		}
	}
	*k = Other
	return nil
}

// IsQuery reports whether a statement of this kind counts as a query, as opposed
// to transaction control.
func (k Kind) IsQuery() bool { return k != Begin && k != Control }
