// Command child is started by a test, with an environment of its own.
package main

import (
	_ "net/http"
	"os"

	"example.com/fakedb"
)

func main() {
	db := fakedb.Open()
	for _, name := range os.Args[1:] {
		_, _ = db.Exec("INSERT INTO children (name) VALUES (?)", name)
	}
	_ = db.Close()
}
