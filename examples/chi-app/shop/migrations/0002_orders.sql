CREATE TABLE orders (
	id       {{.ID}},
	customer VARCHAR(200) NOT NULL
);

CREATE TABLE order_lines (
	order_id BIGINT NOT NULL REFERENCES orders (id),
	book_id  BIGINT NOT NULL REFERENCES books (id),
	quantity INTEGER NOT NULL
);
