# Everything that is done with Holdfast. `make help` lists it.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: up down clean-data test check conformance bench torture gen baseline help

# Where `up` keeps everything, and what is passed on: make torture ARGS="--minutes 30"
DATA ?= .holdfast
ARGS ?=

HOLDFAST := target/release/holdfast

up: ## Build and run everything on this machine; Ctrl-C stops it, the data stays
	@scripts/compiler && scripts/servers
	cargo build --release -p holdfast -p holdfast-verify
	@exec $(HOLDFAST) up --data-dir $(DATA) $(ARGS)

down: ## Stop what `make up` runs in another terminal
	@if [ -x $(HOLDFAST) ]; then $(HOLDFAST) down --data-dir $(DATA); fi

clean-data: down ## Delete all data of `make up`
	@scripts/clean-data $(DATA)

test: ## Run the whole suite, on servers of its own
	@scripts/compiler && scripts/test $(ARGS)

check: ## Everything that needs no running system: format, lints, contracts, generated files, licences, manifests
	@scripts/compiler && scripts/check

conformance: ## What the product does, by running it: docs/conformance.md, with counts on the last line
	@scripts/compiler && scripts/conformance

bench: ## Measure against references in the same run: target/bench/summary.json
	@scripts/compiler && scripts/servers
	cargo build --release -p holdfast
	@$(HOLDFAST) bench $$(scripts/large-bundle) $(ARGS)

torture: ## Faults for as long as asked (ARGS="--minutes 30"), with counts on the last line
	@scripts/compiler && scripts/servers
	cargo build --release -p holdfast --features faults
	@$(HOLDFAST) torture $(ARGS)

gen: ## Write the generated files again
	@scripts/compiler
	cargo build --workspace --all-targets
	@target/debug/holdfast gen

baseline: ## Accept the contracts as they are: what `make check` compares later changes with
	@scripts/buf build --exclude-source-info -o proto/baseline.binpb

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
