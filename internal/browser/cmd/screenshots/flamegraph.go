package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/querybudget/querybudget/internal/browser"
)

var served = regexp.MustCompile(`Serving web UI on (http://\S+)`)

// flameGraph takes the picture of docs/profiles.md: what pprof shows of the shop's profile,
// from the routes on.
func flameGraph(ctx context.Context, b *browser.Browser, shop *browser.Shop, folder string) (err error) {
	path, err := exec.CommandContext(ctx, "go", "tool", "-n", "pprof").Output()
	if err != nil {
		return fmt.Errorf("go tool -n pprof: %w", err)
	}
	home, err := os.MkdirTemp("", "pprof") // it keeps what it fetched, and settings
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	ctx, stop := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, strings.TrimSpace(string(path)), "-http=127.0.0.1:", "-no_browser", "-symbolize=none", "-tagroot=route", shop.URL+"/debug/pprof/queries")
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+home, "HOME="+home)
	said, err := cmd.StderrPipe()
	if err != nil {
		stop()
		return err
	}
	if err := cmd.Start(); err != nil {
		stop()
		return err
	}
	defer func() {
		stop()
		_ = cmd.Wait() // it was killed
	}()
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if m := served.FindStringSubmatch(lines.Text()); m != nil {
			return takeFlameGraph(b, m[1], filepath.Join(folder, "profile-flamegraph.png"))
		}
	}
	return errors.New("pprof did not say where it serves")
}

func takeFlameGraph(b *browser.Browser, address, file string) error {
	tab, err := b.Tab()
	if err != nil {
		return err
	}
	defer tab.Close()
	if err := tab.Size(1280, 260); err != nil {
		return err
	}
	if err := tab.Open(address + "/ui/flamegraph"); err != nil {
		return err
	}
	if err := tab.Until(`document.querySelectorAll("#stack-chart .boxtext, #stack-chart div").length > 5`); err != nil {
		return err
	}
	png, err := tab.Screenshot()
	if err != nil {
		return err
	}
	return os.WriteFile(file, png, 0o644)
}
