package browser

import (
	"fmt"
	"strings"
	"testing"
)

const rows = `document.querySelectorAll("#list tr[data-row]")`

// ids of the requests of a route, the newest first.
func requestIDs(p *screen, route string) []string {
	p.t.Helper()
	return get[[]string](p, `(() => {
		const request = new XMLHttpRequest(); // synchronous: what is evaluated is not waited for
		request.open("GET", %q, false);
		request.send();
		return JSON.parse(request.responseText).requests.map((r) => r.id);
	})()`, shop.Panel+"api/requests?limit=1000&route="+strings.ReplaceAll(route, " ", "+"))
}

// A request that is served shows up by itself, on top, and the icon tells what is over
// budget.
func TestLiveUpdate(t *testing.T) {
	ask(t, "/titles")
	p := tab(t, shop.Panel)
	p.until(`document.getElementById("state").dataset.state === "live"`)
	before := get[string](p, rows+`[0].dataset.id`)
	ask(t, "/bad/authors")
	p.until(rows+`[0].dataset.id !== %q`, before)
	p.until(rows + `[0].innerText.includes("/bad/authors")`)
	p.until(rows + `[0].classList.contains("fresh")`)
	p.until(`document.title.startsWith("(") && document.getElementById("icon").href.endsWith("icon-over.svg")`)
	p.must(p.Open(shop.Panel + "routes"))
	p.until(`document.getElementById("state").dataset.state === "live"`)
	count := get[string](p, `document.querySelector("#list").innerText`)
	ask(t, "/authors")
	p.until(`document.querySelector("#list").innerText !== %q`, count)
}

// While the reader has paused, or has scrolled down, nothing moves. Then it comes at once.
func TestPause(t *testing.T) {
	ask(t, "/titles")
	p := tab(t, shop.Panel)
	p.until(`document.getElementById("state").dataset.state === "live"`)
	p.must(p.Press("p"))
	p.until(`document.getElementById("pause").getAttribute("aria-pressed") === "true"`)
	before := get[string](p, rows+`[0].dataset.id`)
	ask(t, "/authors")
	p.until(`document.getElementById("state").innerText.includes("1 new")`)
	if now := get[string](p, rows+`[0].dataset.id`); now != before {
		t.Error("the list moved while it was paused")
	}
	p.must(p.Click("#pause"))
	p.until(rows+`[0].dataset.id !== %q`, before)
}

// What is typed filters at once, stands in the URL, and is kept by a reload.
func TestFilter(t *testing.T) {
	ask(t, "/authors", "/bad/authors", "/titles", "POST /orders")
	p := tab(t, shop.Panel)
	all := get[int](p, rows+`.length`)
	p.must(p.Press("/"))
	p.until(`document.activeElement.type === "search"`)
	p.must(p.Type("input[type=search]", "author_id"))
	p.until(rows+`.length < %d && `+rows+`.length > 0`, all)
	p.until(`[...` + rows + `].every((row) => !row.innerText.includes("/orders"))`)
	p.until(`location.search === "?q=author_id"`)
	p.must(p.Press(Escape))
	p.must(p.Open(shop.Panel + "?q=author_id"))
	p.until(`document.querySelector("input[type=search]").value === "author_id"`)

	p.must(p.Open(shop.Panel))
	p.must(p.Choose("select[name=finding]", "n+1"))
	p.until(`location.search === "?finding=n%%2B1" && [...` + rows + `].every((row) => row.innerText.includes("n+1"))`)
	p.must(p.Choose("select[name=finding]", ""))
	p.must(p.Choose("select[name=verdict]", "exceeded"))
	p.until(`[...` + rows + `].every((row) => row.classList.contains("is-over"))`)
	p.must(p.Choose("select[name=sort]", "queries"))
	p.until(`(() => { const n = [...document.querySelectorAll("td.q")].map((cell) => parseInt(cell.innerText)); return n.length > 1 && n[0] === 21 && n.every((x, i) => !i || x <= n[i - 1]) })()`)
	p.must(p.Type("input[type=search]", "no such thing"))
	p.until(`document.querySelector("#list").innerText.includes("No request matches")`)
}

// One request: its budget, finding, timeline, statements, and what can be copied.
func TestRequest(t *testing.T) {
	ask(t, "/bad/authors")
	p := tab(t, shop.Panel+"?route=GET+/bad/authors")
	p.must(p.Click("a.open"))
	p.until(`document.querySelector("h1")?.innerText.includes("/bad/authors") && document.querySelector(".waterfall")`)
	p.until(`document.querySelector(".limits .over").innerText.replace(/\s+/g, " ").includes("21 of 3")`)
	p.until(`document.querySelector(".finding").innerText.includes("author_id IN (?)")`)
	if bars := get[int](p, `document.querySelectorAll(".bar .exec").length`); bars != 21 {
		t.Errorf("%d bars", bars)
	}
	// Each bar begins where its query does: to the right of the one before.
	if !get[bool](p, `(() => { const x = [...document.querySelectorAll(".bar .exec")].map((bar) => bar.getBoundingClientRect().x); return x.every((v, i) => !i || v >= x[i - 1]) })()`) {
		t.Error("bars out of order")
	}
	p.must(p.Click(".labels li:nth-child(3) a"))
	p.until(`document.getElementById("q3").closest("details").open && document.getElementById("q3").getBoundingClientRect().bottom < innerHeight`)
	if groups := get[int](p, `document.querySelectorAll(".statement").length`); groups != 2 {
		t.Errorf("%d statements", groups)
	}
	p.until(`document.querySelector(".statement[open] .stack").innerText.includes("store/authors.go")`)
	p.must(p.Click(".finding details summary"))
	p.until(`document.querySelector(".finding details[open] code").innerText.includes("budgettest.Want")`)
	p.must(p.Click(".finding details[open] button.copy"))
	p.until(`["Copied", "Selected"].includes(document.querySelector(".finding details[open] button.copy").innerText)`)
}

// Transactions are bands around their queries.
func TestTransactions(t *testing.T) {
	ask(t, "POST /bad/orders")
	p := tab(t, shop.Panel+"?route=POST+/bad/orders")
	p.must(p.Click("a.open"))
	p.until(`document.querySelector(".waterfall")`)
	p.until(`(() => {
		const band = document.querySelector(".band rect").getBoundingClientRect();
		return [...document.querySelectorAll(".bar .exec")].every((bar) => { const b = bar.getBoundingClientRect(); return b.x >= band.x - 2 && b.right <= band.right + 2 && b.y >= band.y && b.bottom <= band.bottom; });
	})()`)
}

// Two requests are marked with a key, and stand side by side.
func TestCompare(t *testing.T) {
	ask(t, "/bad/authors", "/authors/in")
	p := tab(t, shop.Panel+"?q=authors")
	p.must(p.Press("j"))
	p.must(p.Press("j"))
	p.until(rows + `[1].classList.contains("selected")`)
	p.must(p.Press("c"))
	p.until(rows + `[1].classList.contains("marked")`)
	p.must(p.Press("k"))
	p.must(p.Press("c"))
	p.until(`location.pathname.endsWith("/compare") && document.querySelector(".changes")`)
	p.until(`[...document.querySelectorAll(".changes tr")].some((row) => row.innerText.includes("gone") && row.innerText.replace(/\s+/g, " ").includes("20 → 0"))`)
	p.until(`document.body.innerText.includes("n+1 is gone")`)
}

// Everything can be done with keys.
func TestKeyboard(t *testing.T) {
	ask(t, "/titles", "/authors")
	p := tab(t, shop.Panel)
	p.must(p.Press("j"))
	p.until(rows + `[0].classList.contains("selected") && document.activeElement.classList.contains("open")`)
	p.must(p.Press("j"))
	p.until(rows + `[1].classList.contains("selected")`)
	p.must(p.Press("k"))
	p.until(rows + `[0].classList.contains("selected")`)
	p.must(p.Press("?"))
	p.until(`document.getElementById("help").open`)
	p.must(p.Press(Escape))
	p.until(`!document.getElementById("help").open`)
	first := get[string](p, rows+`[0].dataset.id`)
	p.must(p.Press(Enter))
	p.until(`location.pathname.endsWith("/requests/%s") && document.querySelector(".statement") && document.readyState === "complete"`, first)
	p.must(p.Press("j"))
	p.must(p.Press(Enter))
	p.until(`document.querySelector(".statement.selected[open]")`)
	for key, page := range map[string]string{"2": "routes", "3": "statements", "4": "compare", "u": ""} {
		p.must(p.Press(key))
		p.until(`location.href === %q && document.readyState === "complete"`, shop.Panel+page)
	}
}

// Colours follow the system.
func TestDarkMode(t *testing.T) {
	p := tab(t, shop.Panel)
	const light = `(() => { const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number); return (r + g + b) / 3; })()`
	p.must(p.Scheme("light"))
	p.until(light + ` > 220`)
	p.must(p.Scheme("dark"))
	p.until(light + ` < 40`)
}

// Without JavaScript the pages show the same, and forms work.
func TestWithoutJavaScript(t *testing.T) {
	ask(t, "/bad/authors", "/titles")
	p := tab(t, "")
	p.must(p.Scripts(false))
	p.must(p.Open(shop.Panel))
	before := get[int](p, rows+`.length`)
	if get[bool](p, `[...document.querySelectorAll(".needs-js")].some((part) => part.getClientRects().length)`) {
		t.Error("a control shows that does nothing")
	}
	ask(t, "/authors")
	p.must(p.Open(shop.Panel + "?limit=1000"))
	p.until(rows+`.length > %d`, before-1)
	p.must(p.Type("input[type=search]", "author_id"))
	p.must(p.Click("#filter button"))
	p.until(`location.search.includes("q=author_id") && ` + rows + `.length > 0`)
	p.must(p.Open(shop.Panel + "?route=GET+/bad/authors"))
	p.must(p.Click("a.open"))
	p.until(`document.querySelector(".waterfall")`)
	p.must(p.Click(".statement summary"))
	p.until(`document.querySelector(".statement[open] .stack")`)
	p.must(p.Click(".labels li:nth-child(2) a"))
	p.until(`document.getElementById("q2").getBoundingClientRect().height > 0`)
}

// Clear is one click.
func TestClear(t *testing.T) {
	ask(t, "/titles")
	p := tab(t, shop.Panel)
	p.must(p.Click(`form[action$="clear"] button`))
	p.until(`document.querySelector("#list").innerText.includes("No request yet")`)
	ask(t, "/titles")
	p.until(rows + `.length === 1`)
}

// allPages are the pages, with a request of each kind.
func allPages(t *testing.T) []string {
	t.Helper()
	ask(t, "/bad/authors", "/authors/in", "POST /bad/orders", "/bad/publishers", "/enforced/authors", "/bad/visits", "/bad/books/7", "/bad/authors/first", "/nowhere")
	p := tab(t, shop.Panel)
	pages := []string{"", "routes", "statements", "compare", "?q=nothing"}
	for _, route := range []string{"GET /bad/authors", "POST /bad/orders", "GET /bad/publishers", "GET /enforced/authors", "GET /bad/visits", "GET /bad/authors/first"} {
		pages = append(pages, "requests/"+requestIDs(p, route)[0])
	}
	return append(pages, fmt.Sprintf("compare?a=%s&b=%s", requestIDs(p, "GET /bad/authors")[0], requestIDs(p, "GET /authors/in")[0]))
}

const shift = `(() => {
	let sum = 0;
	const seen = new PerformanceObserver(() => {});
	seen.observe({ type: "layout-shift", buffered: true });
	for (const e of seen.takeRecords()) sum += e.value;
	return sum;
})()`

// clipped lists lines of statements that are wider than their box, which hides the rest.
const clipped = `[...document.querySelectorAll(".statement > summary, .run, .finding, .tiles li")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText.slice(0, 60)).slice(0, 3).join("; ")`

const cutOff = `[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + "." + e.className).slice(0, 4).join(", ")`

// From a telephone to a wide screen nothing is cut off, nothing moves once it is there,
// and the browser has nothing to complain of (see tab).
func TestLayout(t *testing.T) {
	for _, page := range allPages(t) {
		p := tab(t, "")
		for _, width := range []int64{400, 760, 1080, 1400, 2000} {
			p.must(p.Size(width, 900))
			if width == 400 || width == 1400 { // the others follow from a change of the size
				if moved := p.moves(shop.Panel + page); moved > 0.01 {
					t.Errorf("%s at %d pixels moves by %.3f", page, width, moved)
				}
			}
			if wide := get[int64](p, `document.documentElement.scrollWidth`); wide > width {
				t.Errorf("%s at %d pixels is %d wide: %s", page, width, wide, get[string](p, cutOff))
			}
			if cut := get[string](p, clipped); cut != "" {
				t.Errorf("%s at %d pixels cuts off: %s", page, width, cut)
			}
		}
	}
}

// moves opens a page and returns by how much it moves. A busy machine may draw a page before
// it is all there, once: what is wrong with a page moves it each time.
func (p *screen) moves(url string) (least float64) {
	least = 1
	for range 3 {
		p.must(p.Open(url))
		p.until(`document.readyState === "complete"`)
		if least = min(least, get[float64](p, shift)); least <= 0.01 {
			break
		}
	}
	return least
}

// unreadable lists text whose contrast to what is behind it is below WCAG's 4.5.
const unreadable = `(() => {
	const parse = (color) => { const m = color.match(/[\d.]+/g).map(Number); return color.startsWith("color(srgb") ? [m[0] * 255, m[1] * 255, m[2] * 255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1]; };
	const luminance = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const behind = (e) => {
		const layers = [];
		for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); layers.push(c); if (c[3] === 1) break; }
		return layers.reverse().reduce((under, c) => under.map((v, i) => v * (1 - c[3]) + c[i] * c[3]), [255, 255, 255]);
	};
	const out = [];
	for (const e of document.querySelectorAll("main *, header *")) {
		const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
		if (!own || !e.getClientRects().length || e.closest("svg, .hidden")) continue;
		const [a, b] = [luminance(parse(getComputedStyle(e).color)), luminance(behind(e))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) out.push(e.tagName + "." + e.className + " " + ratio.toFixed(2) + ": " + e.textContent.trim().slice(0, 30));
	}
	return [...new Set(out)].slice(0, 8).join("\n");
})()`

// nameless lists controls without a name, and headings that skip a level.
const nameless = `(() => {
	const out = [];
	for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")) {
		if (!e.getClientRects().length) continue;
		if (!(e.getAttribute("aria-label") || e.innerText || e.textContent || e.labels?.[0]?.textContent || "").trim()) out.push(e.outerHTML.slice(0, 80));
	}
	let level = 0;
	for (const h of document.querySelectorAll("main h1, main h2, main h3, main h4")) { const l = Number(h.tagName[1]); if (l > level + 1) out.push(h.outerHTML.slice(0, 80)); level = l; }
	for (const t of document.querySelectorAll("table")) { if (!t.caption || [...t.querySelectorAll("th")].some((th) => th.textContent.trim() && !th.scope)) out.push("table." + t.className); }
	if (document.querySelectorAll("h1").length !== 1) out.push("no single h1");
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	if (new Set(ids).size !== ids.length) out.push("ids twice");
	return out.join("\n");
})()`

// Text can be read, in both schemes, and controls have names.
func TestAccessibility(t *testing.T) {
	for _, page := range allPages(t) {
		p := tab(t, shop.Panel+page)
		for _, scheme := range []string{"light", "dark"} {
			p.must(p.Scheme(scheme))
			p.until(`matchMedia("(prefers-color-scheme: %s)").matches`, scheme)
			get[bool](p, `(document.querySelectorAll("details").forEach((d) => { d.open = true; }), true)`)
			if bad := get[string](p, "%s", unreadable); bad != "" {
				t.Errorf("%s, %s:\n%s", page, scheme, bad)
			}
		}
		if bad := get[string](p, "%s", nameless); bad != "" {
			t.Errorf("%s:\n%s", page, bad)
		}
	}
}
