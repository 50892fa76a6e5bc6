// Package api is the other module.
package api

import (
	"database/sql"
	"net/http"

	"example.com/store"
)

// Prices serves the prices of seven books.
func Prices(db *sql.DB) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for id := range 7 {
			store.Price(r.Context(), db, id)
		}
	}
}
