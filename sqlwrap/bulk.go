package sqlwrap

import (
	"context"
	"database/sql/driver"
	"strings"
)

// Some drivers copy rows in through a statement: each Exec hands over a row, and
// one without arguments ends the copying. lib/pq does so for COPY ... FROM STDIN
// (copy.go), go-mssqldb for INSERTBULK (bulkcopy_sql.go).
//
// That is one query, which starts with the first row and ends with the last call,
// however many rows there are between.

// copies reports whether a text copies rows in.
func copies(text string) bool {
	word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	return strings.EqualFold(word, "INSERTBULK") ||
		strings.EqualFold(word, "COPY") && strings.HasSuffix(strings.ToUpper(strings.TrimSpace(rest)), "FROM STDIN")
}

// copyRow hands over a row, or ends the copying.
func (s *stmt) copyRow(ctx context.Context, args []driver.NamedValue) (result driver.Result, err error) {
	if s.copying == nil {
		q, err := s.conn.start(ctx, s.account, s.text, nil)
		if err != nil {
			return nil, err
		}
		s.copying = &q
	}
	err = panicOrGoexit{}
	defer func() {
		if err != nil || len(args) == 0 {
			s.endCopy(result, err)
		}
	}()
	result, err = stmtExec(s.conn.contextOf(ctx, s.copying), s.via, args)
	err = reveal(err)
	return result, err
}

// endCopy ends the query, if rows are being copied.
func (s *stmt) endCopy(result driver.Result, err error) {
	if s.copying != nil {
		s.copying.end(result, err)
		s.copying = nil
	}
}
