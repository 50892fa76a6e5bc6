package frameworks

import (
	"bufio"
	"context"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/recover"

	"github.com/querybudget/querybudget/budget"
)

// fiberTrack starts the account of each request, which is not one of net/http.
func fiberTrack(d *budget.Delivery) fiber.Handler {
	return func(c fiber.Ctx) error {
		ctx, recorder := budget.NewContext(c.Context())
		recorder.SetRoute(budget.Route{Method: c.Method()})
		c.SetContext(ctx)
		d.Begin(ctx, recorder)
		defer func() {
			if c.Matched() {
				recorder.SetRoute(budget.Route{Method: c.Method(), Pattern: c.FullPath()})
			}
			d.End(ctx, recorder)
		}()
		return c.Next()
	}
}

// fiberLimit holds a route to a budget.
func fiberLimit(b budget.Budget) fiber.Handler {
	if err := b.Validate(); err != nil {
		panic(err)
	}
	return func(c fiber.Ctx) error {
		recorder := budget.FromContext(c.Context())
		recorder.SetRoute(budget.Route{Method: c.Method(), Pattern: c.FullPath()})
		recorder.SetBudget(b)
		return c.Next()
	}
}

func fiberApp(s *shop, d *budget.Delivery) *fiber.App {
	app := fiber.New(fiber.Config{ErrorHandler: fiberError})
	app.Use(recover.New(), fiberTrack(d)) // a panic would end the process
	app.Get("/books/:id", fiberLimit(few), fiberPage(s.book))
	app.Get("/books", fiberLimit(few), fiberPage(s.books))
	app.Get("/strict", fiberLimit(strict), fiberPage(s.books))
	app.Get("/broken", fiberPage(s.broken))
	app.Get("/export", fiberStream(s.export))
	app.Get("/lost/:id", func(c fiber.Ctx) error { return fiberPage(s.loseTo(c))(c) })
	return app
}

// fiberError answers what handlers return.
func fiberError(c fiber.Ctx, err error) error {
	if errors.Is(err, budget.ErrExceeded) {
		return c.Status(fiber.StatusServiceUnavailable).SendString("This page asks too much of the database.")
	}
	return fiber.DefaultErrorHandler(c, err)
}

func fiberPage(p page) fiber.Handler {
	return func(c fiber.Ctx) error { return p(c.Context(), c.Params("id"), c.SendString) }
}

// fiberStream sends after the handler has returned: what it asks comes in a late report.
// What belongs to the request is not to be used then, so the context is taken before and
// the id is copied.
func fiberStream(p page) fiber.Handler {
	return func(c fiber.Ctx) error {
		ctx, id := context.WithoutCancel(c.Context()), strings.Clone(c.Params("id"))
		return c.SendStreamWriter(func(w *bufio.Writer) {
			_ = p(ctx, id, func(text string) error {
				_, _ = w.WriteString(text)
				return w.Flush()
			})
		})
	}
}
