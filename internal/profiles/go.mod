module github.com/querybudget/querybudget/internal/profiles

go 1.26.0

replace github.com/querybudget/querybudget => ../..

require (
	github.com/google/pprof v0.0.0-20261016150608-1facf8f91b50
	github.com/querybudget/querybudget v0.0.0-00010101000000-000000000000
)
