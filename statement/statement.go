package statement

import (
	"fmt"
	"strconv"
	"strings"
)

// Statement is what is known of a statement's text. A [Reader] makes one for each
// distinct text and shares it: it is not changed after it was made. The zero
// Statement is one that nobody could read.
type Statement struct {
	// Shape is the text with literals, bind lists and comments taken out, cut to
	// the reader's length.
	Shape string `json:"shape"`
	// Summary names what is done to what: "SELECT users". It holds no literals.
	Summary string `json:"summary"`
	// Fingerprint identifies the whole shape. It is the same in every process, and for
	// any order of what an UPDATE sets and of the columns of an INSERT.
	Fingerprint Fingerprint `json:"fingerprint"`
	// Kind says whether it reads, writes or controls a transaction.
	Kind Kind `json:"kind"`
	// Verb is the verb that makes the Kind, in upper case: "SELECT", "INSERT",
	// "UPDATE". Empty for text that nobody could read.
	Verb string `json:"verb,omitempty"`
	// Tables are the tables that the statement names, in order of appearance, at
	// most 16.
	Tables []string `json:"tables,omitempty"`
	// Keys are the columns that a row must equal a value in: those of "column =
	// value" which a WHERE joins with AND, in order of appearance.
	Keys []string `json:"keys,omitempty"`
	// Sets are the columns that an UPDATE sets to a value of the application: SET a = ?, and
	// not SET a = a + ?, nor SET a = 'done' beside arguments.
	Sets []string `json:"sets,omitempty"`
	// Batched is set for a text that asks for several keys at once, or writes several
	// rows: an IN list or VALUES of more than one, = ANY(?), unnest(?). A list of
	// literals in a condition is none by itself, see Lists.
	Batched bool `json:"batched,omitempty"`
	// Paged is set for a statement that takes one part of the rows, where the next one
	// goes on: OFFSET, FETCH NEXT, LIMIT with a range to continue from, a range with two
	// ends, each LIMIT of an UPDATE or DELETE, and one of more than a row that an INSERT moves.
	Paged bool `json:"paged,omitempty"`
	// Probes is set for a read that only asks whether there is a row, or how many: SELECT
	// EXISTS (...), SELECT 1, SELECT count(*). The Keys of EXISTS are those inside of it.
	Probes bool `json:"probes,omitempty"`
	// Upserts is set for a write that takes care of rows which are there already: ON
	// CONFLICT, ON DUPLICATE KEY, INSERT IGNORE, REPLACE, MERGE.
	Upserts bool `json:"upserts,omitempty"`
	// Star is set for a read of all columns: SELECT *, t.*.
	Star bool `json:"star,omitempty"`
	// Locks is set for a read that locks rows: FOR UPDATE, FOR SHARE.
	Locks bool `json:"locks,omitempty"`
	// Repeatable is set for a read that gives the same answer until one of its
	// Tables is written to: it locks nothing and calls no volatile function. Only
	// these can be duplicates.
	Repeatable bool `json:"repeatable,omitempty"`
	// Literals identifies the literals that were taken out, so that two texts of one
	// shape can be told apart. It differs from process to process.
	Literals uint64 `json:"-"`
	// HasLiterals is set if there are any.
	HasLiterals bool `json:"has_literals,omitempty"`
	// Lists identifies the literals that were lists of several, such as IN (1, 2); 0
	// without one. Executions of one shape whose Lists differ are batches; where it
	// is the same text each time, it is a condition.
	Lists uint64 `json:"-"`

	rowless  bool            // a key is compared with an argument that has a name, whose place is not known
	row      uint64          // of the keys that are literals, see Arguments
	keys     []keyArg        // of those that are arguments
	keyTexts []keyText       // of those that are literals
	assigned []assignedValue // by an INSERT of one row, or an UPDATE
	others   []otherArg      // that are compared with a column which is no key
	reused   uint64          // arguments, of the first 64, that stand in several places
}

// keyArg is an argument that a key column is compared with.
type keyArg struct {
	column uint64 // its hash
	index  int    // of the argument, from 0
	key    int    // in Keys
}

// otherArg is an argument that a column is compared with which need not have its value.
type otherArg struct {
	column string
	index  int
}

// keyText is a literal that a key column is compared with.
type keyText struct {
	hash uint64 // as Hasher.Text has it
	key  int    // in Keys
}

// KeyOf returns the column that an argument, counted from 0, is compared with for
// equality: one of Keys, or one of a condition with OR. It returns false for an argument
// that is compared with no column, or has a name.
func (s *Statement) KeyOf(argument int) (column string, ok bool) {
	for _, k := range s.keys {
		if k.index == argument {
			return s.Keys[k.key], true
		}
	}
	for _, o := range s.others {
		if o.index == argument {
			return o.column, true
		}
	}
	return "", false
}

// AssignedTo returns the column that an INSERT of one row, or an UPDATE, gives an argument to, counted
// from 0, as it is. It is empty for all others.
func (s *Statement) AssignedTo(argument int) string {
	for _, v := range s.assigned {
		if v.index == argument {
			return v.name
		}
	}
	return ""
}

// AssignedTexts calls f for each column that an INSERT of one row, or an UPDATE, gives a literal to, with
// the hash that [Hasher.Text] gives to the value.
func (s *Statement) AssignedTexts(f func(column string, hash uint64)) {
	for _, v := range s.assigned {
		if v.index < 0 {
			f(v.name, v.text)
		}
	}
}

// Reuses reports whether an argument, counted from 0, stands in several places: $1 and ?1 may. It is
// false for one that the statement has not, and behind the first 64.
func (s *Statement) Reuses(argument int) bool {
	return 0 <= argument && argument < 64 && s.reused&(1<<argument) != 0
}

// KeyTexts calls f for each of Keys that is compared with a literal, with the hash that
// [Hasher.Text] gives to the value.
func (s *Statement) KeyTexts(f func(key string, hash uint64)) {
	for _, k := range s.keyTexts {
		f(s.Keys[k.key], k.hash)
	}
}

// SharesTable reports whether two statements name one table. A schema and the case
// of letters do not count: rather one table too many than one that is missed.
func (s *Statement) SharesTable(other *Statement) bool {
	for _, t := range s.Tables {
		for _, u := range other.Tables {
			if strings.EqualFold(Unqualified(t), Unqualified(u)) {
				return true
			}
		}
	}
	return false
}

// Unqualified returns the last part of a name: "books" of "public.books".
func Unqualified(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// Fingerprint identifies a shape but for the order of lists that have none, the same in
// every process. It prints as 16 hexadecimal digits.
type Fingerprint uint64

// String returns 16 hexadecimal digits.
func (f Fingerprint) String() string { return fmt.Sprintf("%016x", uint64(f)) }

// MarshalText implements [encoding.TextMarshaler].
func (f Fingerprint) MarshalText() ([]byte, error) {
	const digits = "0123456789abcdef"
	var out [16]byte
	for i := range out {
		out[i] = digits[f>>(60-4*i)&15]
	}
	return out[:], nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (f *Fingerprint) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 16, 64)
	if err != nil || len(text) != 16 {
		return fmt.Errorf("statement: a fingerprint is 16 hexadecimal digits, not %q", text)
	}
	*f = Fingerprint(n)
	return nil
}
