module example.com/generated

go 1.25

require example.com/fakedb v0.0.0

replace example.com/fakedb => ../fakedb
