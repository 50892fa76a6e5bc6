package format

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// kinds are the forms, with what each is for.
var kinds = []struct {
	name, use string
	write     func(io.Writer, *result.Result) error
}{
	{"text", "a table for people", Text},
	{"markdown", "a comment or a job summary", Markdown},
	{"github", "annotations of GitHub Actions", GitHub},
	{"sarif", "SARIF 2.1.0, for code scanning", SARIF},
	{"gitlab", "a code quality report of GitLab", GitLab},
	{"junit", "JUnit XML", JUnit},
	{"json", "everything, for querybudget diff and for programs", JSON},
}

// Kinds lists the forms with what they are for, a line for each.
func Kinds() string {
	var b strings.Builder
	for _, k := range kinds {
		fmt.Fprintf(&b, "%-9s %s\n", k.name, k.use)
	}
	return b.String()
}

// Output is a form and where it goes: flag "-o kind" or "-o kind=file".
type Output struct {
	Kind string
	File string // empty is standard output
}

// Outputs is a [flag.Value] that collects outputs.
type Outputs []Output

// String implements [flag.Value].
func (o *Outputs) String() string { return "" }

// Set implements [flag.Value].
func (o *Outputs) Set(text string) error {
	kind, file, named := strings.Cut(text, "=")
	if named && file == "" {
		return errors.New("a file name is missing behind =: is the variable set?")
	}
	out := Output{kind, file}
	if out.kind() < 0 {
		names := make([]string, len(kinds))
		for i, k := range kinds {
			names[i] = k.name
		}
		return fmt.Errorf("there is no form %q: use %s", kind, strings.Join(names, ", "))
	}
	if !named && slices.ContainsFunc(*o, func(old Output) bool { return old.File == "" }) {
		return errors.New("only one form can go to standard output: give the others files, such as " + kind + "=report")
	}
	*o = append(*o, out)
	return nil
}

func (o Output) kind() int {
	for i, k := range kinds {
		if k.name == o.Kind {
			return i
		}
	}
	return -1
}

// ToStdout reports whether a form goes to standard output.
func (o Outputs) ToStdout() bool {
	return slices.ContainsFunc(o, func(out Output) bool { return out.File == "" })
}

// Write writes a result in all forms. A file is written whole or not at all; only the job
// summary of GitHub, which steps share, is added to.
func (o Outputs) Write(stdout io.Writer, r *result.Result) error {
	var errs []error
	for _, out := range o {
		var b strings.Builder
		if err := kinds[out.kind()].write(&b, r); err != nil {
			return fmt.Errorf("%s: %w", out.Kind, err)
		}
		if out.File == "" {
			_, err := io.WriteString(stdout, b.String())
			errs = append(errs, err)
			continue
		}
		errs = append(errs, WriteFile(out.File, b.String()))
	}
	return errors.Join(errs...)
}

// WriteFile writes a file at once, or adds to the job summary of GitHub.
func WriteFile(name, text string) error {
	if summary := os.Getenv("GITHUB_STEP_SUMMARY"); summary != "" && name == summary {
		return appendFile(name, text)
	}
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = temp.WriteString(text)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

func appendFile(name, text string) error {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
