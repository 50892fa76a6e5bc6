package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 81, "rounds of alternating blocks")
	times := flag.Int("times", 2000, "operations in a block")
	file := flag.String("o", "", "file to write the tables to, besides standard output")
	flag.Parse()
	var out bytes.Buffer
	if err := write(io.MultiWriter(os.Stdout, &out), *rounds, *times); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if *file == "" {
		return
	}
	if err := os.WriteFile(*file, out.Bytes(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func write(w io.Writer, rounds, times int) error {
	fmt.Fprintf(w, "%s\n", introduction(rounds, times))
	for _, op := range operations() {
		if err := operationTable(w, op, fakeDatabase, rounds, times); err != nil {
			return err
		}
	}
	if err := bounds(w, rounds, times); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	for _, d := range realDatabases(folder) {
		if err := operationTable(w, d.queryRow(), d, max(rounds/2, 5), max(times/10, 20)); err != nil {
			return err
		}
		all, err := d.requests(max(rounds/2, 5), max(times/20, 20))
		if err != nil {
			return err
		}
		writeRequests(w, all)
	}
	return nil
}

var fakeDatabase = realDatabase{name: "fake", driver: fakeDriver{}}

func operationTable(w io.Writer, op operation, d realDatabase, rounds, times int) error {
	var trials []*trial
	for _, s := range subjects() {
		if s.name == floor && d.name != fakeDatabase.name {
			continue
		}
		t, err := newTrial(s, op, d.driver, d.dsn)
		if err != nil {
			return err
		}
		defer t.db.Close() //nolint:errcheck // it was only read
		trials = append(trials, t)
	}
	results, base, err := compare(trials, rounds, times)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "## %s\n\nBare: %v.\n\n| | extra, median (quartiles) | to %s | to %s | allocations | bytes |\n| --- | --- | --- | --- | --- | --- |\n", op.name, base, sqlmwNoop, otelNoop)
	peer := func(name string) result {
		return results[slices.IndexFunc(results, func(r result) bool { return r.name == name })]
	}
	for _, r := range results[1:] {
		fmt.Fprintf(w, "| %s | %+d ns (%+d .. %+d) | %s | %s | %.1f | %.0f |\n", r.name, r.extra, r.low, r.high,
			r.to(peer(sqlmwNoop), rounds), r.to(peer(otelNoop), rounds), r.allocs, r.bytes)
	}
	fmt.Fprintln(w)
	return nil
}

// bounds are what has no peer to be compared with.
func bounds(w io.Writer, rounds, times int) error {
	bareScale, own, shared, err := parallel(rounds, times)
	if err != nil {
		return err
	}
	ratio, bytes, err := million()
	if err != nil {
		return err
	}
	build, logged, err := reports()
	if err != nil {
		return err
	}
	extra, allocs := track()
	held, opening, openingBare, err := handles()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "## Bounds\n\n| | target | measured |\n| --- | --- | --- |\n")
	fmt.Fprintf(w, "| two goroutines against one, a recorder each | 0.9 of bare's %.2f | %.2f, that is %.2f |\n", bareScale, own, own/bareScale)
	fmt.Fprintf(w, "| two goroutines against one, one recorder for both | no collapse | %.2f |\n", shared)
	fmt.Fprintf(w, "| 10^6 queries in one request: the last 10^5 to the first | 1.2 | %.2f |\n", ratio)
	fmt.Fprintf(w, "| what their recorder holds | 2 MB | %.2f MB |\n", float64(bytes)/1e6)
	fmt.Fprintf(w, "| report of %d queries: build | 15 µs | %v |\n", perRequest, build.Round(100*time.Nanosecond))
	fmt.Fprintf(w, "| build, and log with slog | 40 µs | %v |\n", logged.Round(100*time.Nanosecond))
	fmt.Fprintf(w, "| Track around an empty handler | 1 µs, 6 allocations | %v, %.0f |\n", extra.Round(10*time.Nanosecond), allocs)
	fmt.Fprintf(w, "| what a handle holds more than a bare one after three queries | 16 KB | %.1f KB |\n", float64(held)/1e3)
	fmt.Fprintf(w, "| to open one, beside the bare one's %v | 5 µs more | %v more |\n\n", openingBare.Round(100*time.Nanosecond), (opening - openingBare).Round(100*time.Nanosecond))
	return nil
}

func introduction(rounds, times int) string {
	versions := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if strings.Contains(m.Path, "otelsql") || strings.Contains(m.Path, "sqlmw") || strings.Contains(m.Path, "sqldb-logger") ||
				m.Path == "modernc.org/sqlite" || m.Path == "github.com/jackc/pgx/v5" {
				versions += ", " + m.Path + " " + m.Version
			}
		}
	}
	return fmt.Sprintf(`# Benchmarks

Written by `+"`make bench`"+` on %s, with %s on %s/%s, %d cores (%s)%s.

Each subject does %d operations in a block, the subjects in turns, %d times; a request is %d operations, with a recorder of its
own where there is one. Extra is the median of the differences to the bare driver in the same round. The second bare driver shows
the noise; a dash stands where a peer's own difference is lost in it. Compare within a table: the machine is in every figure.

The fake driver answers at once. The peers record nothing of their own: sqlmw with an interceptor that does nothing, OpenTelemetry
with a tracer that does nothing ("sampling": one that keeps spans and exports none), sqldb-logger with a logger that drops all.
querybudget counts, times, reads the statement, hashes the arguments, takes the call site, and keeps what its rules need; with its
totals, it also makes up the account at the end of each request, and with its report, it builds one, findings included. What is
counted and timed by hand is the floor: a wrapper with one count, one lock and two looks at the clock for a query, which keeps no query.
`, time.Now().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cpu(), versions, times, rounds, perRequest)
}

func cpu() string {
	out, err := exec.Command("sh", "-c", "grep -m1 'model name' /proc/cpuinfo | cut -d: -f2").Output()
	if err != nil || len(bytes.TrimSpace(out)) == 0 {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
