package toolchain

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
)

// edit changes a function of the standard library, and puts a file beside it.
type edit struct {
	file, function string // function as "Name" or "Receiver.Name"
	begin          string // is put at the beginning of its body, on the same line
	call, with     string // a call in its body, and what it becomes
	beside         string // the text of the file, "" for none
}

var edits = []edit{
	{
		file: "database/sql/sql.go", function: "OpenDB", begin: "if QuerybudgetOpen != nil { c = QuerybudgetOpen(c) };",
		beside: `package sql

import "database/sql/driver"

// The hooks of a watched toolchain.
var (
	QuerybudgetOpen func(driver.Connector) driver.Connector
	QuerybudgetRaw  = func(c any) any { return c }
)
`,
	},
	{file: "database/sql/sql.go", function: "Conn.Raw", call: "f(dc.ci)", with: "f(QuerybudgetRaw(dc.ci))"},
	{
		file: "testing/testing.go", function: "tRunner", call: "fn(t)", with: "fn(querybudgetBegin(t))",
		beside: `package testing

import "querybudget/zerocode"

func querybudgetRun() func() {
	zerocode.Begin()
	return zerocode.End
}

func querybudgetBegin(t *T) *T {
	t.Cleanup(zerocode.BeginTest(t.Name())) // the first that is registered runs last
	return t
}
`,
	},
	{file: "testing/testing.go", function: "M.Run", begin: "defer querybudgetRun()();"},
	{
		file: "net/http/server.go", function: "serverHandler.ServeHTTP",
		begin: "req, querybudgetEnd := querybudgetRequest(req); defer querybudgetEnd();",
		beside: `package http

import (
	"context"
	"querybudget/zerocode"
)

func querybudgetRequest(r *Request) (*Request, func()) {
	ctx, request := zerocode.BeginRequest(r.Context(), r.Method, r.URL.Path)
	return r.WithContext(ctx), request.End
}

func querybudgetCalling(r *Request) func() {
	if r.URL == nil {
		return func() {}
	}
	return zerocode.Calling(valueOrDefault(r.Method, MethodGet) + " " + r.URL.Hostname())
}

func querybudgetCopy(r *Request, ctx context.Context) *Request {
	c := new(Request)
	*c = *r
	c.ctx = ctx
	zerocode.Copied(ctx, func() string { return c.Pattern })
	return c
}
`,
	},
	{file: "net/http/client.go", function: "Client.do", begin: "defer querybudgetCalling(req)();"},
	{
		file: "net/http/request.go", function: "Request.WithContext",
		begin: "if ctx != nil { return querybudgetCopy(r, ctx) };",
	},
	{
		file: "runtime/pprof/runtime.go", function: "SetGoroutineLabels",
		begin: "ctx = querybudgetKept(ctx);",
		beside: `package pprof

import (
	"context"
	"internal/profilerecord"
	"unsafe"
)

const querybudgetKey = "querybudget"

// QuerybudgetLabel reads a label of the calling goroutine.
func QuerybudgetLabel() string { return querybudgetLabel(runtime_getProfLabel()) }

func querybudgetLabel(labels unsafe.Pointer) string {
	v, _ := Label(querybudgetContext(labels), querybudgetKey)
	return v
}

// QuerybudgetSetLabel sets it.
func QuerybudgetSetLabel(v string) {
	SetGoroutineLabels(WithLabels(querybudgetContext(runtime_getProfLabel()), Labels(querybudgetKey, v)))
}

func querybudgetContext(labels unsafe.Pointer) context.Context {
	if l := (*labelMap)(labels); l != nil {
		return context.WithValue(context.Background(), labelContextKey{}, l)
	}
	return context.Background()
}

// querybudgetKept returns labels that the application sets, with that of the goroutine.
func querybudgetKept(ctx context.Context) context.Context {
	if _, ok := Label(ctx, querybudgetKey); ok {
		return ctx
	}
	if v := QuerybudgetLabel(); v != "" {
		return WithLabels(ctx, Labels(querybudgetKey, v))
	}
	return ctx
}

// QuerybudgetStacks calls yield with the label and the stack of each goroutine that has one.
func QuerybudgetStacks(yield func(string, []uintptr)) {
	n, _ := pprof_goroutineProfileWithLabels(nil, nil)
	for {
		n += 10
		stacks, labels := make([]profilerecord.StackRecord, n), make([]unsafe.Pointer, n)
		var ok bool
		if n, ok = pprof_goroutineProfileWithLabels(stacks, labels); !ok {
			continue
		}
		for i := range n {
			if l := querybudgetLabel(labels[i]); l != "" {
				yield(l, stacks[i].Stack)
			}
		}
		return
	}
}
`,
	},
	{
		file: ours + "/zerocode/doc.go",
		beside: `package zerocode

import (
	"database/sql"
	"internal/runtime/exithook"
	"runtime/pprof"
)

func init() {
	exithook.Add(exithook.Hook{F: Exit, RunOnFailure: true})
	sql.QuerybudgetOpen, sql.QuerybudgetRaw = Connector, Raw
	Watch(Labels{Get: pprof.QuerybudgetLabel, Set: pprof.QuerybudgetSetLabel, Stacks: pprof.QuerybudgetStacks})
}
`,
	},
}

// apply makes the edit in the watched toolchain.
func (e edit) apply(goroot, root string) error {
	target := filepath.Join(root, "src", filepath.FromSlash(e.file))
	if e.beside != "" {
		if err := os.WriteFile(filepath.Join(filepath.Dir(target), "querybudget.go"), []byte(e.beside), 0o644); err != nil {
			return err
		}
	}
	if e.function == "" {
		return nil
	}
	text, err := os.ReadFile(target)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", e.function, goroot, err)
	}
	changed, err := e.change(string(text))
	if err != nil {
		return err
	}
	if err := os.Remove(target); err != nil { // a link to the toolchain itself
		return err
	}
	return os.WriteFile(target, []byte(changed), 0o644)
}

// change returns the text of the file with the edit.
func (e edit) change(text string) (string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, e.file, text, 0)
	if err != nil {
		return "", err
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil || nameOf(f) != e.function {
			continue
		}
		if e.begin != "" {
			at := set.Position(f.Body.Lbrace).Offset + 1
			return text[:at] + e.begin + text[at:], nil
		}
		from, to := e.findCall(set, f, text)
		if from < 0 {
			break
		}
		return text[:from] + e.with + text[to:], nil
	}
	return "", fmt.Errorf("%s of %s: %w", e.function, e.file, errChanged)
}

func (e edit) findCall(set *token.FileSet, f *ast.FuncDecl, text string) (from, to int) {
	from = -1
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			begin, end := set.Position(call.Pos()).Offset, set.Position(call.End()).Offset
			if text[begin:end] == e.call {
				from, to = begin, end
			}
		}
		return true
	})
	return from, to
}

// nameOf returns "Name", or "Receiver.Name".
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if name, ok := receiver.(*ast.Ident); ok {
		return name.Name + "." + f.Name.Name
	}
	return f.Name.Name
}
