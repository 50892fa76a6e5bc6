package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
)

// Shop is the example service, as a program of its own.
type Shop struct {
	URL    string // "http://127.0.0.1:40000"
	Panel  string // of its panel, with a slash at the end
	cancel context.CancelFunc
	cmd    *exec.Cmd
}

// BuildShop builds the example into a folder and returns the program.
func BuildShop(ctx context.Context, folder string) (program string, err error) {
	_, file, _, _ := runtime.Caller(0)
	program = filepath.Join(folder, "chi-app")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	build.Dir = filepath.Join(filepath.Dir(file), "..", "..", "examples", "chi-app")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("browser: build the example: %w\n%s", err, out)
	}
	return program, nil
}

// StartShop starts a program that BuildShop has built, with arguments of its command line.
func StartShop(ctx context.Context, program string, args ...string) (*Shop, error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &Shop{cancel: cancel, cmd: exec.CommandContext(ctx, program, append([]string{"-addr", "127.0.0.1:0"}, args...)...)}
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(os.Interrupt) }
	if err := s.start(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

var address = regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/debug/queries/`)

// start waits until the program has said where it is.
func (s *Shop) start() error {
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			s.Panel, s.URL = m[0], m[1]
			go func() { _, _ = io.Copy(io.Discard, out) }() // what it says later is not read
			return nil
		}
	}
	return errors.New("browser: the example did not say where its panel is")
}

// Stop ends the program.
func (s *Shop) Stop() {
	s.cancel()
	if s.cmd.Process != nil {
		_ = s.cmd.Wait() // it was interrupted
	}
}

// Ask asks for a page of the shop.
func (s *Shop) Ask(ctx context.Context, method, path string) error {
	r, err := http.NewRequestWithContext(ctx, method, s.URL+path, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return errors.Join(err, response.Body.Close())
}
