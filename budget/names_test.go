package budget

import "testing"

func TestSingular(t *testing.T) {
	for plural, want := range map[string]string{
		"authors": "author", "categories": "category", "boxes": "box", "classes": "class", "quizzes": "quiz", "analyses": "analysis", "access": "access",
		"people": "person", "hotelpeople": "hotelperson", "orderstatuses": "orderstatus", "syllabi": "syllabus", "movies": "movie", "databases": "database",
		"specimen": "specimen", "purchases": "purchase", "properties": "property", "": "",
	} {
		if got := singular(plural); got != want {
			t.Errorf("%s: %s, and not %s", plural, got, want)
		}
	}
}
