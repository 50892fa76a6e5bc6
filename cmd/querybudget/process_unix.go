//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// together makes a command end with all that it started. On a terminal they are in one
// group, which the terminal interrupts.
func together(cmd *exec.Cmd) {
	cmd.WaitDelay = 5 * time.Second
	if isTerminal(os.Stdin) {
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		return
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
}
