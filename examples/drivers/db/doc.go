// Package db is what sqlc has generated from query.sql.
package db
