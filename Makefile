# The modules of the repository, each with a go.mod of its own.
MODULES := . pgxwrap exporters/otelbudget middleware/grpcbudget examples/chi-app examples/pgx-app internal/bench internal/browser internal/corpus internal/profiles cmd/querybudget zerocode/inject

# Pinned tools. They are built from source, so that no binary is downloaded.
GOLANGCI_LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GO_NEXT := go1.27.0

# Tests that build programs, in which it makes no difference how stacks are taken.
PROGRAMS := TestInlinedClosures|TestStandardLibrarySuite

.PHONY: build test screenshots foreign woven frameworks drivers profilers first-compile e2e paths arm64 cross lint tidy bench corpus guard next fuzz mutate

build:
	for m in $(MODULES); do (cd $$m && go build ./...) || exit 1; done

# All tests of all modules, with the race detector, on every database and in a browser.
# It installs nothing: servers that are missing are named. make test INSTALL=1 installs
# them, and says so before.
test:
	scripts/with-chromium
	scripts/with-databases scripts/each $(MODULES)

# The pictures in docs/images, made anew.
screenshots:
	scripts/with-chromium
	cd internal/browser && go run ./cmd/screenshots -o ../../docs/images

# The tests of other projects on a wrapped database/sql, bare beside wrapped: a nightly
# check, see docs/foreign.md.
foreign:
	scripts/with-databases scripts/foreign
	scripts/with-databases scripts/foreign-pgx

# The rules for orchestrion, on a service that they are woven into: its engine takes
# minutes to build, so this is a module that nothing else builds.
woven:
	cd zerocode/inject/woven && GOWORK=off go test ./...

# The recipes for routers, servers and workers: they pull so much that nothing else
# builds them.
frameworks:
	scripts/with-databases sh -ec 'cd examples/frameworks && export GOWORK=off && go mod tidy -diff && go vet -race ./... && go test -race -vet=off ./...'

# The recipes for drivers, connectors and ORMs, for the same reason.
drivers:
	cd examples/drivers && GOWORK=off go mod tidy -diff && GOWORK=off go vet -race ./...
	scripts/with-databases sh -ec 'cd examples/drivers && GOWORK=off go test -race -vet=off ./...'

# Pyroscope's own parser on our profiles: it requires hundreds of modules, so this is one
# that nothing else builds.
profilers:
	cd internal/profiles/pyroscope && GOWORK=off go mod tidy -diff && GOWORK=off go vet -race ./... && GOWORK=off go test -race -vet=off ./...

# The example with a real collector and a real Prometheus, and the alert rules.
e2e:
	scripts/e2e

# What somebody waits for at the first look at the example: minutes.
first-compile:
	scripts/first-compile

lint:
	for m in $(MODULES); do (cd $$m && $(GOLANGCI_LINT) run ./...) || exit 1; done

# Fails if a go.mod or go.sum is not tidy.
tidy:
	for m in $(MODULES); do (cd $$m && GOWORK=off go mod tidy -diff) || exit 1; done

# Stacks are taken in two ways, and the race detector has only one of them: here is
# the other, also while stacks move all the time, and the first one by its tag.
paths:
	go test -skip '$(PROGRAMS)' ./callsite ./budget ./sqlwrap/...
	GOGC=1 GODEBUG=adaptivestackstart=1,gcstoptheworld=2 go test -count=1 -short -run 'Captured|Chains|CallSite' ./callsite
	go test -tags purego -run 'Captured|Chains|CallSite|LostContext' ./callsite ./budget

arm64:
	scripts/arm64

# Each assembly on a system that is not Linux. That what nobody runs here has the right types,
# on 32 bits and on each kind of system, internal/rules tests.
cross:
	for t in linux/386 windows/amd64 darwin/arm64 js/wasm; do GOOS=$${t%/*} GOARCH=$${t#*/} sh -ec 'go build ./callsite && go vet ./callsite' || exit 1; done

# Measures a query beside its peers, prints the tables and writes docs/benchmarks.md:
# a minute or two.
bench:
	scripts/with-databases sh -ec 'cd internal/bench && go run . -o ../../docs/benchmarks.md'

# How often the rules of findings are right, on labelled cases: make corpus ARGS=-v
corpus:
	scripts/with-databases sh -ec 'cd internal/corpus && go run ./cmd/corpus $(ARGS)'

# Each benchmark once, so that none can rot, and what a query may cost. Packages that
# have neither are not built.
guard:
	for d in $$(grep -rlE --include='*_test.go' '^func (Benchmark|Test[A-Za-z]*Guard)' . | xargs -n1 dirname | sort -u); do (cd $$d && go test -vet=off -run=Guard -bench=. -benchtime=1x .) || exit 1; done

# The next version of Go: what is behind its build tag, and what reads the stacks of its runtime.
next:
	GOTOOLCHAIN=$(GO_NEXT) go build ./... && GOTOOLCHAIN=$(GO_NEXT) go test -vet=off -skip TestInlinedClosures ./callsite ./budget/... ./sqlwrap/... ./middleware/...
	cd exporters/otelbudget && GOTOOLCHAIN=$(GO_NEXT) go test -vet=off .
	scripts/with-databases sh -ec 'cd examples/chi-app && GOTOOLCHAIN=$(GO_NEXT) go test -vet=off -run "Drivers|Counts|Libraries" .'

# Breaks a package on purpose, and lists what no test notices: make mutate PKG=./statement N=50
mutate:
	go run ./internal/mutate -n $(or $(N),0) $(PKG)

fuzz:
	go test ./statement -run=NONE -fuzz=FuzzRead -fuzztime=1m
	go test ./statement -run=NONE -fuzz=FuzzLiterals -fuzztime=1m
	go test ./statement -run=NONE -fuzz=FuzzClauses -fuzztime=1m
	go test ./budget -run=NONE -fuzz=FuzzSelectShape -fuzztime=1m
	cd cmd/querybudget && go test ./result -run=NONE -fuzz=FuzzRead -fuzztime=1m -fuzzminimizetime=10x
	cd cmd/querybudget && go test ./baseline -run=NONE -fuzz=FuzzParse -fuzztime=1m
	cd cmd/querybudget && go test ./traces -run=NONE -fuzz=FuzzProtobuf -fuzztime=1m
	cd cmd/querybudget && go test ./traces -run=NONE -fuzz=FuzzJSON -fuzztime=1m
	go test ./exporters/panel -run=NONE -fuzz=FuzzMarkSQL -fuzztime=1m
	go test ./exporters/panel -run=NONE -fuzz=FuzzPages -fuzztime=1m
	go test ./explain -run=NONE -fuzz=FuzzJudge -fuzztime=1m
