// Package vendored has its dependencies in a folder of its own.
package vendored

import "database/sql"

// Names returns the name of each author, without a context anywhere.
func Names(db *sql.DB) (names []string) {
	rows, err := db.Query("SELECT id FROM authors")
	if err != nil {
		return nil
	}
	var ids []int
	for rows.Next() {
		var id int
		_ = rows.Scan(&id)
		ids = append(ids, id)
	}
	_ = rows.Close()
	for _, id := range ids {
		var name string
		_ = db.QueryRow("SELECT name FROM names WHERE author_id = ?", id).Scan(&name)
		names = append(names, name)
	}
	return names
}
