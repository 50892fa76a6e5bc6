module github.com/querybudget/querybudget/cmd/querybudget

go 1.26.0

replace github.com/querybudget/querybudget => ../..

require github.com/querybudget/querybudget v0.0.0-00010101000000-000000000000
