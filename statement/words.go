package statement

import "strings"

// keywords are the words after which a sign belongs to a number and a bracket
// stands apart. A word that is missing costs a space in a shape.
var keywords = wordSet(`
	all and any as asc between by case check conflict default desc distinct
	else end except exists explain filter from group having if ilike in index insert
	interval into intersect is join key lateral like limit not null of offset
	on only or order over partition primary recursive references
	returning rlike select set similar some table then top
	union unique update using values when where window with within`)

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// maxWord is longer than every word in a set.
const maxWord = 32

// lower returns a word in lower case, without allocating for one that is.
func lower(word string) string {
	if len(word) > maxWord {
		return ""
	}
	return strings.ToLower(word)
}

func isKeyword(word string) bool { return keywords[lower(word)] }
