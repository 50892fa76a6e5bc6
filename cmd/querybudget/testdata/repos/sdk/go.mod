module example.com/sdk

go 1.26.0

require (
	example.com/fakedb v0.0.0
	github.com/querybudget/querybudget v0.0.0-00010101000000-000000000000
)

require github.com/go-chi/chi/v5 v5.5.0 // indirect

replace example.com/fakedb => ../fakedb
