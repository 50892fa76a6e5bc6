package pgxwrap

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// resolve takes pgx's own options off the arguments, and puts named ones in their places.
// Unknown is set where the application rewrites the query in a way of its own, which is
// not done twice.
func resolve(ctx context.Context, conn *pgx.Conn, sql string, args []any) (text string, values []any, unknown bool) {
	for len(args) > 0 {
		switch option := args[0].(type) {
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
		case pgx.NamedArgs, pgx.StrictNamedArgs:
			text, values, err := option.(pgx.QueryRewriter).RewriteQuery(ctx, conn, sql, nil)
			if err != nil {
				return sql, nil, true
			}
			return text, values, false
		case pgx.QueryRewriter:
			return sql, nil, true
		default:
			return sql, args, false
		}
		args = args[1:]
	}
	return sql, args, false
}

// untold is an argument that is equal to no other: functions are not told apart.
var untold = func() {}
