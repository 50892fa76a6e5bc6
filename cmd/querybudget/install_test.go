package main

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// go install and go run refuse a module whose go.mod has a replace. At a release it has
// none: here both modules are published to a proxy of files, as a release does it, and the
// command is installed from there, without this repository.
func TestInstallFromAProxy(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the command anew")
	}
	const version = "v0.0.1"
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	proxy := t.TempDir()
	const sdk = "github.com/querybudget/querybudget"
	publish(t, proxy, sdk, version, root, file(t, filepath.Join(root, "go.mod")))
	publish(t, proxy, sdk+"/cmd/querybudget", version, filepath.Join(root, "cmd/querybudget"), released(file(t, "go.mod"), sdk, version))
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	old, err := exec.Command("go", "env", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	install := exec.Command("go", "install", sdk+"/cmd/querybudget@"+version)
	install.Dir = t.TempDir()
	install.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-modcacherw", "GOSUMDB=off", "GONOPROXY=none", "GOBIN="+bin, "GOMODCACHE="+t.TempDir(),
		"GOPROXY=file://"+proxy+",file://"+strings.TrimSpace(string(cache))+"/cache/download,"+strings.TrimSpace(string(old)))
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(filepath.Join(bin, "querybudget"), "help").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "hold reports against what the repository has accepted") {
		t.Errorf("%v\n%s", err, out)
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// released is a go.mod with the version of the SDK in place of its folder.
func released(mod, sdk, version string) string {
	var out []string
	for line := range strings.Lines(mod) {
		if strings.HasPrefix(line, "replace ") {
			continue
		}
		if i := strings.Index(line, sdk+" v0.0.0-"); i >= 0 {
			line = line[:i] + sdk + " " + version + "\n"
		}
		out = append(out, line)
	}
	return strings.Join(out, "")
}

// publish writes a module as a proxy serves it: the files that git knows below its folder,
// without those of modules in it.
func publish(t *testing.T, proxy, module, version, folder, mod string) {
	t.Helper()
	dir := filepath.Join(proxy, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = folder
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	var inner []string
	for _, name := range names {
		if strings.HasSuffix(name, "/go.mod") {
			inner = append(inner, strings.TrimSuffix(name, "go.mod"))
		}
	}
	archive, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(archive)
	for _, name := range names {
		if slices.ContainsFunc(inner, func(m string) bool { return strings.HasPrefix(name, m) }) {
			continue
		}
		text := mod
		if name != "go.mod" {
			text = file(t, filepath.Join(folder, name))
		}
		w, err := z.Create(module + "@" + version + "/" + name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"list": version + "\n", version + ".mod": mod, version + ".info": fmt.Sprintf(`{"Version":%q}`, version)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
