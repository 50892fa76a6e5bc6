package browser

import (
	"strings"
	"testing"
)

// Explain shows a plan in its place, with the verdict, and an index that was tried where
// one is missing.
func TestExplain(t *testing.T) {
	shops(t, func(t *testing.T, s *Shop) {
		for _, path := range []string{"/bad/publishers", "/bad/authors"} {
			if err := s.Ask(t.Context(), "GET", path); err != nil {
				t.Fatal(err)
			}
		}
		p := tab(t, s.Panel+"?route=GET+/bad/publishers")
		p.must(p.Click("a.open"))
		p.until(`document.querySelector("form.explain") && document.readyState === "complete"`)
		get[bool](p, `([...document.querySelectorAll("details.statement")].find((d) => d.innerText.includes("FROM books")).open = true)`)
		p.must(p.Click(".statement[open] form.explain button"))
		p.until(`document.querySelector(".plan-here.plan")`)
		p.until(`/indexed/.test(document.querySelector(".plan-here.plan").innerText)`)
		// MariaDB makes an index for each foreign key; the others lack it.
		if get[bool](p, `document.querySelector(".plan-here.plan").innerText.includes("not indexed")`) {
			p.until(`/CREATE INDEX .*publisher_id/.test(document.querySelector(".plan-here.plan .proposal code").innerText)`)
		} else if !strings.HasSuffix(t.Name(), "mariadb") {
			t.Error("no index is missing")
		}
		p.until(`document.querySelector(".plan-here.plan .tree .node")`)

		p.must(p.Scripts(false)) // as a page of its own
		p.must(p.Open(s.Panel + "?route=GET+/bad/authors"))
		p.must(p.Click("a.open"))
		p.until(`document.querySelector("form.explain")`)
		p.must(p.Click("details.statement summary"))
		p.must(p.Click(".statement[open] form.explain button"))
		p.until(`document.querySelector("h1").innerText.startsWith("Plan of SELECT") && document.querySelector("#plan .tree") && /indexed/.test(document.querySelector("#plan").innerText)`)
	})
}

// The repair of the example's n+1 is proven: one query gives the rows of the loop.
func TestProve(t *testing.T) {
	shops(t, func(t *testing.T, s *Shop) {
		if err := s.Ask(t.Context(), "GET", "/bad/authors"); err != nil {
			t.Fatal(err)
		}
		p := tab(t, s.Panel+"?route=GET+/bad/authors")
		p.must(p.Click("a.open"))
		p.until(`document.querySelector(".finding form.explain") && document.readyState === "complete"`)
		p.must(p.Click(".finding form.explain button"))
		p.until(`document.querySelector(".finding .plan .proofs")`)
		p.until(`document.querySelector(".finding .plan").innerText.includes("the same rows")`)
		if got := get[[]string](p, `[...document.querySelectorAll(".proofs tbody tr")].map((row) => [...row.cells].slice(1, 3).map((c) => c.innerText).join(" "))`); len(got) != 2 || got[0] != "20 100" || got[1] != "1 100" {
			t.Errorf("queries and rows: %q", got)
		}
	})
}
