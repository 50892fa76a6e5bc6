// Command server serves the shop at the address that it prints, until its input ends.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"example.com/fakedb"
	"example.com/plain"
)

func main() {
	shop := &plain.Shop{DB: fakedb.Open()}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go shop.Note("started")
	fmt.Println(listener.Addr())
	go func() { _ = http.Serve(listener, shop.Routes()) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(7)
}
