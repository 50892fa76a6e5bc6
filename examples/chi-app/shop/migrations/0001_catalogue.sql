CREATE TABLE publishers (
	id   {{.ID}},
	name VARCHAR(200) NOT NULL
);

CREATE TABLE authors (
	id   {{.ID}},
	name VARCHAR(200) NOT NULL
);

CREATE TABLE books (
	id           {{.ID}},
	author_id    BIGINT NOT NULL REFERENCES authors (id),
	publisher_id BIGINT NOT NULL REFERENCES publishers (id),
	title        VARCHAR(200) NOT NULL,
	stock        INTEGER NOT NULL
);

CREATE INDEX books_author_id ON books (author_id);

CREATE TABLE reviews (
	id      {{.ID}},
	book_id BIGINT NOT NULL REFERENCES books (id),
	rating  INTEGER NOT NULL,
	body    VARCHAR(500) NOT NULL
);

CREATE INDEX reviews_book_id ON reviews (book_id);
