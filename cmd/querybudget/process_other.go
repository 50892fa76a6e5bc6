//go:build !unix

package main

import (
	"os/exec"
	"time"
)

// together makes a command end; what it started is left to the system.
func together(cmd *exec.Cmd) { cmd.WaitDelay = 5 * time.Second }
