package source

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Overlay is what the command go takes with -overlay: files by those that they stand for.
// An empty name stands for a file that is not there.
type Overlay struct{ Replace map[string]string }

// ReadOverlay reads one of the user's. The empty name is none.
func ReadOverlay(name string) (o Overlay, err error) {
	if name != "" {
		var text []byte
		if text, err = os.ReadFile(name); err == nil {
			err = json.Unmarshal(text, &o)
		}
		if err != nil {
			return o, fmt.Errorf("overlay %s: %w", name, err)
		}
	}
	replace := map[string]string{}
	for from, to := range o.Replace {
		if from, err = filepath.Abs(from); err != nil {
			return o, err
		}
		if to != "" {
			if to, err = filepath.Abs(to); err != nil {
				return o, err
			}
		}
		replace[from] = to
	}
	return Overlay{replace}, nil
}

// Mark puts marks into files, writes them into a folder and replaces the files. What
// cannot be parsed is left alone: the compiler says why. Folders of files are worked on side by
// side, each with a function that marks its files.
func (o Overlay) Mark(files []string, into string, marker func(folder string) func(text string) (string, bool)) error {
	folders := slices.Collect(maps.Values(byFolder(files)))
	marked, failed := make([]map[string]string, len(folders)), make([]error, len(folders))
	InParallel(len(folders), func(i int) {
		marked[i], failed[i] = o.marked(folders[i], into, marker(filepath.Dir(folders[i][0])))
	})
	for _, names := range marked {
		maps.Copy(o.Replace, names)
	}
	return errors.Join(failed...)
}

func byFolder(files []string) map[string][]string {
	out := map[string][]string{}
	for _, f := range files {
		out[filepath.Dir(f)] = append(out[filepath.Dir(f)], f)
	}
	return out
}

// marked writes files with marks, and returns their names by those of the files.
func (o Overlay) marked(files []string, into string, mark func(text string) (string, bool)) (map[string]string, error) {
	out := map[string]string{}
	for _, file := range files {
		source, replaced := o.Replace[file]
		if !replaced {
			source = file
		}
		text, err := os.ReadFile(source)
		if errors.Is(err, fs.ErrNotExist) || source == "" {
			continue
		}
		if err != nil {
			return nil, err
		}
		marked, ok := mark(string(text))
		if !ok {
			continue
		}
		if out[file], err = writeTemp(into, "*_"+filepath.Base(file), named(marked, file)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// named has errors of the compiler, and of vet, name the file that somebody wrote.
func named(text, file string) string { return "//line " + file + ":1:1\n" + text }

// writeTemp writes a new file into a folder and returns its name.
func writeTemp(folder, pattern, text string) (string, error) {
	file, err := os.CreateTemp(folder, pattern)
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(text)
	return file.Name(), cmp.Or(err, file.Close())
}

// Write writes the overlay into a folder and returns its name.
func (o Overlay) Write(folder string) (string, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	name := filepath.Join(folder, "overlay.json")
	return name, os.WriteFile(name, text, 0o600)
}
