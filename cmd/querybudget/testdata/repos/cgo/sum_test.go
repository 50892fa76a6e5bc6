//go:build withtags

package cgo

import (
	"testing"

	"example.com/fakedb"
)

func TestSave(t *testing.T) {
	if err := Save(t.Context(), fakedb.Open(), 2, 4, 6, 8, 10, 12); err != nil {
		t.Error(err)
	}
}
