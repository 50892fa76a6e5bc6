-- name: TitleOfAuthor :one
SELECT title FROM books WHERE author_id = ?;
