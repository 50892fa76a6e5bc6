package callsite

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// shop is the build information of an application in a workspace.
func shop(main string) *build {
	dep := func(path, version string, replace *debug.Module) *debug.Module {
		return &debug.Module{Path: path, Version: version, Replace: replace}
	}
	return newBuild(&debug.BuildInfo{
		Path: main + "/cmd/server", Main: debug.Module{Path: main, Version: develVersion},
		Deps: []*debug.Module{
			dep("github.com/jmoiron/sqlx", "v1.4.0", nil),
			dep("github.com/DataDog/x/v2", "v2.1.0", nil),
			dep("github.com/original/orm", "v1.0.0", &debug.Module{Path: "github.com/Fork/orm", Version: "v1.0.1"}),
			dep("entgo.io/ent", "v0.14.5", nil),
			dep("gorm.io/gen", "v0.3.0", nil),
			dep("example.com/company/platform", "v1.9.0", nil),
			dep("example.com/sibling", develVersion, nil),
			dep("example.com/local", "v1.0.0", &debug.Module{Path: "../local", Version: develVersion}),
			dep("example.com/elsewhere", "v1.0.0", &debug.Module{Path: "/src/elsewhere", Version: develVersion}),
			dep("short", "v1.0.0", &debug.Module{Path: "./short", Version: develVersion}),
			dep(main+"/tools", "v1.0.0", nil),
			dep("github.com/querybudget/querybudget", "v1.0.0", nil),
		},
	})
}

func stackOf(lines ...string) (out []runtime.Frame) {
	for _, line := range lines {
		function, file, _ := strings.Cut(line, " ")
		out = append(out, runtime.Frame{Function: function, File: file, Line: 1})
	}
	return out
}

var classNames = map[frameClass]string{internalFrame: "internal", libraryFrame: "library", applicationFrame: "application"}

func TestClasses(t *testing.T) {
	std, cache := standardRoot(), "/home/me/go/pkg/mod/"
	if std == "" {
		std = "/usr/local/go/src/"
	}
	rule := skipRule{Options: Options{
		SkipPackages: []string{"example.com/shop/repository", "example.com/company/platform/db"},
		AppPackages:  []string{"example.com/company"},
	}}
	known, noDot := shop("example.com/shop"), shop("shop")
	files := newBuild(&debug.BuildInfo{
		Path: filesOnCommandLine, Deps: []*debug.Module{{Path: "github.com/jmoiron/sqlx", Version: "v1.4.0"}},
	})
	unknown := newBuild(&debug.BuildInfo{})
	for _, test := range []struct {
		build          *build
		function, file string
		want           frameClass
	}{
		// The standard library, also where its folder is unusual, and this module.
		{known, "database/sql.(*DB).QueryContext", std + "database/sql/sql.go", internalFrame},
		{known, "runtime.goexit", std + "runtime/asm.s", internalFrame},
		{known, "sync.(*WaitGroup).Go.func1", "/watched/src/sync/waitgroup.go", internalFrame},
		{known, "encoding/json.Marshal", cache + "golang.org/toolchain@v0.0.1-go1.27.0.linux-amd64/src/encoding/json/encode.go", internalFrame},
		{known, "vendor/golang.org/x/net/http2.f", std + "vendor/golang.org/x/net/http2/f.go", internalFrame},
		{noDot, "sync.(*Once).Do", "sync/once.go", internalFrame},
		{known, "_cgoexp_callback", "", internalFrame},
		{known, thisModule + "sqlwrap.(*conn).start", "/x/conn.go", internalFrame},
		{known, thisModule + "examples/chi-app/store.(*Store).List", "/x/store.go", libraryFrame},
		// The application: its module and those that are not fetched.
		{known, "main.main", "/src/shop/cmd/server/main.go", applicationFrame},
		{known, "example.com/shop/store.List", "/src/shop/store/list.go", applicationFrame},
		{known, "example.com/shop.List", "/src/shop/list.go", applicationFrame},
		{known, "example.com/shop/store.List", "/src/shop@2/store/list.go", applicationFrame},
		{known, "example.com/shop/store.List.func1", "/src/shop@2/store/list.go", applicationFrame},
		{known, "example.com/sibling/store.List", "/src/sibling/store/list.go", applicationFrame},
		{known, "example.com/local.F", "/src/local/f.go", applicationFrame},
		{known, "example.com/elsewhere/a.F", "/src/elsewhere/a/f.go", applicationFrame},
		{known, "short/a.F", "/src/shop/short/a/f.go", applicationFrame},
		{noDot, "shop/store.List", "/src/shop/store/list.go", applicationFrame},
		{noDot, "shop.List", "shop/list.go", applicationFrame},
		{known, "example.com/shop_test.TestX", "/x/x_test.go", applicationFrame},
		{known, filesOnCommandLine + ".F", "/x/x.go", applicationFrame},
		{known, "example.com/company/platform/auth.Check", "/m/auth/auth.go", applicationFrame},
		{known, "github.com/jmoiron/sqlx_test.TestX", "/x/x_test.go", applicationFrame},
		// Hand-written code, whatever its folder is called.
		{known, "example.com/shop/ent.Seed", "/src/shop/ent/seed.go", applicationFrame},
		{known, "example.com/shop/ent/shop/store.(*Books).List", "/src/shop/ent/shop/store/books.go", applicationFrame},
		{known, "example.com/shop/sqlx.Get", "/src/shop/sqlx/get.go", applicationFrame},
		{known, "example.com/shop/testing.Get", "/src/shop/testing/get.go", applicationFrame},
		{known, "example.com/shop/vendor.Get", "/src/shop/vendor/get.go", applicationFrame},
		{known, "example.com/shop/store.(*Queries).exec", "/src/shop/store/db.go", applicationFrame},
		{known, "example.com/shop/store.List", "/src/shop/store/books.sql.go", applicationFrame},
		// Libraries: all other modules, known or not.
		{known, "github.com/jmoiron/sqlx.Select", cache + "github.com/jmoiron/sqlx@v1.4.0/sqlx.go", libraryFrame},
		{known, "github.com/original/orm.Find", cache + "github.com/!fork/orm@v1.0.1/find.go", libraryFrame},
		{known, "example.com/nobody/heard/of.F", "/src/f.go", libraryFrame},
		{known, "example.com/shop/tools.F", cache + "example.com/shop/tools@v1.0.0/f.go", libraryFrame},
		{known, "example.com/shopping.F", "/src/f.go", libraryFrame},
		{known, "github.com/jmoiron/sqlx.Select", "/src/shop/vendor/github.com/jmoiron/sqlx/sqlx.go", libraryFrame},
		// What the user names.
		{known, "example.com/shop/repository.(*Base).List", "/src/shop/repository/base.go", libraryFrame},
		{known, "example.com/shop/repository/inner.F", "/src/shop/repository/inner/f.go", libraryFrame},
		{known, "example.com/shop/repositorytest.F", "/src/shop/repositorytest/f.go", applicationFrame},
		{known, "example.com/company/platform/db.F", "/m/f.go", libraryFrame},
		// Inlined closures belong to their source's package.
		{known, "main.list.Map[...].func1", cache + "github.com/jmoiron/sqlx@v1.4.0/sqlx.go", libraryFrame},
		{known, "main.list.Map[...].func1", "/elsewhere/github.com/jmoiron/sqlx@v1.4.0/sqlx.go", libraryFrame},
		{known, "main.list.Map[...].func1", "github.com/jmoiron/sqlx@v1.4.0/sqlx.go", libraryFrame},
		{known, "main.list.Map[...].func1", "/src/shop/vendor/github.com/jmoiron/sqlx/sqlx.go", libraryFrame},
		{known, "main.list.Find.func1", cache + "github.com/!fork/orm@v1.0.1/find.go", libraryFrame},
		{known, "main.h.(*DB).QueryContext.func1", std + "database/sql/sql.go", internalFrame},
		{known, "main.h.(*WaitGroup).Go.func1", "sync/waitgroup.go", internalFrame},
		{known, "main.main.Track.func8.func9", cache + "github.com/querybudget/querybudget@v1.0.0/middleware/track.go", internalFrame},
		{known, "main.main.Track.func8.func9", thisFolder() + "/middleware/track.go", internalFrame},
		{known, "main.main.Each.func1", "example.com/shop/repository/each.go", libraryFrame},
		{known, "example.com/shop/store.F.Each.func1", "/src/elsewhere/each.go", applicationFrame},
		// "go run file.go": the main module's path is not known.
		{files, "main.main", "/x/main.go", applicationFrame},
		{files, "shop/store.List", "/x/store/list.go", applicationFrame},
		{files, "example.com/shop/store.List", "/x/store/list.go", applicationFrame},
		{files, "github.com/jmoiron/sqlx.Select", "/x/sqlx.go", libraryFrame},
		{files, "sync.(*Once).Do", "/x/sync/once.go", internalFrame},
		// No build information.
		{unknown, "main.main", "/x/main.go", applicationFrame},
		{unknown, "example.com/shop/store.List", "store/list.go", applicationFrame},
		{unknown, "gorm.io/gorm.(*DB).Find", "external/io_gorm_gorm/finisher_api.go", libraryFrame},
		{unknown, "example.com/orm.Find", "external/com_example_orm/find.go", libraryFrame},
		{unknown, "example.com/orm.Find", cache + "example.com/orm@v1.0.0/find.go", libraryFrame},
		{unknown, "net/http.HandlerFunc.ServeHTTP", "external/go_sdk/src/net/http/server.go", internalFrame},
	} {
		rule.build = test.build
		calls, _ := rule.calls(stackOf(test.function + " " + test.file))
		if got := calls[0].class; got != test.want {
			t.Errorf("%s in %s: got %s (of package %q), want %s",
				test.function, test.file, classNames[got], calls[0].pkg, classNames[test.want])
		}
	}
}

// Where a module lies is told by the frames beside an inlined closure.
func TestFoldersAreLearnedFromTheStack(t *testing.T) {
	rule := skipRule{build: shop("example.com/shop"), Options: Options{
		SkipPackages: []string{"example.com/shop/repository", "example.com/local/db", "example.com/sibling/db"},
	}}
	for beside, closure := range map[string]string{
		"main.main /src/shop/cmd/server/main.go":                 "/src/shop/repository/each.go",
		"main.main.func1 /src/shop/cmd/server/main.go":           "/src/shop/repository/each.go",
		"example.com/shop.F /src/shop/f.go":                      "/src/shop/repository/deeper/each.go",
		"example.com/shop/a.(*T).M.func1 /src/shop/a/f.go":       "/src/local/db/each.go",
		"example.com/sibling/a.T.M /work/sibling/a/f.go":         "/work/sibling/db/each.go",
		"example.com/sibling_test.TestX /work/s/x_test.go":       "/work/s/db/each.go",
		"example.com/shop/a/b.F[...].func1.2 /src/shop/a/b/f.go": "/src/shop/repository/each.go",
	} {
		calls, _ := rule.calls(stackOf("main.main.Each.func1 "+closure, beside))
		if calls[0].class != libraryFrame || calls[1].class != applicationFrame {
			t.Errorf("beside %s: got %s (%s) and %s", beside, classNames[calls[0].class], calls[0].pkg, classNames[calls[1].class])
		}
	}
}

func TestGeneratedCode(t *testing.T) {
	const app = "example.com/shop/"
	const driver, graph = "entgo.io/ent/dialect/sql.Conn.Query /x/driver.go", "entgo.io/ent/dialect/sql/sqlgraph.QueryNodes /x/graph.go"
	for _, test := range []struct {
		name  string
		stack []string
		want  string // the function of the call site
	}{
		{"sqlc", []string{app + "db.(*Queries).ListBooks /x/db/books.sql.go", app + "shop.List /x/shop/list.go"}, "List"},
		{"sqlc, prepared", []string{
			app + "db.(*Queries).query /x/db/db.go", app + "db.(*Queries).ListBooks /x/db/books.sql.go", app + "shop.List /x/shop/list.go",
		}, "List"},
		{"sqlc, other file names", []string{
			app + "db.(*Queries).query /x/db/conn.go", app + "db.(*Queries).ListBooks /x/db/books.sql_gen.go", app + "shop.List /x/shop/list.go",
		}, "List"},
		{"sqlc, a batch", []string{
			"github.com/jackc/pgx/v5/pgxpool.(*Pool).SendBatch /x/pool.go", app + "db.(*Queries).Rename /x/db/batch.go", app + "shop.List /x/shop/list.go",
		}, "List"},
		{"sqlc, a copy", []string{
			"github.com/jackc/pgx/v5/pgxpool.(*Pool).CopyFrom /x/pool.go", app + "db.(*Queries).Add /x/db/copyfrom.go", app + "shop.List /x/shop/list.go",
		}, "List"},
		{"a batch of one's own", []string{
			"database/sql.(*DB).ExecContext /x/sql.go", app + "db.(*Queries).Rename /x/db/batch.go", app + "shop.List /x/shop/list.go",
		}, "Rename"},
		{"sqlc's type, hand-written method", []string{app + "db.(*Queries).WithRetry /x/db/db.go", app + "shop.List /x/shop/list.go"}, "WithRetry"},
		{"ent", []string{
			driver, graph, app + "model.(*UserQuery).sqlAll /x/model/user_query.go", app + "model.(*UserQuery).All.querierAll[...].func1 /x/model/ent.go",
			"entgo.io/ent.QuerierFunc.Query /x/ent.go", app + "model.withInterceptors[...] /x/model/ent.go",
			app + "model.(*UserQuery).All /x/model/user_query.go", app + "shop.List /x/shop/list.go",
		}, "List"},
		{"ent, selected columns", []string{
			driver, app + "ent.(*UserSelect).sqlScan /x/ent/user_query.go", app + "ent.(*UserSelect).Scan /x/ent/user_query.go", app + "shop.List /x/shop/list.go",
		}, "List"},
		{"ent, hand-written beside it", []string{
			driver, graph, app + "ent.(*UserQuery).All /x/ent/user_query.go", app + "ent.Seed /x/ent/seed.go", app + "shop.List /x/shop/list.go",
		}, "Seed"},
		{"ent, a hook", []string{
			driver, graph, app + "ent.(*UserQuery).All /x/ent/user_query.go", app + "ent/schema.Hook.func1 /x/ent/schema/user.go",
			app + "ent.(*UserCreate).Save /x/ent/user_create.go", app + "shop.List /x/shop/list.go",
		}, "Hook.func1"},
		{"ent, forked", []string{
			"example.com/fork/dialect/sql/sqlgraph.QueryNodes /x/graph.go", app + "ent.(*UserQuery).All /x/ent/user_query.go", app + "shop.List /x/shop/list.go",
		}, "List"},
		{"ent's builder in hand-written code", []string{driver, app + "ent.List /x/ent/user_query.go"}, "List"},
		{"GORM's generator", []string{"gorm.io/gen.(*DO).First /x/do.go", app + "query.userDo.First /x/query/users.gen.go", app + "shop.List /x/shop/list.go"}, "List"},
		{"another generator", []string{app + "api.(*Server).List /x/api/api.gen.go"}, "List"},
		{"protobuf", []string{app + "shop.(*Server).List /x/shop/list.go", app + "pb._Shop_List_Handler /x/pb/shop_grpc.pb.go"}, "List"},
	} {
		rule := skipRule{build: shop("example.com/shop")}
		site, _ := rule.siteOf(stackOf(test.stack...))
		if got := site.Function[strings.LastIndexByte(site.Function, '/')+1:]; !strings.HasSuffix(got, "."+test.want) || site.Library {
			t.Errorf("%s: got %+v", test.name, site)
		}
	}
}

// ent's transactions are known by its generated code further outside. So a stack that is cut
// is judged as a whole: its inner frames alone seem to have the application's.
func TestGeneratedTransaction(t *testing.T) {
	const app = "example.com/shop/ent."
	stack := []string{"entgo.io/ent/dialect/sql.Conn.Query /x/driver.go", app + "(*txDriver).Query /x/ent/tx.go", "entgo.io/ent/dialect/sql/sqlgraph.BatchCreate /x/graph.go"}
	inner := len(stack)
	for range 4 {
		stack = append(stack, app+"(*UserCreateBulk).Save.func1.2 /x/ent/user_create.go", "entgo.io/ent.MutateFunc.Mutate /x/ent.go")
	}
	rule := skipRule{build: shop("example.com/shop")}
	if site, _ := rule.siteOf(stackOf(stack...)); !site.Library {
		t.Errorf("the whole stack: got %+v", site)
	}
	if site, _ := rule.siteOf(stackOf(stack[:inner]...)); site.Library {
		t.Errorf("its inner frames alone: got %+v", site)
	}
}

func TestFileNames(t *testing.T) {
	for _, test := range []struct{ function, file, want string }{
		{"main.main", "/src/shop/cmd/server/main.go", "cmd/server/main.go"},
		{"example.com/shop.F", "/src/shop/f.go", "f.go"},
		{"example.com/shop.F", "/src/shop/views/page.templ", "views/page.templ"},
		{"example.com/shop/a.F", "example.com/shop/a/f.go", "a/f.go"},
		{"example.com/shop/a.F", `C:\src\shop\a\f.go`, "a/f.go"},
		{"example.com/sibling/a.F", "/src/sibling/a/f.go", "example.com/sibling/a/f.go"},
		{"example.com/a%2ev2.F", "/x/f.go", "example.com/a.v2/f.go"},
		{"main.F.Map.func2", "/root/go/pkg/mod/github.com/!data!dog/x/v2@v2.1.0/y/z.go", "github.com/DataDog/x/v2/y/z.go"},
	} {
		rule := skipRule{build: shop("example.com/shop")}
		calls, sources := rule.calls(stackOf(test.function+" "+test.file, "example.com/shop/store.F /src/shop/store/f.go"))
		if got := sources.frame(&calls[0]).File; got != test.want {
			t.Errorf("%s in %s: got %q, want %q", test.function, test.file, got, test.want)
		}
	}
}

func TestNamesItsPackage(t *testing.T) {
	for function, want := range map[string]bool{
		"main.main": true, "a/b.F": true, "a/b.(*T).M": true, "a/b.T.M": true, "a/b.(*T[...]).M": true, "a/b.F[...]": true,
		"a/b.F.func1": true, "a/b.(*T[...]).M.func1": true, "a/b.F[...].func1.2": true, "a/b.F.gowrap1": true,
		"a/b.F.func1.deferwrap2": true, "a/b.F-range1": true, "a/b.F.func2-range1": true, "a/b.init.0": true,
		"a/b.(*T).M-fm": true, "a/b.init.func1": true, "a/b%2ev2.F": true,
		"main.pages.func7.(*Store).Order.1": false, "main.main.main.Track.func8.func9": false, "main.main.Num.Do.func11": false,
		"main.main.main.func7.func14": false, "a/b.(*T).M.G.func1": false, "a/b.T.M.func1": false, "main.F.Each[...].func2": false,
		"goexit": false,
	} {
		if got := namesItsPackage(function); got != want {
			t.Errorf("%s: got %v", function, got)
		}
	}
}

func TestImportPath(t *testing.T) {
	for function, want := range map[string]string{
		"example.com/a/b.F": "example.com/a/b", "example.com/a/b%2ev2.(*T).M": "example.com/a/b.v2",
		"example.com/a/b.(*T[...]).M.func1": "example.com/a/b", "example.com/a.F[example.com/c/d.T]": "example.com/a", "goexit": "goexit",
	} {
		if got := importPath(function); got != want {
			t.Errorf("%s: got %q, want %q", function, got, want)
		}
	}
}
