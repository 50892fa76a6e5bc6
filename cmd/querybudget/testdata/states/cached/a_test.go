package cached

import "testing"

func TestCached(t *testing.T) {}
