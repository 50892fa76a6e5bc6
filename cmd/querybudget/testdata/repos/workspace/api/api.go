// Package api is the other module.
package api

import (
	"database/sql"
	"net/http"

	"example.com/store"
)

// Prices serves the prices of some books.
func Prices(db *sql.DB) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, id := range r.URL.Query()["book"] {
			store.Price(r.Context(), db, id)
		}
	}
}
