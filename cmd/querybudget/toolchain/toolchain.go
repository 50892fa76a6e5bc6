// Package toolchain makes a Go toolchain that watches the programs it builds: a folder of
// links to the one that is there, in which four packages of the standard library call
// ours. The sources of a repository, its go.mod and its vendor folder stay as they are.
package toolchain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ours is where our packages are in the watched toolchain: the command go takes what has
// no dot for the standard library.
const ours = "querybudget"

// Make returns the root of the watched toolchain for the one at goroot, of a version such
// as "go1.26.8", and makes it in cache if it is not there. The sources are those of this
// module. Two that make it at once get the same one.
func Make(goroot, version, cache string, sources fs.FS) (root string, err error) {
	sum, err := checksum(goroot, sources)
	if err != nil {
		return "", err
	}
	root = filepath.Join(cache, version+"-"+sum)
	if _, err := os.Stat(root); err == nil {
		now := time.Now()
		_ = os.Chtimes(root, now, now) // it is in use
		return root, nil
	}
	removeUnused(cache)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(cache, "making-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp) //nolint:errcheck // it is gone, or a leftover in a cache
	if err := build(goroot, temp, sources); err != nil {
		return "", err
	}
	if err := os.Rename(temp, root); err != nil {
		if _, there := os.Stat(root); there == nil {
			return root, nil // somebody else was faster
		}
		return "", err
	}
	return root, nil
}

// unusedAfter is how long a toolchain stays that nobody uses: each takes 50 MB and more.
const unusedAfter = 30 * 24 * time.Hour

// removeUnused removes old toolchains, and what was left of those that were not finished.
func removeUnused(cache string) {
	entries, _ := os.ReadDir(cache)
	for _, e := range entries {
		info, err := e.Info()
		isOurs := strings.HasPrefix(e.Name(), "go1.") || strings.HasPrefix(e.Name(), "making-")
		if err == nil && isOurs && e.IsDir() && time.Since(info.ModTime()) > unusedAfter {
			_ = os.RemoveAll(filepath.Join(cache, e.Name()))
		}
	}
}

// checksum tells versions of our sources and toolchains at different places apart.
func checksum(goroot string, sources fs.FS) (string, error) {
	h := sha256.New()
	_, _ = fmt.Fprintln(h, goroot, edits)
	err := fs.WalkDir(sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sources, path)
		_, _ = fmt.Fprintln(h, path, len(text))
		_, _ = h.Write(text)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:8]), err
}

func build(goroot, root string, sources fs.FS) error {
	if err := linkAll(goroot, root); err != nil {
		return err
	}
	if err := copySources(root, sources); err != nil {
		return err
	}
	for _, e := range edits {
		if err := e.apply(goroot, root); err != nil {
			return err
		}
	}
	return nil
}

// linkAll makes a folder for each folder and a link for each file, a copy where links are
// not allowed: go embeds no file that is a link.
func linkAll(from, to string) error {
	embedding := "" // the folder whose files are copied, with all that is below
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir() && (rel == "test" || rel == "doc" || rel == ".git"):
			return filepath.SkipDir
		case d.IsDir():
			if !within(path, embedding) && embeds(path) {
				embedding = path
			}
			return os.MkdirAll(target, 0o755)
		case within(path, embedding) || d.Type()&fs.ModeSymlink != 0 || os.Symlink(path, target) != nil:
			return copyFile(path, target)
		}
		return nil
	})
}

// within reports whether a path is that of a folder or below it.
func within(path, folder string) bool {
	return folder != "" && (path == folder || strings.HasPrefix(path, folder+string(filepath.Separator)))
}

// embeds reports whether a package in a folder embeds files. What cannot be read embeds none:
// the link to it says so later.
func embeds(folder string) bool {
	names, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	return slices.ContainsFunc(names, func(name string) bool {
		text, err := os.ReadFile(name)
		return err == nil && bytes.Contains(text, []byte("\n//go:embed "))
	})
}

func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, info.Mode().Perm())
}

// copySources copies our packages, without their tests, under their new paths.
func copySources(root string, sources fs.FS) error {
	return fs.WalkDir(sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(sources, path)
		if err != nil {
			return err
		}
		target := filepath.Join(root, "src", ours, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, []byte(renamed(string(text))), 0o644)
	})
}

func renamed(text string) string {
	return strings.ReplaceAll(text, `"github.com/querybudget/querybudget/`, `"`+ours+`/`)
}

// errChanged is wrapped by what a release of Go has changed.
var errChanged = errors.New("this release of Go looks different: a newer version of querybudget may know it")
