package frameworks

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// ginMiddleware makes a middleware of net/http one of gin's.
func ginMiddleware(wrap func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request.Pattern = c.FullPath()
		wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
	}
}

func ginEngine(s *shop, reporters ...budget.Reporter) http.Handler {
	r := gin.New()
	r.Use(ginMiddleware(middleware.Track(reporters...)))
	r.GET("/books/:id", ginMiddleware(middleware.Limit(few)), ginPage(s.book))
	r.GET("/books", ginMiddleware(middleware.Limit(few)), ginPage(s.books))
	r.GET("/strict", ginMiddleware(middleware.Limit(strict)), ginPage(s.books))
	r.GET("/broken", ginPage(s.broken))
	r.GET("/export", ginPage(s.export))
	r.GET("/lost/:id", func(c *gin.Context) { ginPage(s.loseTo(c))(c) })
	return r
}

// ginWithFallback takes a gin.Context for the request's context: it asks that for what
// it does not have itself.
func ginWithFallback(s *shop, reporters ...budget.Reporter) http.Handler {
	r := gin.New()
	r.ContextWithFallback = true
	r.Use(ginMiddleware(middleware.Track(reporters...)))
	r.GET("/books/:id", func(c *gin.Context) {
		answer(c.Writer, s.book(c, c.Param("id"), sender(c.Writer)))
	})
	return r
}

func ginPage(p page) gin.HandlerFunc {
	return func(c *gin.Context) {
		answer(c.Writer, p(c.Request.Context(), c.Param("id"), sender(c.Writer)))
	}
}
