package callsite

// What is known by name is asked only where the program does not know its modules,
// and then everything else is the application's.
var (
	// callingStandard are packages of the standard library that call the
	// application.
	callingStandard = []string{
		"runtime", "reflect", "testing", "database/sql", "net/http", "net/rpc", "html/template", "text/template",
		"context", "sync", "slices", "sort", "iter", "maps", "strings", "bytes", "encoding", "flag", "expvar", "log",
		"internal", "os", "path/filepath", "io", "bufio", "time", "fmt", "go", "unique", "crypto",
	}
	knownLibraries = []string{
		// data libraries
		"github.com/jmoiron/sqlx",
		"gorm.io",
		"github.com/jinzhu/gorm",
		"github.com/uptrace/bun",
		"entgo.io/ent",
		"xorm.io",
		"github.com/go-gorp/gorp",
		"github.com/pocketbase/dbx",
		"github.com/Masterminds/squirrel",
		"github.com/doug-martin/goqu",
		"github.com/huandu/go-sqlbuilder",
		"github.com/go-jet/jet",
		"github.com/aarondl/sqlboiler",
		"github.com/volatiletech/sqlboiler",
		"github.com/stephenafamo/bob",
		"github.com/stephenafamo/scan",
		"github.com/georgysavva/scany",
		"github.com/blockloop/scan",
		"github.com/upper/db",
		"github.com/pressly/goose",
		"github.com/golang-migrate/migrate",
		"github.com/rubenv/sql-migrate",
		"ariga.io/atlas",
		// drivers and driver wrappers
		"github.com/jackc/pgx",
		"github.com/lib/pq",
		"github.com/go-sql-driver/mysql",
		"modernc.org/sqlite",
		"github.com/mattn/go-sqlite3",
		"github.com/glebarez/go-sqlite",
		"github.com/microsoft/go-mssqldb",
		"github.com/XSAM/otelsql",
		// what calls the application
		"github.com/go-chi/chi",
		"github.com/gin-gonic/gin",
		"github.com/labstack/echo",
		"github.com/gofiber/fiber",
		"github.com/gorilla",
		"github.com/julienschmidt/httprouter",
		"github.com/valyala/fasthttp",
		"github.com/urfave",
		"github.com/spf13/cobra",
		"github.com/alecthomas/kong",
		"github.com/stretchr/testify",
		"github.com/onsi/ginkgo",
		"github.com/riverqueue/river",
		"github.com/grpc-ecosystem",
		"github.com/99designs/gqlgen",
		"google.golang.org/grpc",
		"connectrpc.com/connect",
		"go.opentelemetry.io",
		"go.uber.org",
		"golang.org/x",
	}
)
