package source

import (
	"testing"

	"github.com/querybudget/querybudget/callsite"
)

// A call of a part that gets a handle may write: in a test a mock stands for it.
func TestMockCalls(t *testing.T) {
	for call, want := range map[string]bool{
		"s.hosts.Refresh(ctx, host, s.db)":  true,
		"s.hosts.Refresh(ctx, host, tx)":    true,
		"s.hosts.Bind(ctx, &host)":          false,
		"s.db.Bind(ctx, tx)":                false,
		"s.hosts.Name(ctx, host)":           false,
		"refresh(ctx, s.db)":                false,
		"s.refresh(ctx, s.db)":              false,
		"if s.hosts.Refresh(db) { return }": true,
	} {
		c := New()
		c.Read("shop", "shop/shop.go", "", "package shop\n\nfunc f() {\n\tread()\n\t"+call+"\n\tread()\n}\n\nfunc g() {\n\tread()\n}\n")
		at := func(line int) callsite.Frame {
			return callsite.Frame{Function: "shop.f", File: "shop.go", Line: line}
		}
		if got := len(c.Mocks.Between(at(4), 4, 6)) == 1; got != want {
			t.Errorf("%s: got %t", call, got)
		}
		if len(c.Mocks.Between(at(4), 5, 0))+len(c.Mocks.Between(at(6), 0, 5))+len(c.Mocks.Between(at(10), 0, 0)) > 0 {
			t.Errorf("%s: it stands elsewhere", call)
		}
	}
}
