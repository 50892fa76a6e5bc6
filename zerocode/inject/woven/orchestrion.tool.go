//go:build tools

// Package woven is a service that knows nothing of querybudget, and the proof that the
// rules weave it in. This file is all that its build needs; the module is one of its own
// because orchestrion costs a go.sum hundreds of lines.
package woven

import (
	_ "github.com/DataDog/orchestrion"
	_ "github.com/querybudget/querybudget/zerocode/inject"
)
