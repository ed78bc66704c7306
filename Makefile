# Everything a person needs, each with its set-up: `make` lists it. Set-up speaks on standard error only.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ARGS ?=
# tests start many processes, each of which would compile everything anew
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
PYTHON_FILES := src simulator tests scripts
CATALOGUES := $(wildcard src/almanakka/locale/*/LC_MESSAGES/*.po)

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: set-up $(if $(findstring --once,$(ARGS)),,bundle) ## Run the whole product with simulated people: make demo ARGS="--once --json"
	@exec $(BIN)/almanakka demo $(ARGS)

.PHONY: test
# what the tests speak to is on this machine, where no proxy leads to
test: export no_proxy := localhost,127.0.0.1,$(or $(no_proxy),$(NO_PROXY))
test: set-up ## Run every test: make test ARGS="tests/unit -n 0"
	@$(if $(filter-out tests/browser%,$(filter tests/%,$(ARGS))),,scripts/browser)
	@exec $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

.PHONY: prove
prove: export no_proxy := localhost,127.0.0.1,$(or $(no_proxy),$(NO_PROXY))
prove: set-up ## Prove the engine at full size, an hour or more: make prove ARGS="memory faults"
	@exec $(BIN)/python scripts/prove.py $(ARGS)

.PHONY: bench
bench: set-up ## Measure speed and memory beside their floors: make bench ARGS="first-2000 --quick"
	@PYTHONPATH=tests:$$PYTHONPATH exec $(BIN)/python -m bench $(ARGS)

.PHONY: screenshots
screenshots: export no_proxy := localhost,127.0.0.1,$(or $(no_proxy),$(NO_PROXY))
screenshots: set-up ## Photograph every page into screenshots/: make screenshots ARGS="--keep" makes the guides' anew
	@$(if $(findstring --check,$(ARGS)),,scripts/browser)
	@PYTHONPATH=tests:$$PYTHONPATH exec $(BIN)/python -m screenshots $(ARGS)

.PHONY: check
check: lint types floors house migrations translations ## Run every static check

.PHONY: lint
lint: set-up ## Check style and layout (ruff)
	@$(BIN)/ruff check $(PYTHON_FILES)
	@$(BIN)/ruff format --check $(PYTHON_FILES)

.PHONY: types
types: set-up ## Check types, strictly in sync and remote (mypy)
	@$(BIN)/mypy

.PHONY: floors
floors: set-up ## Check who may import whom (import-linter)
	@PYTHONPATH=scripts $(BIN)/lint-imports

.PHONY: house
house: set-up ## Check the glossary, module names and module lengths
	@$(BIN)/python scripts/house_rules.py

.PHONY: migrations
migrations: set-up ## Check that every change of a model has its migration
	@$(BIN)/python scripts/migrations.py

.PHONY: translations
translations: set-up ## Check that every sentence is translated
	@$(BIN)/python scripts/translations.py check

.PHONY: messages
messages: set-up ## Bring the catalogues in line with the sentences in the source
	@$(BIN)/python scripts/translations.py update

.PHONY: format
format: set-up ## Rewrite the source in the house style
	@$(BIN)/ruff check --fix $(PYTHON_FILES)
	@$(BIN)/ruff format $(PYTHON_FILES)

.PHONY: environment
environment:
	@scripts/set-up

.PHONY: set-up
set-up: environment $(CATALOGUES:.po=.mo) ## Install everything and stop

# two makes at once: one after the other, for they write to the same draft
%.mo: %.po | environment
	@$(if $(shell command -v flock 2>/dev/null),flock scripts/translations.py) $(BIN)/python scripts/translations.py compile $<

.PHONY: bundle
bundle: environment ## Make the style sheets and scripts that browsers are served, with npm
	@scripts/bundle

.PHONY: clean
clean: ## Remove everything that set-up and the checks have made
	@rm -rf .tools .venv node_modules src/almanakka/static/bundle .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -f $(CATALOGUES:.po=.mo)
