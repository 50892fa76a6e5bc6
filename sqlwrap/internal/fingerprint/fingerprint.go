// Package fingerprint reads the text of SQL statements: their shape (without
// literals, bind lists and comments), what they do and to which tables. It
// reads PostgreSQL, MySQL and MariaDB, SQLite and SQL Server, never fails, and
// takes time in proportion to the length of the text.
package fingerprint

import (
	"hash/fnv"
	"hash/maphash"
	"strings"
	"unicode/utf8"

	"github.com/querybudget/querybudget/budget"
)

// Reader turns texts into statements of one dialect. It is safe for concurrent
// use.
type Reader struct {
	dialect  Dialect
	maxShape int // bytes
	seed     maphash.Seed
}

// NewReader returns a reader whose shapes are cut to maxShape bytes. Literals
// are hashed with seed.
func NewReader(d Dialect, maxShape int, seed maphash.Seed) *Reader {
	return &Reader{dialect: d, maxShape: maxShape, seed: seed}
}

// Read reads a statement.
func (r *Reader) Read(text string) *budget.Statement {
	scan := scanner{src: text, dialect: r.dialect}
	shape, class := newShaper(min(len(text)+16, 4096)), newClassifier()
	var literals uint64
	for t := scan.next(); t.kind != endToken; t = scan.next() {
		if t.kind == literalToken {
			literals = literals*31 + maphash.String(r.seed, t.text)
		}
		shape.add(t)
		class.add(t)
	}
	class.endName()
	full := strings.TrimRight(string(shape.text), "; ")
	if !utf8.ValidString(full) {
		full = strings.ToValidUTF8(full, "\uFFFD")
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(full))
	return &budget.Statement{
		Shape:       cut(full, r.maxShape),
		Summary:     strings.ToValidUTF8(class.summary.String(), "\uFFFD"),
		Fingerprint: h.Sum64(),
		Literals:    literals,
		Tables:      class.tables,
		Kind:        class.kind,
		Batched:     class.array || shape.batched(class.inserts),
		Star:        class.star && class.kind == budget.ReadStatement,
		Repeatable: class.kind == budget.ReadStatement && len(class.tables) > 0 && len(class.tables) < maxTables &&
			!class.locking && !class.volatile,
	}
}

// cut shortens text to max bytes, at the border of a character.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	for max > 0 && !utf8.RuneStart(text[max]) {
		max--
	}
	return strings.Clone(text[:max]) + "…"
}
