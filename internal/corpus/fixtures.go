package corpus

import (
	"fmt"
	"strings"
)

// library has authors, with as many books each. All keys begin at 1, as they do in
// every application.
func library(authors, each int) []string {
	var people, books []string
	for i := 1; i <= authors; i++ {
		people = append(people, fmt.Sprintf("(%d, 'author %d', %d, 'a%d@example.com')", i, i, i%3+1, i))
		for j := range each {
			id := (i-1)*each + j + 1
			books = append(books, fmt.Sprintf("(%d, %d, 'book %d', %d, '%s')", id, i, id, id%7+1, []string{"new", "used"}[id%2]))
		}
	}
	out := []string{
		"CREATE TABLE authors (id BIGINT PRIMARY KEY, name VARCHAR(40), country_id BIGINT, email VARCHAR(40))",
		"CREATE TABLE books (id BIGINT PRIMARY KEY, author_id BIGINT, title VARCHAR(40), price BIGINT, state VARCHAR(10))",
		"INSERT INTO authors VALUES " + strings.Join(people, ", "),
	}
	if each > 0 {
		out = append(out, "INSERT INTO books VALUES "+strings.Join(books, ", "))
	}
	return out
}

// reviews has as many reviews for each of the books.
func reviews(books, each int) []string {
	var rows []string
	for i := range books * each {
		rows = append(rows, fmt.Sprintf("(%d, %d, %d)", i+1, i/each+1, i%5))
	}
	return []string{
		"CREATE TABLE reviews (id BIGINT PRIMARY KEY, book_id BIGINT, stars BIGINT)",
		"INSERT INTO reviews VALUES " + strings.Join(rows, ", "),
	}
}

// prizes has one for each of the authors.
func prizes(authors int) []string {
	rows := make([]string, authors)
	for i := range rows {
		rows[i] = fmt.Sprintf("(%d, %d, 'prize')", i+101, i+1)
	}
	return []string{
		"CREATE TABLE prizes (id BIGINT PRIMARY KEY, author_id BIGINT, title VARCHAR(40))",
		"INSERT INTO prizes VALUES " + strings.Join(rows, ", "),
	}
}

// counters are rows with a number.
func counters(n int) []string { return numbered("counters", n) }

// numbered is a table of rows with a name and a number, whose ids begin at 1.
func numbered(table string, n int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("(%d, '%s %d', %d, 1)", i+1, table, i+1, 10*i)
	}
	return []string{
		"CREATE TABLE " + table + " (id BIGINT PRIMARY KEY, name VARCHAR(40), n BIGINT, version BIGINT)",
		"INSERT INTO " + table + " VALUES " + strings.Join(rows, ", "),
	}
}

// nodes are a tree in which each node has as many children, of nodes in all. The root
// is 1.
func nodes(n, children int) []string {
	rows := make([]string, n)
	for i := range rows {
		parent := 0
		if i > 0 {
			parent = (i-1)/children + 1
		}
		rows[i] = fmt.Sprintf("(%d, %d, 'node')", i+1, parent)
	}
	return []string{
		"CREATE TABLE nodes (id BIGINT PRIMARY KEY, parent_id BIGINT, name VARCHAR(40))",
		"INSERT INTO nodes VALUES " + strings.Join(rows, ", "),
	}
}

// and joins set-ups.
func and(setups ...[]string) (out []string) {
	for _, s := range setups {
		out = append(out, s...)
	}
	return out
}

// upTo are the numbers from 1 to n.
func upTo(n int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i) + 1
	}
	return out
}
