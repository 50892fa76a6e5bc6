package panel

import (
	"context"
	"crypto/rand"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/internal/gate"
)

// Options are the optional parts of a [Panel]. The zero value is the default of each.
type Options struct {
	// Requests is the number of units of work that are kept: the latest 500.
	Requests int
	// Bytes bounds the memory of what is kept, as it is estimated: 32 MB. What does not
	// fit is dropped, the oldest first, and counted.
	Bytes int64
	// Allow opens the panel to requests that it would refuse: those of other machines, of
	// other host names, and through proxies. It decides alone, so it must check who asks.
	// What pages of other sites embed or send stays refused. It is called by many
	// goroutines at a time. Default: none.
	Allow func(*http.Request) bool
	// Hosts are the names, without a port, by which the panel may be asked for beside IP
	// addresses, localhost and *.localhost: "shop.test". Name only what your own DNS or
	// hosts file answers for.
	Hosts []string
	// Editor makes each line of code a link that opens an editor: a URL with {file} and
	// {line}, such as [VSCode]. It needs Root. Default: no links.
	Editor string
	// Root is the absolute folder of the application's module, where Editor finds files.
	// Call sites name files relative to it.
	Root string
	// Planner makes plans of statements on request of a reader: explain.SQL of the
	// application's handle. It needs the texts of statements, see budget.Bounds.Texts.
	// Planners are those of handles by their names (sqlwrap.Config.Database), and come
	// first. Default: no plans are made.
	Planner  explain.Planner
	Planners map[string]explain.Planner
	// Explain are the options of plans. The zero value executes nothing and tries no index.
	Explain explain.Options
	// Logger is told when the panel itself fails. Default: slog.Default() at that time.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Requests <= 0 {
		o.Requests = 500
	}
	if o.Bytes <= 0 {
		o.Bytes = 32 << 20
	}
	return o
}

// Panel keeps the latest reports and shows them. It is safe for concurrent use.
type Panel struct {
	options    Options
	gate       gate.Gate
	editor     *editor
	pages      map[string]*template.Template
	store      store
	live       live
	streams    streams
	planning   sync.Mutex // one plan at a time
	token      string     // that a form needs to change something
	sameOrigin *http.CrossOriginProtection
	off        atomic.Bool
}

var (
	_ budget.NeedyReporter = (*Panel)(nil)
	_ budget.LiveReporter  = (*Panel)(nil)
	_ http.Handler         = (*Panel)(nil)
)

// New returns a panel that has to be mounted, and to be among the reporters of
// middleware.Track or of a [budget.Delivery]. It panics if Options.Editor or Options.Root
// cannot work.
func New(o Options) *Panel {
	o = o.withDefaults()
	p := &Panel{options: o, editor: newEditor(o), token: rand.Text(), pages: parsePages(), sameOrigin: http.NewCrossOriginProtection()}
	p.gate = gate.Gate{Options: "panel.Options", Allow: o.Allow, Hosts: o.Hosts}
	p.store.requests, p.store.bytes = o.Requests, o.Bytes
	return p
}

// Needs asks for everything of each unit of work, and for what it does after its end.
func (p *Panel) Needs() budget.Needs { return budget.Needs{Quick: true, Late: true} }

// Report keeps a report.
func (p *Panel) Report(_ context.Context, r *budget.Report) {
	if p.off.Load() {
		return
	}
	p.store.add(r)
	p.streams.changed()
}

// Watch lets the panel look at units of work that run.
func (p *Panel) Watch(running func() []*budget.Recorder) { p.live.watch(running) }

// SetEnabled switches the panel off, which drops what it keeps, and on again. While it is
// off, it keeps nothing and answers 404. A new panel is on.
func (p *Panel) SetEnabled(on bool) {
	if p.off.Store(!on); !on {
		p.store.clear()
		p.streams.changed()
	}
}

// ServeHTTP shows the panel. Where it is mounted does not matter: at any prefix that does
// not end in "/api", with or without http.StripPrefix. Its own requests are in no report.
func (p *Panel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	budget.FromContext(r.Context()).Discard()
	defer p.answerPanic(w, r)
	protect(w.Header())
	if p.off.Load() {
		http.Error(w, "querybudget: the panel is switched off: see Panel.SetEnabled", http.StatusNotFound)
		return
	}
	if why := p.gate.Refusal(r); why != "" {
		http.Error(w, "querybudget: the panel is closed: "+why, http.StatusForbidden)
		return
	}
	p.serve(w, r)
}

// answerPanic makes a panic of the panel an error of the panel, and of nobody else. A
// response that has begun is cut off.
func (p *Panel) answerPanic(w http.ResponseWriter, r *http.Request) {
	switch reason := recover(); reason {
	case nil:
	case http.ErrAbortHandler:
		panic(reason)
	default:
		logger := p.options.Logger
		if logger == nil {
			logger = slog.Default()
		}
		logger.ErrorContext(r.Context(), "querybudget: the panel failed", "panic", fmt.Sprint(reason), "path", r.URL.Path)
		http.Error(w, "querybudget: the panel failed to show this: see the log", http.StatusInternalServerError)
	}
}
