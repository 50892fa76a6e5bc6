package fails

import "testing"

func TestPasses(t *testing.T) { t.Log("what a test that passes prints") }

func TestFails(t *testing.T) { t.Error("it said why") }
