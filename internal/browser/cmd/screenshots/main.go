// Screenshots makes the pictures of docs/panel.md and docs/profiles.md: it starts the
// example, asks for its pages, and takes each page of the panel in light and in dark, and
// the flame graph of the profile.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/querybudget/querybudget/internal/browser"
)

func main() {
	folder := flag.String("o", ".", "folder for the pictures")
	flag.Parse()
	if err := run(context.Background(), *folder); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

// picture is a page in a size.
type picture struct {
	name, page    string
	width, height int64
	// clicks are CSS selectors of what is clicked first, and ready is what has to be there
	// then; it is scrolled to.
	clicks []string
	ready  string
}

func run(ctx context.Context, folder string) error {
	temp, err := os.MkdirTemp("", "shop")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) //nolint:errcheck // a temporary folder
	program, err := browser.BuildShop(ctx, temp)
	if err != nil {
		return err
	}
	shop, err := browser.StartShop(ctx, program, "-arguments")
	if err != nil {
		return err
	}
	defer shop.Stop()
	if err := traffic(ctx, shop); err != nil {
		return err
	}
	b, err := browser.Start(ctx, "")
	if err != nil {
		return err
	}
	defer b.Stop()
	if err := flameGraph(ctx, b, shop, folder); err != nil {
		return fmt.Errorf("flame graph: %w", err)
	}
	pictures, err := choose(shop)
	if err != nil {
		return err
	}
	for _, p := range pictures {
		if err := p.take(b, shop, folder); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// traffic is an hour of the shop in a second.
func traffic(ctx context.Context, shop *browser.Shop) error {
	for i := range 12 {
		pages := []string{"/authors", "/books/7", "/titles", "/publishers", "/reviews?after=100", "/search", "/bad/publishers"}
		if i%4 == 1 {
			pages = append(pages, "/bad/books/7", "/bad/visits", "/bad/titles", "/bad/authors/first")
		}
		if i%4 == 2 {
			pages = append(pages, "/enforced/authors", "/bad/reviews", "/authors/in")
		}
		if i == 3 {
			pages = append(pages, "/bad/search")
		}
		for _, page := range append(pages, "/bad/authors") {
			if err := shop.Ask(ctx, http.MethodGet, page); err != nil {
				return err
			}
		}
		for _, page := range []string{"/orders", "/bad/orders", "/bad/books/7/sale"} {
			if err := shop.Ask(ctx, http.MethodPost, page); err != nil {
				return err
			}
		}
	}
	return shop.Ask(ctx, http.MethodGet, "/authors/in")
}

func choose(shop *browser.Shop) ([]picture, error) {
	loop, err := newest(shop, "GET /bad/authors")
	if err != nil {
		return nil, err
	}
	order, err := newest(shop, "POST /bad/orders")
	if err != nil {
		return nil, err
	}
	missing, err := newest(shop, "GET /bad/publishers")
	if err != nil {
		return nil, err
	}
	repaired, err := newest(shop, "GET /authors/in")
	if err != nil {
		return nil, err
	}
	return []picture{
		{"requests", "", 1280, 800, nil, ""},
		{"request", "requests/" + loop, 1280, 1180, nil, ""},
		{"statement", "requests/" + order, 1280, 1400, []string{"#g0 summary"}, ""},
		{"plan", "requests/" + missing, 1280, 760, []string{"#g0 summary", "#g0 .explain button"}, "#g0:has(.plan .tree) .singles"},
		{"proof", "requests/" + loop, 1280, 760, []string{".finding form.explain button"}, ".finding:has(.proofs)"},
		{"routes", "routes", 1280, 800, nil, ""},
		{"statements", "statements", 1280, 800, nil, ""},
		{"compare", "compare?a=" + loop + "&b=" + repaired, 1280, 760, nil, ""},
		{"narrow", "", 400, 800, nil, ""},
	}, nil
}

// newest returns the id of the newest request of a route.
func newest(shop *browser.Shop, route string) (string, error) {
	answer, err := http.Get(shop.Panel + "api/requests?limit=1&route=" + url.QueryEscape(route))
	if err != nil {
		return "", err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	var list struct{ Requests []struct{ ID string } }
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		return "", err
	}
	if len(list.Requests) == 0 {
		return "", fmt.Errorf("no request of %s is kept", route)
	}
	return list.Requests[0].ID, nil
}

// take takes a picture in both schemes.
func (p picture) take(b *browser.Browser, shop *browser.Shop, folder string) error {
	tab, err := b.Tab()
	if err != nil {
		return err
	}
	defer tab.Close()
	if err := tab.Size(p.width, p.height); err != nil {
		return err
	}
	if err := tab.Open(shop.Panel + p.page); err != nil {
		return err
	}
	for _, what := range p.clicks {
		if err := tab.Click(what); err != nil {
			return err
		}
	}
	if p.ready != "" {
		scroll := `(() => { const part = document.querySelector(%q); part?.scrollIntoView({ block: "end" }); return part; })()`
		if err := tab.Until(fmt.Sprintf(scroll, p.ready)); err != nil {
			return err
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		if err := tab.Scheme(scheme); err != nil {
			return err
		}
		if err := tab.Until(fmt.Sprintf(`matchMedia("(prefers-color-scheme: %s)").matches && document.querySelector("#state, main")`, scheme)); err != nil {
			return err
		}
		png, err := tab.Screenshot()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "panel-"+p.name+"-"+scheme+".png"), png, 0o644); err != nil {
			return err
		}
	}
	return nil
}
