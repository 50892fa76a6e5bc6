package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/cmd/querybudget/exit"
	"github.com/querybudget/querybudget/exporters/panel"
)

// page is the panel of a program that runs, in this process. The zero page shows nothing.
type page struct {
	panel  *panel.Panel
	server *http.Server
}

// openPage serves a panel at an address, and says where. Nothing is served if it is "off".
func openPage(address string, say io.Writer) (*page, error) {
	if address == "off" {
		return &page{}, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, exit.Usagef("-panel %s: %w", address, err)
	}
	p := &page{panel: panel.New(panel.Options{})}
	p.server = &http.Server{Handler: p.panel, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }()
	_, _ = fmt.Fprintf(say, "querybudget: the panel is at http://%s/\n", listener.Addr())
	return p, nil
}

func (p *page) show(ctx context.Context, r *budget.Report) {
	if p.panel != nil {
		p.panel.Report(ctx, r)
	}
}

func (p *page) close() {
	if p.server != nil {
		_ = p.server.Close()
	}
}
