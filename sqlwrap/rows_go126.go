//go:build !go1.27

package sqlwrap

import "database/sql/driver"

func wrapRows(r *rows) driver.Rows { return r }

func wrapLowerRows(bare driver.Rows, h *handle) driver.Rows { return &lowerRows{bare, h} }
