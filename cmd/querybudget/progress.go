package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/querybudget/querybudget/cmd/querybudget/format"
)

// progress passes the output of go test on, and says on a terminal how far it is.
type progress struct {
	to, status io.Writer
	seen       queriesSeen
	began      time.Time
	stop       chan struct{}
	stopped    sync.WaitGroup

	mu       sync.Mutex
	packages int
	broken   []string // packages that did not compile
	shown    bool
	atStart  bool // of a line
}

// newProgress says nothing unless stderr is a terminal.
func newProgress(stdout, stderr io.Writer, reports string) *progress {
	p := &progress{to: stdout, seen: queriesSeen{folder: reports}, began: time.Now(), stop: make(chan struct{}), atStart: true}
	if f, ok := stderr.(*os.File); ok && isTerminal(f) {
		p.status = stderr
		p.stopped.Go(p.run)
	}
	return p
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}

func (p *progress) run() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			p.show()
		}
	}
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.atStart {
		_, _ = fmt.Fprintf(p.status, "\r\033[Kquerybudget: %d packages done, %d queries seen, %s", p.packages, p.seen.count(), time.Since(p.began).Round(time.Second))
		p.shown = true
	}
}

// clear takes the line of the status away.
func (p *progress) clear() {
	if p.shown {
		_, _ = fmt.Fprint(p.status, "\r\033[K")
		p.shown = false
	}
}

func (p *progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	for line := range bytes.Lines(text) {
		for _, begin := range []string{"ok  \t", "FAIL\t", "?   \t"} {
			if bytes.HasPrefix(line, []byte(begin)) {
				p.packages++
			}
		}
		if name := didNotCompile(line); name != "" {
			p.broken = append(p.broken, name)
		}
	}
	p.atStart = len(text) > 0 && text[len(text)-1] == '\n'
	return p.to.Write(text)
}

// didNotCompile returns the package of a line by which go test says so.
func didNotCompile(line []byte) string {
	rest, isFailure := bytes.CutPrefix(line, []byte("FAIL\t"))
	name, why, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
	if !isFailure || string(why) != "[setup failed]" && string(why) != "[build failed]" {
		return ""
	}
	return string(name)
}

// notRun says which packages could not be run, as go test has said far above.
func (p *progress) notRun() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.broken) == 0 {
		return nil
	}
	names, more := p.broken, ""
	if len(names) > 3 {
		names, more = names[:3], ", ..."
	}
	return []string{fmt.Sprintf("%s did not compile, so their tests were not seen: %s%s", format.Plural(len(p.broken), "package"), strings.Join(names, ", "), more)}
}

func (p *progress) end() {
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// queriesSeen counts the queries in the reports of a folder that grows.
type queriesSeen struct {
	folder  string
	read    map[string]int64 // how far, by file
	queries int64
}

var totalsOfQueries = regexp.MustCompile(`"totals":\{"queries":(\d+)`)

// count reads what is new since it was called last. What cannot be read is not counted: the
// result says it.
func (q *queriesSeen) count() int64 {
	if q.read == nil {
		q.read = map[string]int64{}
	}
	files, _ := filepath.Glob(filepath.Join(q.folder, "*.ndjson"))
	for _, name := range files {
		q.add(name)
	}
	return q.queries
}

// add reads the whole lines that a file has more.
func (q *queriesSeen) add(name string) {
	file, err := os.Open(name)
	if err != nil {
		return
	}
	defer file.Close() //nolint:errcheck // it is only read
	if _, err := file.Seek(q.read[name], io.SeekStart); err != nil {
		return
	}
	text, _ := io.ReadAll(file)
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	q.read[name] += int64(len(text))
	for _, m := range totalsOfQueries.FindAllSubmatch(text, -1) {
		n, _ := strconv.ParseInt(string(m[1]), 10, 64)
		q.queries += n
	}
}
