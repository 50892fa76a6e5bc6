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

// volatile are functions whose result is another one each time, or that change
// something: asking again is no duplicate.
var volatile = wordSet(`
	nextval setval currval lastval last_insert_id last_insert_rowid scope_identity
	changes total_changes row_count found_rows random rand randomblob newid uuid
	uuid_short gen_random_uuid uuid_generate_v4 uuid_generate_v1 uuidv4 uuidv7
	pg_advisory_lock pg_advisory_xact_lock pg_try_advisory_lock pg_try_advisory_xact_lock
	pg_advisory_unlock pg_sleep sleep get_lock release_lock is_free_lock
	clock_timestamp timeofday txid_current pg_current_xact_id pg_notify`)

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
