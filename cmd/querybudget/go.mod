module github.com/querybudget/querybudget/cmd/querybudget

go 1.26.0

replace github.com/querybudget/querybudget => ../..

require github.com/querybudget/querybudget v0.0.0-00010101000000-000000000000

require (
	github.com/owenrumney/go-sarif/v3 v3.3.1
	github.com/xeipuuv/gojsonpointer v0.0.0-20180127040702-4e3ac2762d5f // indirect
	github.com/xeipuuv/gojsonreference v0.0.0-20180127040603-bd5ef7bd5415 // indirect
	github.com/xeipuuv/gojsonschema v1.2.0 // indirect
)
