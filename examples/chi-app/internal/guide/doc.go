// Package guide holds the code of docs/tests.md. Its tests are those of the page.
package guide
