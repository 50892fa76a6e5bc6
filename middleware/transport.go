package middleware

import (
	"net/http"

	"github.com/querybudget/querybudget/budget"
)

// Transport returns a client's transport that tells the unit of work in each request's
// context which services the unit calls: as "GET payments.example", the method and the
// host. Their number and time are in [budget.Report.Outgoing], and findings of kind
// idle-transaction name those that a transaction waited for. A call ends with the header
// of its response; reading the body is not part of it.
//
// Base may be nil, for [http.DefaultTransport]. A request without a unit of work is passed
// on as it is.
//
//	client := &http.Client{Transport: middleware.Transport(nil)}
func Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return transport{base}
}

type transport struct{ base http.RoundTripper }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := budget.FromContext(r.Context())
	if recorder == nil {
		return t.base.RoundTrip(r)
	}
	began := recorder.Clock()
	response, err := t.base.RoundTrip(r)
	recorder.Called(method(r)+" "+r.URL.Hostname(), began, err)
	return response, err
}

// CloseIdleConnections does what http.Client.CloseIdleConnections asks of a transport.
func (t transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
