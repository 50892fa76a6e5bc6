package browser

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
)

// A page of a stranger's name that its DNS makes lead here sees nothing.
func TestRebinding(t *testing.T) {
	stranger := strings.Replace(shop.Panel, "127.0.0.1", "evil.example", 1)
	p := tab(t, stranger)
	text, err := p.Text()
	p.must(err)
	if !strings.HasPrefix(text, "querybudget: the panel is closed") {
		t.Errorf("%s", text)
	}
	p.Problems() // a 403 is an error for the browser
}

// A page of another site can neither read the panel, nor frame it, nor clear it.
func TestOtherSite(t *testing.T) {
	ask(t, "/bad/authors")
	site := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>other</title><iframe id="frame" src="%[1]s"></iframe>
			<form method="post" action="%[1]sclear"><input name="token" value="guessed"><button>win</button></form>
			<script>
				window.tries = [];
				const tell = (what) => (e) => tries.push(what);
				Promise.allSettled([
					fetch("%[1]sapi/requests").then(tell("read"), tell("refused")),
					fetch("%[1]sapi/requests", { mode: "no-cors" }).then((r) => tries.push(r.type === "opaque" ? "opaque" : "read"), tell("refused")),
					new Promise((done) => { const s = new EventSource("%[1]sevents"); s.onopen = () => { tries.push("read"); done(); }; s.onerror = () => { s.close(); tries.push("refused"); done(); }; }),
					new Promise((done) => { const s = document.createElement("script"); s.src = "%[1]sassets/panel.js"; s.onload = () => { tries.push("read"); done(); }; s.onerror = () => { tries.push("refused"); done(); }; document.head.append(s); }),
				]).then(() => { window.done = true; });
			</script>`, shop.Panel)
	}))
	p := tab(t, strings.Replace(site, "127.0.0.1", "evil.example", 1))
	p.until(`window.done`)
	if tries := get[[]string](p, `window.tries`); len(tries) != 4 || strings.Contains(fmt.Sprint(tries), "read") {
		t.Errorf("%v", tries)
	}
	p.must(p.Click("form button"))
	p.until(`location.pathname.endsWith("/clear")`)
	text, err := p.Text()
	p.must(err)
	if !strings.HasPrefix(text, "querybudget: ") {
		t.Errorf("%s", text)
	}
	p.Problems() // that it was refused
	p.must(p.Open(shop.Panel))
	p.until(rows + `.length > 0`)
}

const hostile = "'\"></script><script>window.pwned=1</script><img src=x onerror=window.pwned=1><svg onload=window.pwned=1>"

// Hostile names run nowhere: a browser sees text.
func TestHostileNames(t *testing.T) {
	recent := panel.New(panel.Options{})
	db, err := sqlwrap.Config{Database: hostile, Arguments: true}.Open("sqlite", "file:hostile?mode=memory&cache=shared")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test
	job := budget.Job{Name: hostile, Budget: budget.Budget{Queries: 1}, Delivery: budget.Delivery{Reporters: []budget.Reporter{recent}}}
	table := `"` + strings.ReplaceAll(hostile, `"`, `""`) + `"`
	err = job.Run(t.Context(), func(ctx context.Context) error {
		if _, err := db.ExecContext(ctx, "CREATE TABLE "+table+" (a TEXT)"); err != nil {
			return err
		}
		ctx, _ = budget.With(ctx, hostile, budget.Budget{Queries: 1})
		for i := range 6 {
			if _, err := db.ExecContext(ctx, "INSERT INTO "+table+" (a) VALUES (?)", fmt.Sprint(hostile, i)); err != nil {
				return err
			}
		}
		if _, err := db.ExecContext(ctx, "DELETE FROM nowhere_"+hostile); err == nil {
			return errors.New("there is such a table")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	url := serve(t, recent) + "/debug/queries/"
	p := tab(t, url)
	p.until(`document.getElementById("state").dataset.state === "live"`)
	p.until(`document.body.innerText.includes("<img src=x onerror=window.pwned=1>")`)
	p.must(p.Click("a.open"))
	p.until(`document.querySelector(".waterfall")`)
	get[bool](p, `(document.querySelectorAll("details").forEach((d) => { d.open = true; }), true)`)
	p.until(`document.body.innerText.includes("as sent") && document.body.innerText.includes("<svg onload")`)
	p.sound()
	for _, page := range []string{"routes", "statements", "compare", "?q=%3Cscript%3Ewindow.pwned%3D1%3C/script%3E"} {
		p.must(p.Open(url + page))
		p.until(`document.readyState === "complete"`)
		if get[bool](p, `window.pwned === 1`) {
			t.Errorf("%s ran a name", page)
		}
	}
}

// A hang with one connection in the pool shows while it hangs: who waits, since when, and
// which line holds the connection.
func TestHang(t *testing.T) {
	recent := panel.New(panel.Options{})
	db, err := sqlwrap.Open("sqlite", "file:hang?mode=memory&cache=shared")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test
	db.SetMaxOpenConns(1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle("/debug/", recent)
	mux.HandleFunc("GET /hang", func(_ http.ResponseWriter, r *http.Request) {
		defer close(done)
		holdAndAsk(ctx, db, r)
	})
	url := serve(t, middleware.Track(recent)(mux))
	go func() {
		if response, err := http.Get(url + "/hang"); err == nil {
			_ = response.Body.Close() // nothing is in it
		}
	}()
	p := tab(t, url+"/debug/queries/")
	p.until(`document.querySelector(".run.waiting")?.innerText.includes("probably waits for a connection: all 1 of the pool")`)
	p.until(`document.querySelector(".run.waiting").innerText.includes("safety_test.go:")`)
	age := get[string](p, `document.querySelector(".run .age").innerText`)
	p.until(`document.querySelector(".run .age").innerText !== %q`, age) // it goes on
	p.must(p.Click(".run a"))
	p.until(`document.querySelector(".verdict.running")`)
	p.must(p.Open(url + "/debug/queries/"))
	p.until(`document.getElementById("state").dataset.state === "live"`)
	cancel()
	<-done
	p.until(`!document.querySelector(".run") && document.querySelectorAll("#list tr[data-row]").length === 1`)
}

// holdAndAsk asks while it holds the only connection.
func holdAndAsk(ctx context.Context, db *sql.DB, r *http.Request) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	with := context.WithoutCancel(r.Context())
	rows, err := db.QueryContext(with, "SELECT 1 UNION SELECT 2")
	if err != nil {
		return
	}
	defer rows.Close() //nolint:errcheck // a test
	inner, stop := context.WithCancel(with)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	for rows.Next() {
		var n int
		if err := db.QueryRowContext(inner, "SELECT 3").Scan(&n); err != nil {
			return
		}
	}
	_ = rows.Err() // a test
}
