// Package gate says who may see a debug page: browsers and tools on its own machine,
// unless the application opens it.
package gate

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Gate stands in front of everything that a debug page serves. It must not be changed
// after its first use, and is then safe for concurrent use.
type Gate struct {
	// Options is the type with the two fields below, as the application knows it:
	// "panel.Options". Who is refused is told of it.
	Options string
	// Allow opens the gate to requests that it would refuse. What pages of other sites
	// embed or send stays refused. Nil opens it to nobody.
	Allow func(*http.Request) bool
	// Hosts are the names, without a port, by which the page may be asked for beside IP
	// addresses, localhost and *.localhost.
	Hosts []string
}

// Refusal says why a request is not answered, and what opens the page; it is empty for
// one that is.
func (g *Gate) Refusal(r *http.Request) string {
	isAllowed := g.Allow != nil && g.Allow(r)
	switch {
	case isCrossSite(r) && (!isAllowed || !isNavigation(r)):
		return "a page of another site led here or sent this: type the address yourself"
	case isAllowed:
		return ""
	case isForwarded(r.Header) || !r.ProtoAtLeast(1, 1):
		return "this came through a proxy, so who asks is not known: see " + g.Options + ".Allow"
	case !isLoopback(r.RemoteAddr) || !isLocal(r):
		return "it answers browsers on its own machine only: see " + g.Options + ".Allow"
	case !g.isOwnHost(r.Host):
		return "it is asked for by a host name that somebody else may own: use localhost, or see " + g.Options + ".Hosts"
	}
	return ""
}

// isCrossSite reports whether a page of another site made the browser ask. Pages cannot
// forge this header.
func isCrossSite(r *http.Request) bool {
	return slices.Contains(r.Header.Values("Sec-Fetch-Site"), "cross-site")
}

// isNavigation reports whether somebody followed a link.
func isNavigation(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// isForwarded reports whether a proxy says that it asks for somebody else. Behind a
// proxy on this machine everybody is local. One that says nothing is often nginx with its
// defaults, which speaks HTTP/1.0: no browser does.
func isForwarded(h http.Header) bool {
	for name := range h {
		switch name = http.CanonicalHeaderKey(name); name {
		case "Forwarded", "Via", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip", "X-Cluster-Client-Ip",
			"X-Original-Host", "X-Original-Forwarded-For", "X-Envoy-External-Address", "Fly-Client-Ip", "Fastly-Client-Ip", "Cdn-Loop":
			return true
		default:
			if strings.HasPrefix(name, "X-Forwarded") {
				return true
			}
		}
	}
	return false
}

// isLocal reports whether the connection came in at a loopback address. Middleware such
// as chi's RealIP writes a header into RemoteAddr; this it cannot write.
func isLocal(r *http.Request) bool {
	at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && isLoopback(at.String())
}

func isLoopback(address string) bool {
	if at, err := netip.ParseAddrPort(address); err == nil {
		return at.Addr().Unmap().IsLoopback()
	}
	at, err := netip.ParseAddr(address) // as RealIP has it
	return err == nil && at.Unmap().IsLoopback()
}

// isOwnHost reports whether no stranger's DNS can answer for a host. A page of a
// stranger's name that is made to lead here (DNS rebinding) is of the same origin for the
// browser: the name is what gives it away.
func (g *Gate) isOwnHost(host string) bool {
	name := host
	if withoutPort, _, err := net.SplitHostPort(host); err == nil {
		name = withoutPort
	}
	name = strings.ToLower(name)
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost") ||
		slices.ContainsFunc(g.Hosts, func(own string) bool { return strings.EqualFold(own, name) })
}
