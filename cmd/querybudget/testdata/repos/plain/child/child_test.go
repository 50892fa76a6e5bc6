package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

func TestChild(t *testing.T) {
	name := filepath.Join(t.TempDir(), "child")
	if out, err := exec.Command("go", "build", "-o", name, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	child := exec.Command(name, "a", "b", "c", "d", "e")
	child.Env = []string{"HOME=/nowhere"}
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
}
