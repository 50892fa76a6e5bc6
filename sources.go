// Package querybudget holds the sources of the packages that a watched program links: see
// cmd/querybudget. Applications have no use for it.
package querybudget

import "embed"

// Sources are the packages that zerocode consists of, by their folders in this module.
//
//go:embed internal/oneline/*.go callsite/*.go callsite/*.s statement/*.go budget/*.go sqlwrap/*.go zerocode/*.go
var Sources embed.FS
