package changes

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// Hunk is a part of a file that is new. From and To are lines, from 1, both in it. Where
// lines were only taken out, they are the lines around the gap.
type Hunk struct {
	File     string // relative to the root of the repository, with slashes
	From, To int
}

// String is "orders.go:40-52", or "orders.go:40" for one line.
func (h Hunk) String() string {
	if h.From == h.To {
		return fmt.Sprintf("%s:%d", h.File, h.From)
	}
	return fmt.Sprintf("%s:%d-%d", h.File, h.From, h.To)
}

// Since returns what changed since the commit at which this branch and base parted, with
// what is not committed yet. Files that git does not track are not seen.
func Since(ctx context.Context, base string) ([]Hunk, error) {
	from, err := output(ctx, "merge-base", base, "HEAD")
	if err != nil {
		return nil, fmt.Errorf("%w: is %s fetched? (actions/checkout needs fetch-depth: 0)", err, base)
	}
	text, err := output(ctx, "-c", "core.quotePath=false", "diff", "-U0", "--no-color", "--no-ext-diff", "--no-textconv",
		"--src-prefix=a/", "--dst-prefix=b/", "-M", strings.TrimSpace(string(from)), "--")
	if err != nil {
		return nil, err
	}
	return Parse(bytes.NewReader(text))
}

func output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}

var hunkHead = regexp.MustCompile(`^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)

// Parse reads what git diff -U0 writes.
func Parse(in io.Reader) ([]Hunk, error) {
	var out []Hunk
	file, body := "", 0
	r := bufio.NewReader(in)
	for {
		line, err := r.ReadString('\n')
		if err != nil && line == "" {
			if err == io.EOF {
				return out, nil
			}
			return nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		switch m := hunkHead.FindStringSubmatch(line); {
		case body > 0 && !strings.HasPrefix(line, `\`):
			body-- // a changed line, whatever it looks like
		case strings.HasPrefix(line, "+++ "):
			file = fileName(line[len("+++ "):])
		case m != nil && file != "":
			removed, first, added := number(m[1]), number(m[2]), number(m[3])
			body = removed + added
			out = append(out, hunk(file, first, added))
		case m != nil:
			body = number(m[1]) + number(m[3]) // of a file that was removed
		}
	}
}

func hunk(file string, first, added int) Hunk {
	if added == 0 {
		return Hunk{file, max(first, 1), first + 1}
	}
	return Hunk{file, first, first + added - 1}
}

// number is 1 where git leaves it out.
func number(s string) int {
	if s == "" {
		return 1
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return min(n, 1<<30)
}

// fileName is the name in a header, which git quotes where it must.
func fileName(s string) string {
	s = strings.TrimSuffix(s, "\t")
	if plain, err := strconv.Unquote(s); err == nil {
		s = plain
	}
	if name, ok := strings.CutPrefix(s, "b/"); ok {
		return name
	}
	return "" // /dev/null
}
