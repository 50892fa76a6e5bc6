// Package jsonvalues reads files that hold JSON values one after the other, on lines of their
// own or not, and knows on which line each stands.
package jsonvalues

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Each calls f for each value, with the line on which it begins, from 1. An error of f, and
// what is no JSON, is an error that begins with the name and the line.
func Each(name string, in io.Reader, f func(line int64, value json.RawMessage) error) error {
	lines := &lineCounter{in: in}
	for d := json.NewDecoder(bufio.NewReaderSize(lines, 1<<16)); ; {
		var value json.RawMessage
		err := d.Decode(&value)
		if errors.Is(err, io.EOF) {
			return nil
		}
		at := d.InputOffset() - int64(len(value)) // its first byte
		if err == nil {
			err = f(lines.at(at), value)
		} else {
			at, err = whereBroken(err, lines.read)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, lines.at(at), err)
		}
		lines.forget(at)
	}
}

// whereBroken returns the offset of an error of the decoder, and the error in our words.
func whereBroken(err error, end int64) (int64, error) {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return end, errors.New("the file ends within a value: it was not written to its end")
	case errors.As(err, &syntax):
		return syntax.Offset - 1, err
	default:
		return end, err
	}
}

// lineCounter knows at which line a byte of what was read stands.
type lineCounter struct {
	in     io.Reader
	read   int64
	line   int64   // newlines before all that are kept
	breaks []int64 // offsets of newlines
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			l.breaks = append(l.breaks, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// at is the line of an offset, from 1. An error after the last newline is on the last
// line.
func (l *lineCounter) at(offset int64) int64 {
	n, _ := slices.BinarySearch(l.breaks, offset)
	return l.line + int64(n) + 1
}

func (l *lineCounter) forget(offset int64) {
	n, _ := slices.BinarySearch(l.breaks, offset)
	l.breaks, l.line = append(l.breaks[:0], l.breaks[n:]...), l.line+int64(n)
}
