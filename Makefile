# Works with Go, git, GNU make and bash alone; everything else is pinned under tools/ and built on first use.
# `make help` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

GO ?= go
VERSION ?= $(shell git describe --tags --match 'v*' --always --dirty 2>/dev/null || echo dev)
STAMP := -s -w -X github.com/kubeharden/kubeharden/internal/cli.version=$(VERSION)
BIN := bin/kubeharden

# Tools: each has a module of its own, so that none of their dependencies reaches ours.
TOOLS := bin/tools
GOLANGCI_LINT := $(TOOLS)/golangci-lint
DEADCODE := $(TOOLS)/deadcode
BENCHSTAT := $(TOOLS)/benchstat

# Real manifests beside the repository, if there are any; the examples stand in for them.
CORPUS ?= $(if $(wildcard ../shared/corpus/.),../shared/corpus)
BENCH_DIR ?= $(or $(TMPDIR),/tmp)/kubeharden-bench
BENCH_OUT := .bench
BENCH ?= .
COUNT ?= 6
RUNS ?= 5
FUZZ ?= .
FUZZTIME ?= 60s
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: help
help: ## Print this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##### Build and try

.PHONY: build
build: ## Build bin/kubeharden
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(STAMP)' -o $(BIN) ./cmd/kubeharden

# The insecure example has findings (exit code 1), and showing them is the point; 2 is a failure.
.PHONY: run
run: build ## Build, scan examples/ and print the report
	@$(BIN) scan examples/ || { code=$$?; [ $$code -eq 1 ] || exit $$code; }

# Built and not run by `go run`, which would not pass on the signals that end it.
.PHONY: cluster
cluster: ## Start a real cluster until Ctrl-C (the first time, build Kubernetes: ten minutes; flags in ARGS, as in ARGS=-help)
	@$(GO) build -o bin/cluster ./test/cluster/cmd
	@exec bin/cluster $(ARGS)

##### Check

.PHONY: programs
programs: ## Build the programs of the clusters that tests start (the first time ten minutes; KUBEHARDEN_TEST_CLUSTER=off for none)
	@$(GO) run ./test/cluster/cmd -build

.PHONY: test
test: programs ## Run all tests
	$(GO) test -timeout 30m ./...
	$(GO) -C test/authorizer test ./...
	$(GO) -C test/apiserverconfig test ./...
	$(GO) -C test/componentflags test ./...

.PHONY: race
race: programs ## Run all tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -timeout 60m -race ./...

.PHONY: lint
lint: $(GOLANGCI_LINT) $(DEADCODE) ## Run the linters (the first time, build them: a minute or two)
	$(GOLANGCI_LINT) config verify
	$(GOLANGCI_LINT) run ./...
	@dead=$$($(DEADCODE) -test ./...); if [ -n "$$dead" ]; then printf '%s\n' "$$dead" "code that neither a program nor a test reaches: remove it"; exit 1; fi

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format all Go files
	$(GOLANGCI_LINT) fmt ./...

.PHONY: generate
generate: ## Write the generated files
	$(GO) -C test/authorizer generate ./...
	$(GO) generate ./...

# Compares before and after rather than with the last commit, so that it can run on a work tree with changes.
.PHONY: verify
verify: ## Fail if a generated file or go.mod is out of date
	@state() { git ls-files -z --cached --others --exclude-standard | xargs -0 cksum 2>/dev/null || true; }; \
	before=$$(state); $(GO) -C test/authorizer generate ./...; $(GO) generate ./...; after=$$(state); \
	if [ "$$before" != "$$after" ]; then \
		diff <(printf '%s\n' "$$before") <(printf '%s\n' "$$after") | awk '/^>/ { print $$4 ": was out of date, rewritten" }'; \
		echo "generated files were out of date: commit what make generate wrote"; exit 1; fi
	$(GO) mod tidy -diff

.PHONY: docs
docs: ## Write the generated pages, then check every link in the documentation
	$(GO) generate ./...
	$(GO) test ./docs

# One target after the other, FUZZTIME each; FUZZ is a pattern for their names.
.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (60s)
	@list=$$({ grep -rn --include='*_test.go' -oE '^func Fuzz[A-Za-z0-9_]*' . || true; } | sed -E 's|/[^/]+:[0-9]+:func | |' | sort -u | awk -v want='$(FUZZ)' '$$2 ~ want'); \
	if [ -z "$$list" ]; then echo "no fuzz target matches $(FUZZ)"; exit 1; fi; \
	while read -r dir target; do \
		echo "== $$dir $$target"; $(GO) test "$$dir" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) </dev/null; \
	done <<< "$$list"

##### Measure

BENCH_PKGS = $(sort $(dir $(shell grep -rl --include='*_test.go' '^func Benchmark' .)))

.PHONY: bench
bench: bench-go bench-e2e ## Measure everything: Go benchmarks, then whole scans of the corpus and a 10x copy

.PHONY: bench-go
bench-go: ## Run the Go benchmarks matching BENCH, COUNT times
	@mkdir -p $(BENCH_OUT)
	@if [ -z "$(BENCH_PKGS)" ]; then echo "no Go benchmark yet"; else \
		$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) $(BENCH_PKGS) | tee $(BENCH_OUT)/new.txt; fi

.PHONY: bench-base
bench-base: bench-go ## Run the Go benchmarks and keep the result as the base of bench-diff
	@cp $(BENCH_OUT)/new.txt $(BENCH_OUT)/base.txt

.PHONY: bench-diff
bench-diff: $(BENCHSTAT) ## Run the Go benchmarks and compare them with the base
	@test -f $(BENCH_OUT)/base.txt || { echo "no base: run make bench-base on the commit to compare with"; exit 1; }
	@$(MAKE) --no-print-directory bench-go
	$(BENCHSTAT) $(BENCH_OUT)/base.txt $(BENCH_OUT)/new.txt

# Without a corpus, 100 copies of the examples are "once" and 1,000 are "ten times".
ifeq ($(CORPUS),)
BENCH_ONCE := $(BENCH_DIR)/examples-100
BENCH_TEN := $(BENCH_DIR)/examples-1000
BENCH_HUNDRED := $(BENCH_DIR)/examples-10000
else
BENCH_ONCE := $(CORPUS)
BENCH_TEN := $(BENCH_DIR)/corpus-10
BENCH_HUNDRED := $(BENCH_DIR)/corpus-100
endif

.PHONY: bench-e2e
bench-e2e: build bench-note $(BENCH_ONCE) $(BENCH_TEN) ## Measure whole scans of the corpus and a 10x copy
	$(GO) run ./test/benche2e -bin $(BIN) -runs $(RUNS) $(BENCH_ONCE) $(BENCH_TEN)

.PHONY: bench-large
bench-large: build bench-note $(BENCH_HUNDRED) ## Measure whole scans of a 100x copy (some GB of disk)
	$(GO) run ./test/benche2e -bin $(BIN) -runs 3 -small '' $(BENCH_HUNDRED)

.PHONY: bench-note
bench-note:
	@$(if $(CORPUS),:,echo "no corpus at ../shared/corpus (or CORPUS=FOLDER): measuring copies of examples/ instead")

# A copy is made under another name first, so that an interrupted one is never measured.
$(BENCH_DIR)/corpus-%:
	@rm -rf '$@' '$@.part'; $(GO) run ./test/corpusgen -n $* -o '$@.part' '$(CORPUS)'; mv '$@.part' '$@'

$(BENCH_DIR)/examples-%:
	@rm -rf '$@' '$@.part'; $(GO) run ./test/corpusgen -n $* -o '$@.part' examples; mv '$@.part' '$@'

##### Ship

.PHONY: release
release: ## Cross-build all platforms into dist/ with checksums
	@rm -rf dist; mkdir -p dist; \
	for p in $(PLATFORMS); do \
		os=$${p%/*}; arch=$${p#*/}; name=kubeharden_$(VERSION)_$${os}_$${arch}; \
		[ $$os != windows ] || name=$$name.exe; \
		echo "dist/$$name"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -buildvcs=false -ldflags '-s -w $(STAMP)' -o "dist/$$name" ./cmd/kubeharden; \
	done; \
	cd dist; { sha256sum kubeharden_* 2>/dev/null || shasum -a 256 kubeharden_*; } > SHA256SUMS; cat SHA256SUMS

.PHONY: clean
clean: ## Remove what was built and measured
	rm -rf bin dist $(BENCH_OUT) '$(BENCH_DIR)'/{corpus,examples}-*

# `tool` builds all tools of the module; Go's own cache makes the second time cheap.
$(TOOLS)/%: tools/%/go.mod tools/%/go.sum
	@mkdir -p $(TOOLS)
	GOWORK=off $(GO) build -C tools/$* -buildvcs=false -o '$(CURDIR)/$(TOOLS)/' tool
	@touch $@
