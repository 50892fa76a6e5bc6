package api

import (
	"net/http/httptest"
	"testing"

	"example.com/fakedb"
)

func TestPrices(t *testing.T) {
	Prices(fakedb.Open())(httptest.NewRecorder(), httptest.NewRequest("GET", "/prices", nil))
}
