module example.com/states

go 1.26.0
