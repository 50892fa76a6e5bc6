// This file keeps the pictures out of the zip of the module around it, which everybody
// downloads: a folder with a go.mod is another module.
module github.com/querybudget/querybudget/docs/images

go 1.25.0
