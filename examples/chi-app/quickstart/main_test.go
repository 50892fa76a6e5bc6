package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The program of the README stands there as it is here, has at most 30 lines, and prints
// what the README says.
func TestReadme(t *testing.T) {
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(program, []byte("\n")); lines > 30 {
		t.Errorf("%d lines", lines)
	}
	if !bytes.Contains(readme, append([]byte("```go\n"), program...)) {
		t.Error("the README has another program")
	}
	said := strings.ReplaceAll(run(t, string(program)), "quickstart/main.go", "main.go")
	if !strings.Contains(timeless(string(readme)), timeless(said)) {
		t.Errorf("the README does not have what the program prints:\n%s", said)
	}
}

// The failing test of the README is that of docs/tests.md, where a test compares it with
// what is printed.
func TestReadmeFailure(t *testing.T) {
	var pages [2]string
	for i, name := range []string{"../../../README.md", "../../../docs/tests.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, failure, found := strings.Cut(string(text), "```\nbudgettest: GET /authors is not as wanted:")
		if !found {
			t.Fatalf("%s has no failure", name)
		}
		pages[i], _, _ = strings.Cut(failure, "```")
	}
	if pages[0] != pages[1] {
		t.Errorf("the README has\n%s\nand docs/tests.md\n%s", pages[0], pages[1])
	}
}

// run runs the program on a free port, asks for its page, and returns what it printed.
func run(t *testing.T, program string) string {
	t.Helper()
	address := freePort(t)
	dir := t.TempDir()
	source, err := filepath.Abs("main.go")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{source: filepath.Join(dir, "main.go")}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "main.go"), strings.ReplaceAll(program, "localhost:8080", address))
	write(t, filepath.Join(dir, "overlay.json"), string(overlay))
	built := filepath.Join(dir, "program")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", built, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), built)
	var said bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	page := get(t, "http://"+address+"/books")
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // it was killed
	if strings.Count(page, "<nil>") != 5 {
		t.Errorf("the page is\n%s", page)
	}
	return said.String()
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // the program needs it
	return listener.Addr().String()
}

// get asks until the program listens.
func get(t *testing.T, url string) string {
	t.Helper()
	for range 1000 {
		response, err := http.Get(url)
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		defer response.Body.Close() //nolint:errcheck // it is read
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	t.Fatal("the program does not listen")
	return ""
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

var times = regexp.MustCompile(` *\b\d[\d.]*(ns|µs|ms|s)\b`)

func timeless(s string) string { return times.ReplaceAllString(s, " TIME") }
