package gotest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Progress shows on a terminal how far a run has come. It is safe for concurrent use.
type Progress struct {
	out    io.Writer // nil shows nothing
	folder string

	mu     sync.Mutex
	total  int
	done   int
	shown  bool
	checks int
}

// NewProgress returns one that shows nothing where nobody watches. Checks are counted in
// the folder of reports.
func NewProgress(ctx context.Context, packages []string, folder string, stderr io.Writer) *Progress {
	if !isTerminal(stderr) {
		return &Progress{}
	}
	p := &Progress{out: stderr, folder: folder}
	if list, err := exec.CommandContext(ctx, "go", append([]string{"list"}, packages...)...).Output(); err == nil {
		p.total = bytes.Count(list, []byte("\n"))
	}
	return p
}

// Ended takes note of a package.
func (p *Progress) Ended(result.Package) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if p.out == nil {
		return
	}
	p.checks = countLines(p.folder)
	p.clear()
	fmt.Fprintf(p.out, "%d of %d packages, %d checks seen", p.done, max(p.total, p.done), p.checks)
	p.shown = true
}

// clear takes the line of progress away. It is called with the lock.
func (p *Progress) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}

// End takes the line of progress away for good.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// Over returns a writer that takes the line of progress away before it writes.
func (p *Progress) Over(out io.Writer) io.Writer {
	return writerFunc(func(text []byte) (int, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.clear()
		return out.Write(text)
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// countLines counts the reports of a folder.
func countLines(folder string) (n int) {
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		return 0
	}
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil {
			n += bytes.Count(text, []byte("\n"))
		}
	}
	return n
}

// isTerminal reports whether somebody watches.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
