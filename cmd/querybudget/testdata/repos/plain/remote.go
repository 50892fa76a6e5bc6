package plain

import (
	"io"
	"net/rpc"
)

// Remote is what other programs call.
type Remote struct{ shop *Shop }

// Serve serves the calls of a connection.
func (s *Shop) Serve(conn io.ReadWriteCloser) {
	server := rpc.NewServer()
	_ = server.Register(&Remote{s})
	server.ServeConn(conn)
}

// Pack packs boxes, one by one.
func (r *Remote) Pack(boxes int, packed *int) error {
	for *packed < boxes {
		*packed++
		_, _ = r.shop.DB.Exec("INSERT INTO boxes (number) VALUES (?)", *packed)
	}
	return nil
}
