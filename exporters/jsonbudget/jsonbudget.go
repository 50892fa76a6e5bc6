// Package jsonbudget writes budget reports to files, one JSON object in a line, for
// "querybudget learn", "querybudget show" and programs of your own. The form is that of a
// report in docs/report.schema.json: it holds shapes, functions and lines, never argument
// values or literals.
//
// # Bounds
//
// A file that is full is put aside as "name.1.ndjson", and the oldest is removed, so the
// disk that is used is bounded: [Options.MaxBytes] times [Options.Files]. A line is whole
// or it is not there: what could not be written wholly, because the disk is full, is taken
// back, and so is the rest of a line of a process that was killed.
//
// A file belongs to one process. Give each of several its own name.
package jsonbudget

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// Options are the optional parts of a [Writer]. The zero value is the default.
type Options struct {
	// MaxBytes is the size of one file, in bytes. A single report that is larger is an
	// error and not written. Default: 64 MiB.
	MaxBytes int64
	// Files is the number of files that are kept, the one that is written included.
	// Default: 4.
	Files int
	// Everything writes each report with all of its lists. Default: off: of a unit in
	// which nothing was found the totals are written, which is what learn needs.
	Everything bool
	// OnError is told of reports that could not be written. It must be safe for
	// concurrent use. Nil: they are only counted, see [Writer.Lost].
	OnError func(error)
}

// Writer is a [budget.Reporter] that writes files. All methods are safe for concurrent use.
type Writer struct {
	name    string
	options Options

	mu   sync.Mutex
	file *os.File // nil once it is closed, and while it cannot be opened
	size int64
	done bool
	lost int64
}

// Open opens a file, which should end in ".ndjson", and makes it if it is not there. What
// the file holds is kept; the rest of a line that was never ended is taken off. Negative
// options are an error.
func Open(name string, o Options) (*Writer, error) {
	if o.MaxBytes < 0 || o.Files < 0 {
		return nil, fmt.Errorf("jsonbudget: MaxBytes %d and Files %d: use positive numbers, or 0 for the default", o.MaxBytes, o.Files)
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 64 << 20
	}
	if o.Files == 0 {
		o.Files = 4
	}
	w := &Writer{name: name, options: o}
	if err := w.open(); err != nil {
		return nil, fmt.Errorf("jsonbudget: %w", err)
	}
	return w, nil
}

// Needs asks for totals, for everything of units in which something was found, and for
// what came late. A file is waited for as the application's own log is.
func (w *Writer) Needs() budget.Needs {
	n := budget.Needs{Content: budget.WhatIsFound, Late: true}
	if w.options.Everything {
		n.Content = budget.Everything
	}
	return n
}

// Report writes a line. After Close it does nothing.
func (w *Writer) Report(_ context.Context, r *budget.Report) {
	var line bytes.Buffer
	err := json.NewEncoder(&line).Encode(r)
	w.mu.Lock()
	if w.done {
		w.mu.Unlock()
		return
	}
	if err == nil {
		err = w.write(line.Bytes())
	}
	if err != nil {
		w.lost++
	}
	w.mu.Unlock()
	if err != nil && w.options.OnError != nil {
		w.options.OnError(fmt.Errorf("jsonbudget: a report of %q was not written: %w", r.Name, err))
	}
}

// Lost is the number of reports that could not be written.
func (w *Writer) Lost() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

// Close closes the file. It may be called more than once.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
	return w.close()
}

func (w *Writer) close() error {
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file = nil
	return err
}

// write writes a line, wholly or not at all. It is called with the lock.
func (w *Writer) write(line []byte) error {
	if int64(len(line)) > w.options.MaxBytes {
		return fmt.Errorf("it has %d bytes, and MaxBytes is %d", len(line), w.options.MaxBytes)
	}
	if w.file != nil && w.size+int64(len(line)) > w.options.MaxBytes {
		if err := w.rotate(); err != nil {
			return err
		}
	}
	if w.file == nil {
		if err := w.open(); err != nil {
			return err
		}
	}
	_, err := w.file.Write(line)
	if err != nil {
		return errors.Join(err, w.file.Truncate(w.size))
	}
	w.size += int64(len(line))
	return nil
}

// rotate puts the file aside.
func (w *Writer) rotate() error {
	err := w.close()
	for n := w.options.Files - 1; n > 0; n-- {
		if moved := os.Rename(w.aside(n-1), w.aside(n)); moved != nil && !errors.Is(moved, fs.ErrNotExist) {
			err = errors.Join(err, moved)
		}
	}
	if w.options.Files == 1 {
		err = errors.Join(err, os.Remove(w.name))
	}
	return err
}

// aside is the name of the file that was put aside n times.
func (w *Writer) aside(n int) string {
	if n == 0 {
		return w.name
	}
	extension := filepath.Ext(w.name)
	return fmt.Sprintf("%s.%d%s", strings.TrimSuffix(w.name, extension), n, extension)
}

// open opens the file behind its last whole line.
func (w *Writer) open() error {
	file, err := os.OpenFile(w.name, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	size, err := endOfLines(file)
	if err == nil {
		err = file.Truncate(size)
	}
	if err == nil {
		_, err = file.Seek(size, io.SeekStart)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	w.file, w.size = file, size
	return nil
}

// endOfLines returns the offset behind the last newline.
func endOfLines(file *os.File) (int64, error) {
	at, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 64<<10)
	for at > 0 {
		n := min(at, int64(len(buf)))
		if _, err := file.ReadAt(buf[:n], at-n); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			return at - n + int64(i) + 1, nil
		}
		at -= n
	}
	return 0, nil
}
