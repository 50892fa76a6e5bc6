package api

import (
	"net/http/httptest"
	"testing"

	"example.com/fakedb"
)

func TestPrices(t *testing.T) {
	Prices(fakedb.Open())(httptest.NewRecorder(), httptest.NewRequest("GET", "/prices?book=1&book=2&book=3&book=4&book=5&book=6&book=7", nil))
}
