package budget

import (
	"testing"

	"github.com/querybudget/querybudget/statement"
)

// In pairs, and beside a value of another condition, the order of arguments says what they are.
func TestHasOneList(t *testing.T) {
	reader := statement.NewReader(statement.MySQL, statement.NewHasher(), 2048)
	for text, want := range map[string]bool{
		"SELECT name FROM books WHERE id IN (?, ?, ?)":                    true,
		"SELECT name FROM books WHERE shop_id = ? AND id IN (?, ?)":       true,
		"SELECT name FROM books WHERE price > ? AND id IN (?, ?)":         false,
		"SELECT name FROM books WHERE id IN (?, ?) LIMIT ?":               false,
		"SELECT name FROM books WHERE id IN (?, ?) AND shop_id IN (?, ?)": false,
		"SELECT name FROM books WHERE (id, shop_id) IN ((?, ?), (?, ?))":  false,
		"SELECT name FROM books WHERE id = ?":                             false,
	} {
		arguments := 0
		for _, c := range text {
			if c == '?' {
				arguments++
			}
		}
		if st := reader.Read(text); hasOneList(st, arguments) != want {
			t.Errorf("%s: %t, by its shape %s", text, !want, st.Shape)
		}
	}
}
