package panel

import (
	"fmt"
	"html/template"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

// URLs for [Options.Editor] that open a line in an editor on the machine of the browser.
const (
	VSCode = "vscode://file/{file}:{line}"
	Zed    = "zed://file/{file}:{line}"
	GoLand = "goland://open?file={file}&line={line}"
	// Neovim needs a handler of its URLs, which calls nvim --server ... --remote.
	Neovim = "nvim://open?file={file}&line={line}"
)

// frame is a function call on a stack.
type frame = callsite.Frame

// editor makes links. A nil editor makes none.
type editor struct{ url, root string }

var isScheme = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*:`)

// newEditor panics for options that cannot work.
func newEditor(o Options) *editor {
	if o.Editor == "" {
		return nil
	}
	scheme, _, _ := strings.Cut(o.Editor, ":")
	switch {
	case !isScheme.MatchString(o.Editor) || !strings.Contains(o.Editor, "{file}"):
		panic(fmt.Sprintf("panel: Options.Editor %q is no URL with {file} and {line}", o.Editor))
	case isScript(scheme):
		panic(fmt.Sprintf("panel: Options.Editor %q would run as a script", o.Editor))
	case !filepath.IsAbs(o.Root):
		panic(fmt.Sprintf("panel: Options.Editor needs Options.Root, the absolute folder of the module, and not %q", o.Root))
	}
	return &editor{o.Editor, o.Root}
}

func isScript(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "javascript", "vbscript", "data":
		return true
	}
	return false
}

// link returns the URL that opens a line, empty if its file is not below the root: that
// of a library, or of another machine.
func (e *editor) link(f frame) template.URL {
	if e == nil || f.File == "" || !filepath.IsLocal(filepath.FromSlash(f.File)) {
		return ""
	}
	path := filepath.Join(e.root, filepath.FromSlash(f.File))
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	escaped := (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
	if strings.HasPrefix(e.url, "vscode://file/") || strings.HasPrefix(e.url, "zed://file/") {
		escaped = strings.TrimPrefix(escaped, "/")
	}
	escaped = strings.NewReplacer("&", "%26", "+", "%2B", "=", "%3D").Replace(escaped)
	// The URL is the developer's own, and the path has nothing left that could end it.
	return template.URL(strings.NewReplacer("{file}", escaped, "{line}", strconv.Itoa(f.Line)).Replace(e.url))
}
