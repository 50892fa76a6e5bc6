package frameworks

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// echo5 needs no adaptor: echo writes the route to the request.
func echo5(s *shop, reporters ...budget.Reporter) http.Handler {
	e := echo.New()
	e.Use(echo.WrapMiddleware(middleware.Track(reporters...)))
	e.GET("/books/:id", echo5Page(s.book), echo.WrapMiddleware(middleware.Limit(few)))
	e.GET("/books", echo5Page(s.books), echo.WrapMiddleware(middleware.Limit(few)))
	e.GET("/strict", echo5Page(s.books), echo.WrapMiddleware(middleware.Limit(strict)))
	e.GET("/broken", echo5Page(s.broken))
	e.GET("/export", echo5Page(s.export))
	e.GET("/lost/:id", echo5Page(s.lost))
	return e
}

func echo5Page(p page) echo.HandlerFunc {
	return func(c *echo.Context) error {
		answer(c.Response(), p(c.Request().Context(), c.Param("id"), sender(c.Response())))
		return nil
	}
}
