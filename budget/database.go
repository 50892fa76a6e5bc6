package budget

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// DatabaseOptions are the optional parts of a [Database]. The zero value is the
// default of each.
type DatabaseOptions struct {
	// Name tells databases of one service apart: "primary", "replica",
	// "tenant-7". Queries to different databases are never one group. Empty is
	// fine where there is one.
	Name string
	// System is the database's kind, as OpenTelemetry calls it: "postgresql",
	// "mysql", "sqlite". Empty means unknown.
	System string
	// SkipPackages are import paths, each with all packages below it, that are
	// seen through when the call site of a query is looked for: a repository
	// layer or generated code that every query passes.
	SkipPackages []string
	// AppPackages are import paths, each with all packages below it, that belong to
	// the application although their modules are fetched like other people's. See
	// [callsite.Options].
	AppPackages []string
	// OnUnused is called once, when so many queries have run on the handle that one with a
	// recorder should have been among them, and none was: the contexts of requests do not
	// reach the handle. It is called in the goroutine of a query, and may be nil.
	OnUnused func(queries int64)
}

// Database is one database handle as the account sees it: its identity, the
// call sites that use it, and what ran on it unattributed. A driver wrapper
// makes one for each handle. It is safe for concurrent use.
type Database struct {
	name, system string
	stacks       *callsite.Cache
	origins      origins
	attributed   atomic.Bool
	unattributed unattributed
	made         time.Time
	lost         lostQueries
	onUnused     func(queries int64)
	lookAtPool   atomic.Pointer[func() Pool]
	open         openTransactions
	id           uint64 // tells it apart in hashes
	chosenBy     atomic.Pointer[func(*Recorder) *Recorder]
}

// NewDatabase returns the account's side of a database handle.
func NewDatabase(o DatabaseOptions) *Database {
	stacks := callsite.NewCache(callsite.Options{SkipPackages: o.SkipPackages, AppPackages: o.AppPackages})
	d := &Database{name: o.Name, system: o.System, id: rand.Uint64(), stacks: stacks, made: time.Now(), onUnused: o.OnUnused}
	d.origins.grow(fewOrigins)
	return d
}

// Name returns the database's name. It is empty for most services, which have
// one database.
func (d *Database) Name() string {
	if d == nil {
		return ""
	}
	return d.name
}

// System returns the database's kind, empty when it is unknown.
func (d *Database) System() string {
	if d == nil {
		return ""
	}
	return d.system
}

// Capture returns the stack of its caller, for driver wrappers that want to know where a
// query comes from before it runs. A nil Database knows nothing.
func (d *Database) Capture() *callsite.Stack {
	if d == nil {
		return nil
	}
	return d.stacks.Capture()
}
