package pgxwrap_test

import "github.com/jackc/pgx/v5"

// combination returns a tracer with hooks for queries, and those that the bits of n say.
func combination(n int, l *hookLog) pgx.QueryTracer {
	switch n {
	case 1:
		return struct {
			queryHooks
			batchHooks
		}{queryHooks{l}, batchHooks{l}}
	case 2:
		return struct {
			queryHooks
			copyHooks
		}{queryHooks{l}, copyHooks{l}}
	case 3:
		return struct {
			queryHooks
			batchHooks
			copyHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}}
	case 4:
		return struct {
			queryHooks
			prepareHooks
		}{queryHooks{l}, prepareHooks{l}}
	case 5:
		return struct {
			queryHooks
			batchHooks
			prepareHooks
		}{queryHooks{l}, batchHooks{l}, prepareHooks{l}}
	case 6:
		return struct {
			queryHooks
			copyHooks
			prepareHooks
		}{queryHooks{l}, copyHooks{l}, prepareHooks{l}}
	case 7:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			prepareHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, prepareHooks{l}}
	case 8:
		return struct {
			queryHooks
			connectHooks
		}{queryHooks{l}, connectHooks{l}}
	case 9:
		return struct {
			queryHooks
			batchHooks
			connectHooks
		}{queryHooks{l}, batchHooks{l}, connectHooks{l}}
	case 10:
		return struct {
			queryHooks
			copyHooks
			connectHooks
		}{queryHooks{l}, copyHooks{l}, connectHooks{l}}
	case 11:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			connectHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, connectHooks{l}}
	case 12:
		return struct {
			queryHooks
			prepareHooks
			connectHooks
		}{queryHooks{l}, prepareHooks{l}, connectHooks{l}}
	case 13:
		return struct {
			queryHooks
			batchHooks
			prepareHooks
			connectHooks
		}{queryHooks{l}, batchHooks{l}, prepareHooks{l}, connectHooks{l}}
	case 14:
		return struct {
			queryHooks
			copyHooks
			prepareHooks
			connectHooks
		}{queryHooks{l}, copyHooks{l}, prepareHooks{l}, connectHooks{l}}
	case 15:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			prepareHooks
			connectHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, prepareHooks{l}, connectHooks{l}}
	case 16:
		return struct {
			queryHooks
			acquireHooks
		}{queryHooks{l}, acquireHooks{l}}
	case 17:
		return struct {
			queryHooks
			batchHooks
			acquireHooks
		}{queryHooks{l}, batchHooks{l}, acquireHooks{l}}
	case 18:
		return struct {
			queryHooks
			copyHooks
			acquireHooks
		}{queryHooks{l}, copyHooks{l}, acquireHooks{l}}
	case 19:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			acquireHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, acquireHooks{l}}
	case 20:
		return struct {
			queryHooks
			prepareHooks
			acquireHooks
		}{queryHooks{l}, prepareHooks{l}, acquireHooks{l}}
	case 21:
		return struct {
			queryHooks
			batchHooks
			prepareHooks
			acquireHooks
		}{queryHooks{l}, batchHooks{l}, prepareHooks{l}, acquireHooks{l}}
	case 22:
		return struct {
			queryHooks
			copyHooks
			prepareHooks
			acquireHooks
		}{queryHooks{l}, copyHooks{l}, prepareHooks{l}, acquireHooks{l}}
	case 23:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			prepareHooks
			acquireHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, prepareHooks{l}, acquireHooks{l}}
	case 24:
		return struct {
			queryHooks
			connectHooks
			acquireHooks
		}{queryHooks{l}, connectHooks{l}, acquireHooks{l}}
	case 25:
		return struct {
			queryHooks
			batchHooks
			connectHooks
			acquireHooks
		}{queryHooks{l}, batchHooks{l}, connectHooks{l}, acquireHooks{l}}
	case 26:
		return struct {
			queryHooks
			copyHooks
			connectHooks
			acquireHooks
		}{queryHooks{l}, copyHooks{l}, connectHooks{l}, acquireHooks{l}}
	case 27:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			connectHooks
			acquireHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, connectHooks{l}, acquireHooks{l}}
	case 28:
		return struct {
			queryHooks
			prepareHooks
			connectHooks
			acquireHooks
		}{queryHooks{l}, prepareHooks{l}, connectHooks{l}, acquireHooks{l}}
	case 29:
		return struct {
			queryHooks
			batchHooks
			prepareHooks
			connectHooks
			acquireHooks
		}{queryHooks{l}, batchHooks{l}, prepareHooks{l}, connectHooks{l}, acquireHooks{l}}
	case 30:
		return struct {
			queryHooks
			copyHooks
			prepareHooks
			connectHooks
			acquireHooks
		}{queryHooks{l}, copyHooks{l}, prepareHooks{l}, connectHooks{l}, acquireHooks{l}}
	case 31:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			prepareHooks
			connectHooks
			acquireHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, prepareHooks{l}, connectHooks{l}, acquireHooks{l}}
	case 32:
		return struct {
			queryHooks
			releaseHooks
		}{queryHooks{l}, releaseHooks{l}}
	case 33:
		return struct {
			queryHooks
			batchHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, releaseHooks{l}}
	case 34:
		return struct {
			queryHooks
			copyHooks
			releaseHooks
		}{queryHooks{l}, copyHooks{l}, releaseHooks{l}}
	case 35:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, releaseHooks{l}}
	case 36:
		return struct {
			queryHooks
			prepareHooks
			releaseHooks
		}{queryHooks{l}, prepareHooks{l}, releaseHooks{l}}
	case 37:
		return struct {
			queryHooks
			batchHooks
			prepareHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, prepareHooks{l}, releaseHooks{l}}
	case 38:
		return struct {
			queryHooks
			copyHooks
			prepareHooks
			releaseHooks
		}{queryHooks{l}, copyHooks{l}, prepareHooks{l}, releaseHooks{l}}
	case 39:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			prepareHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, prepareHooks{l}, releaseHooks{l}}
	case 40:
		return struct {
			queryHooks
			connectHooks
			releaseHooks
		}{queryHooks{l}, connectHooks{l}, releaseHooks{l}}
	case 41:
		return struct {
			queryHooks
			batchHooks
			connectHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, connectHooks{l}, releaseHooks{l}}
	case 42:
		return struct {
			queryHooks
			copyHooks
			connectHooks
			releaseHooks
		}{queryHooks{l}, copyHooks{l}, connectHooks{l}, releaseHooks{l}}
	case 43:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			connectHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, connectHooks{l}, releaseHooks{l}}
	case 44:
		return struct {
			queryHooks
			prepareHooks
			connectHooks
			releaseHooks
		}{queryHooks{l}, prepareHooks{l}, connectHooks{l}, releaseHooks{l}}
	case 45:
		return struct {
			queryHooks
			batchHooks
			prepareHooks
			connectHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, prepareHooks{l}, connectHooks{l}, releaseHooks{l}}
	case 46:
		return struct {
			queryHooks
			copyHooks
			prepareHooks
			connectHooks
			releaseHooks
		}{queryHooks{l}, copyHooks{l}, prepareHooks{l}, connectHooks{l}, releaseHooks{l}}
	case 47:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			prepareHooks
			connectHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, prepareHooks{l}, connectHooks{l}, releaseHooks{l}}
	case 48:
		return struct {
			queryHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 49:
		return struct {
			queryHooks
			batchHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 50:
		return struct {
			queryHooks
			copyHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, copyHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 51:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 52:
		return struct {
			queryHooks
			prepareHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, prepareHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 53:
		return struct {
			queryHooks
			batchHooks
			prepareHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, prepareHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 54:
		return struct {
			queryHooks
			copyHooks
			prepareHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, copyHooks{l}, prepareHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 55:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			prepareHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, prepareHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 56:
		return struct {
			queryHooks
			connectHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, connectHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 57:
		return struct {
			queryHooks
			batchHooks
			connectHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, connectHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 58:
		return struct {
			queryHooks
			copyHooks
			connectHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, copyHooks{l}, connectHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 59:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			connectHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, connectHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 60:
		return struct {
			queryHooks
			prepareHooks
			connectHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, prepareHooks{l}, connectHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 61:
		return struct {
			queryHooks
			batchHooks
			prepareHooks
			connectHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, prepareHooks{l}, connectHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 62:
		return struct {
			queryHooks
			copyHooks
			prepareHooks
			connectHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, copyHooks{l}, prepareHooks{l}, connectHooks{l}, acquireHooks{l}, releaseHooks{l}}
	case 63:
		return struct {
			queryHooks
			batchHooks
			copyHooks
			prepareHooks
			connectHooks
			acquireHooks
			releaseHooks
		}{queryHooks{l}, batchHooks{l}, copyHooks{l}, prepareHooks{l}, connectHooks{l}, acquireHooks{l}, releaseHooks{l}}
	default:
		return struct{ queryHooks }{queryHooks{l}}
	}
}
