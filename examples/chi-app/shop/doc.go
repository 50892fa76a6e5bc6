// Package shop is the bookshop that the mains of this module serve: its pages, its
// database, and what both need to know of each other.
package shop
