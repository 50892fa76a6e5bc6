package crashes

import "testing"

func TestCrashes(t *testing.T) { panic("on purpose") }
