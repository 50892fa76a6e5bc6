module example.com/vendored

go 1.25

require (
	example.com/actor v1.0.0
	example.com/fakedb v0.0.0
)

replace example.com/fakedb => ../fakedb
