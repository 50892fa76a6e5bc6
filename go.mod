module github.com/querybudget/querybudget

go 1.25.0
