package panel

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

var markTag = regexp.MustCompile(`</?span(?: class="[kslc]")?>`)

func TestMarkSQL(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1":                      "SELECT 1",
		"select a from b":               "select a from b",
		"SELECT a FROM b -- x\nWHERE c": "SELECT a FROM b -- x\nWHERE c",
		"SELECT id, name FROM authors WHERE id = ? AND (name = ? OR name IS NULL) AND x BETWEEN ? AND ? ORDER BY id LIMIT 3": `SELECT id, name
FROM authors
WHERE id = ?
  AND (name = ? OR name IS NULL)
  AND x BETWEEN ? AND ?
ORDER BY id
LIMIT 3`,
		"SELECT a.id FROM authors a LEFT OUTER JOIN books b ON b.author_id = a.id WHERE EXISTS (SELECT 1 FROM orders o WHERE o.book = b.id) GROUP BY a.id": `SELECT a.id
FROM authors a
LEFT OUTER JOIN books b ON b.author_id = a.id
WHERE EXISTS (
    SELECT 1
    FROM orders o
    WHERE o.book = b.id)
GROUP BY a.id`,
		"UPDATE books SET stock = stock - ?, sold = sold + ? WHERE id = ? AND stock >= ? RETURNING stock": `UPDATE books SET stock = stock - ?, sold = sold + ?
WHERE id = ?
  AND stock >= ?
RETURNING stock`,
		"DELETE FROM a_table_with_a_long_name WHERE id IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)": `DELETE FROM a_table_with_a_long_name
WHERE id IN (1, 2, 3, 4, 5, 6 /* 7 more */)`,
		"SELECT extract(year FROM d), 'it''s FROM here' FROM t WHERE \"order\" = $1 AND tag = $$a WHERE b$$": `SELECT extract(year FROM d), 'it''s FROM here'
FROM t
WHERE "order" = $1
  AND tag = $$a WHERE b$$`,
	} {
		if got := html.UnescapeString(markTag.ReplaceAllString(string(markSQL(sql)), "")); got != want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", sql, got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	got := string(markSQL("SELECT 'a<b', 12, $3 /* c */ FROM t"))
	want := `<span class="k">SELECT</span> <span class="s">&#39;a&lt;b&#39;</span>, <span class="l">12</span>, <span class="l">$3</span> <span class="c">/* c */</span> <span class="k">FROM</span> t`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// However it is cut and marked up, nothing of a statement becomes markup, and nothing but
// spaces is lost.
func FuzzMarkSQL(f *testing.F) {
	for _, s := range []string{"SELECT a FROM b", "'", "\"<script>", "/*", "--\n--", "$a$", "$1", "((((", "))))", "IN (1,2,3,4,5,6,7,8,9,10,11,12,13)", "\xff\x00", "a\u202eb", "SELECT (SELECT (SELECT 1))", "WHERE AND OR BETWEEN AND"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		marked := string(markSQL(s))
		bare := markTag.ReplaceAllString(marked, "")
		if strings.ContainsAny(bare, "<>\"'\x00") {
			t.Fatalf("markup in %q", marked)
		}
		if strings.Count(marked, "<span") != strings.Count(marked, "</span>") {
			t.Fatalf("open marks in %q", marked)
		}
		if text, cut := cutText(s, maxSQL); !cut && len(foldLists(tokens(s))) == len(tokens(s)) {
			if got, want := squeeze(html.UnescapeString(bare)), squeeze(printable(text)); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
	})
}

func squeeze(s string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \t\n\r\f", c) {
			return -1
		}
		return c
	}, strings.NewReplacer(`\f`, "", `\r`, "").Replace(s))
}

// The work is bounded by what is shown, not by what was sent.
func TestMarkSQLIsBounded(t *testing.T) {
	for _, part := range []string{"a ", "( ", "'x', ", "<", "\xff", "-- \n", "SELECT "} {
		if n := len(markSQL(strings.Repeat(part, 500_000/len(part)))); n > 50*maxSQL {
			t.Errorf("%q: %d bytes", part, n)
		}
	}
}
