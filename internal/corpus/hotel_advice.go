package corpus

import (
	"github.com/querybudget/querybudget/budget"
)

// htAdviceCases are loops whose repair is not only a list of keys: where SQL is proposed, it has to have the rows of the loop.
func htAdviceCases() []Case {
	const hotels = "SELECT id FROM hotels ORDER BY name"
	keys := []int64{4, 9, 2, 11, 7}
	of := func(name, about, list, query, table, parent string, after ...any) Case {
		return Case{Name: "hotel/advice-" + name, About: about, Setup: htOf("hotels rooms bookings guests invoices reviews photos"), Run: htFor(list, query, after...),
			Want: []Want{{Kind: budget.NPlusOne, Func: "htFor.func1", Table: table, Parent: parent}}, Same: sameRows(query, keys, after...)}
	}
	on := func(c Case, systems ...string) Case {
		c.Systems = systems
		return c
	}
	return []Case{
		on(of("cast", "the key is below a cast", hotels, "SELECT number, price FROM rooms WHERE hotel_id = CAST(? AS BIGINT)", "rooms", "hotels"), htNoMySQL...),
		of("sum-beside-the-key", "one is added to the key", "SELECT id FROM hotels WHERE id < 12 ORDER BY name", "SELECT id, number FROM rooms WHERE hotel_id = ? + 1", "rooms", ""),
		of("window", "a row's place within its hotel: over a list it would be counted over all hotels", hotels, "SELECT number, ROW_NUMBER() OVER (ORDER BY price, id) AS place FROM rooms WHERE hotel_id = ?", "rooms", "hotels"),
		of("group-by", "a number for each kind within a hotel", hotels, "SELECT kind, count(*) AS n FROM rooms WHERE hotel_id = ? GROUP BY kind", "rooms", "hotels"),
		of("having", "kinds with at least two rooms of a hotel", hotels, "SELECT kind FROM rooms WHERE hotel_id = ? GROUP BY kind HAVING count(*) > 0", "rooms", "hotels"),
		of("distinct", "the floors of a hotel, each once", hotels, "SELECT DISTINCT floor FROM rooms WHERE hotel_id = ?", "rooms", "hotels"),
		of("maximum", "an aggregate of each", hotels, "SELECT MAX(price) AS top FROM rooms WHERE hotel_id = ?", "rooms", "hotels"),
		of("newest-two", "the newest two of each hotel", hotels, "SELECT id, body FROM reviews WHERE hotel_id = ? ORDER BY day DESC, id LIMIT ?", "reviews", "hotels", 2),
		of("not", "NOT around the other condition", hotels, "SELECT number FROM rooms WHERE NOT (state = 'broken' OR price < 100) AND hotel_id = ?", "rooms", "hotels"),
		of("or", "another condition beside the key, with OR", hotels, "SELECT url FROM photos WHERE hotel_id = ? OR place = 0", "photos", "hotels"),
		of("union", "two reads in one", "SELECT id FROM guests WHERE country = 'pt' ORDER BY email DESC", "SELECT b.ref AS code FROM bookings b WHERE b.guest_id = ? UNION SELECT 'none' AS code", "bookings", "guests"),
		of("key-in-a-subquery", "the key is compared in the subquery of IN", "SELECT id FROM guests WHERE country = 'no' ORDER BY email DESC", "SELECT number FROM rooms WHERE id IN (SELECT room_id FROM bookings WHERE guest_id = ?)", "rooms", "guests"),
		of("not-exists", "the key is compared within NOT EXISTS", "SELECT id FROM guests WHERE country = 'no' ORDER BY email", "SELECT count(*) AS n FROM rooms r WHERE NOT EXISTS (SELECT 1 FROM bookings b WHERE b.room_id = r.id AND b.guest_id = ?)", "rooms", "guests"),
		of("key-in-on", "the key is compared in ON", hotels, "SELECT r.number, h.name FROM rooms r JOIN hotels h ON h.id = r.hotel_id AND h.id = ? WHERE r.price > 9000", "rooms", "hotels"),
		of("left-join", "the key is compared in the ON of a LEFT JOIN, so that each region of rooms stays", hotels, "SELECT p.url, r.number FROM photos p LEFT JOIN rooms r ON r.id = p.id AND r.hotel_id = ? WHERE p.place < 4", "photos", "hotels"),
		of("name-within-a-name", "the list has hotel_id within another name only", hotels, "SELECT number AS hotel_id_of_room, beds FROM rooms WHERE hotel_id = ? AND beds > ?", "rooms", "hotels", 1),
		on(of("fetch-first", "FETCH FIRST in place of LIMIT", hotels, "SELECT id, stars FROM reviews WHERE hotel_id = ? ORDER BY day DESC FETCH FIRST 2 ROWS ONLY", "reviews", "hotels"), "postgres"),
	}
}
