package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/querybudget/querybudget/cmd/querybudget/exit"
)

// ownCommand builds the command itself, and returns one that calls it in the present folder.
func ownCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	source, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(t.TempDir(), "querybudget")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", tool, ".")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exec.CommandContext(t.Context(), tool, args...)
}

// A server that knows nothing of querybudget: each request has a line, with its route, and
// its input, output and exit code are its own.
func TestRunProgram(t *testing.T) {
	cmd := ownCommand(t, "run", "./server", "--", "an argument")
	enter(t, "plain")
	var said lockedBuffer
	cmd.Stderr = &said
	input, output := started(t, cmd)
	address, err := output.ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	for _, path := range []string{"/setting/7", "/none"} {
		response, err := http.Get("http://" + strings.TrimSpace(address) + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	if got := panelRequests(t, &said); !strings.Contains(got, "/setting/{id}") {
		t.Errorf("the panel shows %s", got)
	}
	_ = input.Close()
	var ended *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &ended) || ended.ExitCode() != 7 {
		t.Errorf("the program ends with 7, and the command ended with %v", err)
	}
	wants(t, said.String(), "the panel is at http://127.0.0.1:", "querybudget: GET /setting/{id} ", "2 queries", "duplicate 1x shop.go:15", "querybudget: GET /none", "0 queries")
}

// panelRequests waits until the panel has two requests, and returns them.
func panelRequests(t *testing.T, said *lockedBuffer) (got string) {
	t.Helper()
	_, rest, _ := strings.Cut(said.String(), "the panel is at ")
	address, _, _ := strings.Cut(rest, "\n")
	for range 200 {
		response, err := http.Get(address + "api/requests")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if got = string(text); strings.Contains(got, "/none") {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return got
}

// lockedBuffer is a buffer that a command writes while a test reads.
type lockedBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// A signal reaches the program.
func TestRunSignal(t *testing.T) {
	cmd := ownCommand(t, "run", "./server")
	enter(t, "plain")
	input, output := started(t, cmd)
	defer input.Close() //nolint:errcheck // it is there so that the program waits
	if _, err := output.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var ended *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &ended) || ended.ExitCode() != exit.Failed {
		t.Errorf("the program was killed, and the command ended with %v", err)
	}
}

// What calls go by itself is watched by its environment.
func TestEnv(t *testing.T) {
	enter(t, "generated")
	var out bytes.Buffer
	if err := printEnv(t.Context(), nil, &out, os.Stderr); err != nil {
		t.Fatal(err)
	}
	test := exec.CommandContext(t.Context(), "sh", "-ec", out.String()+"\ngo test ./... && echo $QUERYBUDGET_REPORTS")
	said, err := test.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	reports := lines[len(lines)-1]
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(reports)) })
	var found bytes.Buffer
	if err := scan(t.Context(), []string{"-from", reports}, &found, os.Stderr); err != nil {
		t.Fatal(err)
	}
	wants(t, found.String(), "querybudget: 0 findings, and 1 hint\n", "5 times at worst, in 1 call")
}

// A command that calls go below it is watched.
func TestScanOfACommand(t *testing.T) {
	enter(t, "generated")
	got, err := scannedText(t, "--", "sh", "-c", "cd . && go test ./... && exit 3")
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.ExitCode() != 3 {
		t.Errorf("the command ends with 3, and the scan ended with %v", err)
	}
	wants(t, got, "querybudget: 0 findings, and 1 hint\n")
}

// The gate: what is not in the baseline fails, and what is there does not.
func TestScanCheck(t *testing.T) {
	folder := enter(t, "vendored")
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "-mod=vendor")
	kept := filepath.Join(t.TempDir(), "reports")
	got, err := scannedText(t, "-reports", kept, "-check", "-o", "github")
	if exit.Code(err) != exit.Gate || !strings.Contains(err.Error(), "1 finding") {
		t.Errorf("got %v", err)
	}
	wants(t, got, "::error file=list.go,line=21,")
	if _, err := os.Stat(filepath.Join(folder, "querybudget.baseline")); err == nil {
		t.Error("a check wrote the baseline")
	}
	if _, err := scannedText(t, "-reports", kept, "./..."); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("reports of two scans in one folder: %v", err)
	}
}

// What is less sure passes.
func TestScanCheckOfHints(t *testing.T) {
	enter(t, "generated")
	got, err := scannedText(t, "-check", "-o", "github")
	if err != nil {
		t.Error(err)
	}
	wants(t, got, "querybudget: 0 findings, and 1 hint\n", "not: ::")
}

// Each wrong set-up is one clear sentence.
func TestScanErrors(t *testing.T) {
	folder := enter(t, "generated")
	for _, test := range []struct {
		name string
		set  func(t *testing.T)
		args []string
		want string
		code int
	}{
		{"no go", func(t *testing.T) { t.Setenv("PATH", t.TempDir()) }, nil, "no go in PATH", exit.Failed},
		{"no module", func(t *testing.T) { t.Chdir(t.TempDir()) }, nil, "no go.mod", exit.Failed},
		{"flag", func(*testing.T) {}, []string{"-nonsense"}, "nonsense", exit.Usage},
		{"command", func(*testing.T) {}, []string{"--", "no-such-command"}, "no command no-such-command", exit.Failed},
		{"no reports", func(*testing.T) {}, []string{"-from", folder}, "no reports of a scan", exit.Failed},
		{"overlay", func(*testing.T) {}, []string{"--", "-overlay", "none.json"}, "overlay none.json", exit.Failed},
		{"does not compile", func(t *testing.T) {
			if err := os.WriteFile("broken_test.go", []byte("package generated\n\nvar x int = \"text\"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Remove("broken_test.go") })
		}, nil, "exit status 1", 1},
		{"cache", func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("XDG_CACHE_HOME", file)
		}, nil, "making the watched toolchain", exit.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.set(t)
			var out, said bytes.Buffer
			err := scan(t.Context(), test.args, &out, &said)
			if err == nil || !strings.Contains(err.Error(), test.want) || exit.Code(err) != test.code {
				t.Errorf("got %d %v\n%s", exit.Code(err), err, out.String())
			}
		})
	}
}

// Errors of the compiler are go's own, in the file that somebody wrote.
func TestScanOfATestThatDoesNotCompile(t *testing.T) {
	enter(t, "generated")
	text := "package generated\n\nimport \"testing\"\n\nfunc TestBroken(t *testing.T) {\n\tfor range 3 {\n\t\tt.Log(nothing)\n\t}\n}\n"
	if err := os.WriteFile("broken_test.go", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove("broken_test.go") })
	var out, said bytes.Buffer
	if err := scan(t.Context(), nil, &out, &said); err == nil || !strings.Contains(out.String()+said.String(), "./broken_test.go:7:9: undefined: nothing") {
		t.Errorf("%v\n%s%s", err, out.String(), said.String())
	}
}

// A server below a command is killed as a rule: what it has answered is reported by then, and
// what a goroutine has sent that nobody waits for, soon. One that exits reports all.
func TestScanOfAServer(t *testing.T) {
	for _, ends := range []string{"by a signal", "by itself"} {
		t.Run(ends, func(t *testing.T) {
			enter(t, "plain")
			var env bytes.Buffer
			if err := printEnv(t.Context(), nil, &env, os.Stderr); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-ec", env.String()+"\necho $QUERYBUDGET_REPORTS; go build -o $0 ./server; exec $0", filepath.Join(t.TempDir(), "server"))
			input, said := started(t, cmd)
			reports, address := readLine(t, said), readLine(t, said)
			t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(reports)) })
			response, err := http.Get("http://" + address + "/setting/7")
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if ends == "by a signal" {
				waitForReports(t, reports, 2)
				_ = cmd.Process.Kill()
			}
			_ = input.Close()
			_ = cmd.Wait()
			var found bytes.Buffer
			if err := scan(t.Context(), []string{"-from", reports, "-all"}, &found, os.Stderr); err != nil {
				t.Fatal(err)
			}
			wants(t, found.String(), "  seen       once more at worst, in 1 call; GET /setting/{id}\n", "3 queries in 2 calls and requests\n")
		})
	}
}

// started starts a command that waits for the end of its input, and returns what it says.
func started(t *testing.T, cmd *exec.Cmd) (input io.WriteCloser, said *bufio.Reader) {
	t.Helper()
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return input, bufio.NewReader(output)
}

func readLine(t *testing.T, from *bufio.Reader) string {
	t.Helper()
	line, err := from.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// waitForReports waits until the processes that write to a folder have written so many.
func waitForReports(t *testing.T, folder string, want int) {
	t.Helper()
	n := 0
	for range 500 {
		n = 0
		files, err := filepath.Glob(filepath.Join(folder, "*.ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(text, []byte("\n"))
		}
		if n == want {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%d reports were written, and not %d", n, want)
}
