package zerocode

import (
	"database/sql"
	"strings"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// bounds leave out what test data says nothing about: the time of a query, and how many
// rows it has. Three queries of one call are a loop in a test: whoever reads the reports
// looks whether the source has one. They are asked for when all drivers are registered.
var bounds = sync.OnceValue(func() budget.Bounds {
	return budget.Bounds{TrackValues: true, Queries: 2000, Rules: budget.Rules{
		Slow: budget.None, IdleTransaction: budget.None, LargeResult: budget.None,
		NPlusOne: fewest(), WriteLoop: fewest(), SQLite: sqliteUse(setting(ServersVariable), sql.Drivers()),
	}}
})

// fewest is that of the rules where real data is looked at.
func fewest() int {
	if live() {
		return 0
	}
	return 3
}

// ServersVariable is set if a package of the application imports a driver for a database
// server.
const ServersVariable = "QUERYBUDGET_SERVERS"

// sqliteUse tells what SQLite is to an application by its drivers: one that is built with a
// server's runs there too, whatever its tests use.
func sqliteUse(servers string, drivers []string) budget.SQLiteUse {
	if servers != "" {
		return budget.SQLiteForServer
	}
	for _, driver := range drivers {
		for _, server := range []string{"postgres", "pgx", "mysql", "sqlserver", "mssql"} {
			if strings.Contains(driver, server) {
				return budget.SQLiteForServer
			}
		}
	}
	return budget.SQLiteAlone
}
