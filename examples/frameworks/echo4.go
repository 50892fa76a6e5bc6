package frameworks

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// echo4Route tells net/http's middleware the route.
func echo4Route(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Request().Pattern = c.Path()
		return next(c)
	}
}

func echo4(s *shop, reporters ...budget.Reporter) http.Handler {
	e := echo.New()
	e.Use(echo4Route, echo.WrapMiddleware(middleware.Track(reporters...)))
	e.GET("/books/:id", echo4Page(s.book), echo.WrapMiddleware(middleware.Limit(few)))
	e.GET("/books", echo4Page(s.books), echo.WrapMiddleware(middleware.Limit(few)))
	e.GET("/strict", echo4Page(s.books), echo.WrapMiddleware(middleware.Limit(strict)))
	e.GET("/broken", echo4Page(s.broken))
	e.GET("/export", echo4Page(s.export))
	e.GET("/lost/:id", echo4Page(s.lost))
	return e
}

func echo4Page(p page) echo.HandlerFunc {
	return func(c echo.Context) error {
		answer(c.Response(), p(c.Request().Context(), c.Param("id"), sender(c.Response())))
		return nil
	}
}
