// Command shop prints call sites of code that the compiler inlines into it.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"

	"example.com/shop/repository"
	"example.com/shop/store"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	ours "github.com/querybudget/querybudget/middleware"
)

var stacks = callsite.NewCache(callsite.Options{SkipPackages: []string{"example.com/shop/repository"}})

func show(name string) { print(name, stacks.Capture().CallSite().Frames()[1:]) } // without show

func print(name string, frames []callsite.Frame) {
	fmt.Print(name, ":")
	for _, f := range frames {
		fmt.Print(" ", f.File, ":", f.Line)
	}
	fmt.Println()
}

func serve(h http.Handler) { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) }

func main() {
	var wg sync.WaitGroup
	wg.Go(func() { show("standard library") })
	wg.Wait()
	page := func(name string) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { show(name) })
	}
	serve(middleware.NoCache(page("library")))
	serve(middleware.SetHeader("a", "b")(page("library's closure")))
	serve(ours.Track(budget.ReporterFunc(func(context.Context, *budget.Report) {}))(page("this module")))
	repository.Each(func() { show("skipped") })()
	store.Each(func() { show("application") })()
	for range 2 {
		buried := repository.Deep(100, stacks.Capture)
		print("buried", buried.CallSite().Frames())
		fmt.Println(runtime.FuncForPC(buried.PCs()[0] - 1).Name())
	}
	other := repository.Deep(90, stacks.Capture)
	print("buried elsewhere", other.CallSite().Frames())
	deeper := repository.Deep(20000, stacks.Capture)
	print("too deep", deeper.CallSite().Frames())
}
