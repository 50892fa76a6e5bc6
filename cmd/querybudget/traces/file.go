package traces

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/querybudget/querybudget/cmd/querybudget/jsonvalues"
)

// maxMessage is the size of one message, in bytes: an exporter's batch is some megabytes.
const maxMessage = 256 << 20

// ReadFile calls f for each span of a file of OTLP: JSON, a request in a line, as the file
// exporter of the Collector writes it; protobuf, with the length of each message before it,
// as that exporter writes it, or one message alone. Compressed with gzip or not. What
// cannot be read is an error with the file, and the line or the byte.
func ReadFile(name string, f func(*Span) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it is only read
	return read(name, file, f)
}

func read(name string, in io.Reader, f func(*Span) error) error {
	r := bufio.NewReaderSize(in, 1<<20)
	if head, _ := r.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r = bufio.NewReaderSize(z, 1<<20)
	}
	head, err := r.Peek(4)
	switch {
	case len(head) == 0 && errors.Is(err, io.EOF):
		return fmt.Errorf("%s: the file is empty", name)
	case len(head) == 0:
		return fmt.Errorf("%s: %w", name, err)
	case bytes.ContainsAny(head[:1], "{ \t\r"):
		return readJSON(name, r, f)
	case head[0] == 1<<3|2: // the first field of a message
		return readMessage(name, r, f)
	default:
		return readMessages(name, r, f)
	}
}

// decoded is what a worker made of a value.
type decoded struct {
	spans []Span
	err   error
}

// readJSON decodes values at the same time, and hands over their spans in order.
func readJSON(name string, in *bufio.Reader, f func(*Span) error) error {
	queue := make(chan chan decoded, 2*runtime.GOMAXPROCS(0))
	failed := make(chan struct{})
	var readErr error
	go func() {
		defer close(queue)
		readErr = eachJSON(name, in, func(line int64, value json.RawMessage) error {
			done := make(chan decoded, 1)
			select {
			case queue <- done:
			case <-failed:
				return errors.New("stopped")
			}
			go func() {
				spans, err := decodeJSON(value)
				if err != nil {
					err = fmt.Errorf("%s:%d: %w", name, line, err)
				}
				done <- decoded{spans, err}
			}()
			return nil
		})
	}()
	var err error
	for done := range queue {
		d := <-done
		if err != nil {
			continue // what was under way
		}
		if err = d.err; err == nil {
			err = each(d.spans, f)
		}
		if err != nil {
			close(failed)
		}
	}
	if err != nil {
		return err
	}
	return readErr // it was written before the queue was closed
}

// eachJSON calls f for each value of a file. Where the first line is a value, all lines are:
// they need not be looked at to find their ends.
func eachJSON(name string, in *bufio.Reader, f func(int64, json.RawMessage) error) error {
	for n := int64(1); ; n++ {
		line, err := in.ReadBytes('\n')
		switch {
		case len(bytes.TrimSpace(line)) == 0:
		case n == 1 && !json.Valid(line):
			return jsonvalues.Each(name, io.MultiReader(bytes.NewReader(line), in), f)
		case errors.Is(err, io.EOF) && !json.Valid(line):
			return fmt.Errorf("%s:%d: the file ends within a value: it was not written to its end", name, n)
		default:
			if err := f(n, line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
}

func each(spans []Span, f func(*Span) error) error {
	for i := range spans {
		if err := f(&spans[i]); err != nil {
			return err
		}
	}
	return nil
}

// readMessage reads a file that is one message.
func readMessage(name string, in io.Reader, f func(*Span) error) error {
	message, err := io.ReadAll(io.LimitReader(in, maxMessage+1))
	if err == nil && len(message) > maxMessage {
		err = fmt.Errorf("a message of more than %d bytes", maxMessage)
	}
	if err == nil {
		err = decodeProtobuf(message, newIntern().text, f)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// readMessages reads messages with their lengths before them.
func readMessages(name string, in io.Reader, f func(*Span) error) error {
	intern := newIntern()
	var message []byte
	for at := int64(0); ; {
		var length [4]byte
		_, err := io.ReadFull(in, length[:])
		if errors.Is(err, io.EOF) {
			return nil
		}
		n := int(binary.BigEndian.Uint32(length[:]))
		if err == nil && n > maxMessage {
			err = fmt.Errorf("a message of %d bytes: this is neither JSON nor protobuf of the file exporter", n)
		}
		if err == nil {
			message, err = fill(message, in, n)
		}
		if err == nil {
			err = decodeProtobuf(message, intern.text, f)
		}
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = errors.New("the file ends within a message: it was not written to its end")
		}
		if err != nil {
			return fmt.Errorf("%s: byte %d: %w", name, at, err)
		}
		at += int64(len(length) + n)
	}
}

// fill reads n bytes. It takes no more memory than there are bytes.
func fill(buf []byte, in io.Reader, n int) ([]byte, error) {
	b := bytes.NewBuffer(buf[:0])
	if got, err := io.CopyN(b, in, int64(n)); err != nil || got < int64(n) {
		return nil, io.ErrUnexpectedEOF
	}
	return b.Bytes(), nil
}

// intern keeps texts that come again and again once. It is bounded: what differs each time
// pushes nothing out, and is not kept.
type intern struct{ known map[string]string }

func newIntern() *intern { return &intern{map[string]string{}} }

const maxInterned = 10_000

func (i *intern) text(b []byte) string {
	if s, ok := i.known[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(i.known) < maxInterned && len(s) < 2000 {
		i.known[s] = s
	}
	return s
}
