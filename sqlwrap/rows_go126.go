//go:build !go1.27

package sqlwrap

import (
	"database/sql/driver"

	"github.com/querybudget/querybudget/budget"
)

func wrapRows(bare driver.Rows, x budget.Execution, v *values) driver.Rows {
	return &rows{bare: bare, execution: x, values: v}
}
