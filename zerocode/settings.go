package zerocode

import (
	"os"
	"strings"
	"sync"
)

// SettingsVariable is the variable of this package that the linker sets to the name of a file with
// variables of the environment, "NAME=value" on each line. A program reads it that somebody
// starts without those, such as a server that a test gives an environment of its own.
const SettingsVariable = "querybudget/zerocode.settingsFile"

var settingsFile string

var settings = sync.OnceValue(func() map[string]string {
	text, err := os.ReadFile(settingsFile)
	if err != nil { // there is none, or the scan is over
		return nil
	}
	found := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			found[name] = value
		}
	}
	return found
})

// setting returns a variable of the environment, or else of the file, if that is about a scan that
// the environment does not know.
func setting(name string) string {
	if _, ok := os.LookupEnv(FolderVariable); ok || settingsFile == "" {
		return os.Getenv(name)
	}
	return settings()[name]
}
