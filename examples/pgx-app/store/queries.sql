-- name: ListAuthors :many
SELECT id, name FROM authors ORDER BY id;

-- name: TitlesOf :many
SELECT title FROM books WHERE author_id = $1 ORDER BY id;

-- name: BooksOfAll :many
SELECT author_id, title FROM books WHERE author_id = ANY(@authors::bigint[]) ORDER BY id;

-- name: RenameAuthor :execrows
UPDATE authors SET name = $2 WHERE id = $1;

-- name: RenameAuthors :batchexec
UPDATE authors SET name = $2 WHERE id = $1;

-- name: AddAuthors :copyfrom
INSERT INTO authors (id, name) VALUES ($1, $2);

-- name: AddBooks :copyfrom
INSERT INTO books (author_id, title) VALUES ($1, $2);
