package budget

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// What the names of tables and columns say.

// plainName is a name without its qualifier, case and underscores.
func plainName(name string) string {
	return strings.ToLower(strings.ReplaceAll(statement.Unqualified(name), "_", ""))
}

// irregular are plurals of tables that no ending tells.
var irregular = map[string]string{
	"alumni": "alumnus", "appendices": "appendix", "axes": "axis", "bases": "base", "buses": "bus", "cacti": "cactus", "calves": "calf", "children": "child",
	"crises": "crisis", "criteria": "criterion", "curricula": "curriculum", "data": "datum", "feet": "foot", "foci": "focus", "fungi": "fungus",
	"geese": "goose", "halves": "half", "indices": "index", "knives": "knife", "leaves": "leaf", "lives": "life", "loaves": "loaf", "matrices": "matrix",
	"media": "medium", "men": "man", "mice": "mouse", "nuclei": "nucleus", "people": "person", "phenomena": "phenomenon", "quanta": "quantum",
	"radii": "radius", "scarves": "scarf", "series": "series", "shelves": "shelf", "species": "species", "spectra": "spectrum", "stimuli": "stimulus",
	"strata": "stratum", "syllabi": "syllabus", "teeth": "tooth", "termini": "terminus", "theses": "thesis", "thieves": "thief", "vertices": "vertex",
	"wives": "wife", "wolves": "wolf", "women": "woman",
	"aliases": "alias", "atlases": "atlas", "biases": "bias", "bonuses": "bonus", "campuses": "campus", "canvases": "canvas", "censuses": "census",
	"choruses": "chorus", "circuses": "circus", "consensuses": "consensus", "corpora": "corpus", "focuses": "focus", "gases": "gas", "lenses": "lens",
	"caches": "cache", "calories": "calorie", "cargoes": "cargo", "cookies": "cookie", "echoes": "echo", "heroes": "hero", "hoodies": "hoodie", "movies": "movie",
	"niches": "niche", "pies": "pie", "potatoes": "potato", "rookies": "rookie", "selfies": "selfie", "smoothies": "smoothie", "ties": "tie", "tomatoes": "tomato",
	"vetoes": "veto", "zombies": "zombie",
	"statuses": "status", "syllabuses": "syllabus", "terminuses": "terminus", "viruses": "virus",
}

// longWord is how many letters a word has that is looked for at the end of a name, too: order_statuses, and no specimen.
const longWord = 6

// singular takes the ending of a plural off: authors, boxes, categories.
func singular(name string) string {
	for begin := range len(name) {
		if word := irregular[name[begin:]]; word != "" && (begin == 0 || len(name)-begin >= longWord) {
			return name[:begin] + word
		}
	}
	switch {
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "zzes"):
		return strings.TrimSuffix(name, "zes")
	case strings.HasSuffix(name, "yses"):
		return strings.TrimSuffix(name, "es") + "is"
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "xes"), strings.HasSuffix(name, "ches"), strings.HasSuffix(name, "shes"):
		return strings.TrimSuffix(name, "es")
	case strings.HasSuffix(name, "ss"):
		return name
	default:
		return strings.TrimSuffix(name, "s")
	}
}

// selects reports whether a column is named between SELECT and FROM.
func selects(st *statement.Statement, plain string) bool {
	list, ok := selectList(st.Shape)
	if !ok {
		return false
	}
	return slices.ContainsFunc(names(list), func(name string) bool { return plainName(name) == plain })
}

// selectList returns what stands between SELECT and its FROM.
func selectList(shape string) (string, bool) {
	upper := strings.ToUpper(shape)
	begin := strings.Index(upper, "SELECT ")
	if begin < 0 || len(upper) != len(shape) {
		return "", false
	}
	begin += len("SELECT")
	end := strings.Index(upper[begin:], " FROM ")
	if end < 0 {
		return "", false
	}
	return strings.TrimSpace(shape[begin : begin+end]), true // PostgreSQL takes a SELECT without columns
}

// names returns the whole names in a part of a shape.
func names(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && r != '.' && r != '$' && r < 0x80 && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}
