# What a person does here. `make help` lists it; everything made goes under var/.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check soak bench coverage docs lock release clean

ARGS ?=
NAME ?=
PYTEST_ARGS ?= -n auto

help: ## Say what each word does
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Make .venv ready to work on Détente (PYTHON chooses the interpreter)
	@scripts/setup dev

demo: ## Play a whole talk between two nodes on this machine (ARGS=--exit ends by itself)
	@scripts/setup run
	@.venv/bin/detente demo $(ARGS)

test: ## Run every test but the long ones (PYTEST_ARGS="-k hotline" for some)
	@scripts/test $(PYTEST_ARGS)

check: ## Check format, lint, types, message catalogue and house rules
	@scripts/check

soak: ## Run every test, the long ones included, on many more examples
	@DETENTE_PROFILE=soak scripts/test -m "soak or not soak" --timeout 3600 $(PYTEST_ARGS)

bench: ## Measure (NAME=… for one figure)
	@scripts/setup dev
	@.venv/bin/python -m benchmarks $(if $(NAME),--name $(NAME))

coverage: ## Show which branches of the pure rooms no test takes
	@scripts/setup dev
	@.venv/bin/coverage run -m pytest --quiet tests/unit tests/property tests/vectors
	@.venv/bin/coverage report

docs: ## Build the documentation: var/docs/html and var/docs/man
	@scripts/docs

lock: ## Write requirements/*.txt anew from pyproject.toml
	@scripts/lock

release: ## Build and compare the files of a release in var/dist
	@scripts/release

clean: ## Remove what was made: var/, .venv/, caches
	rm -rf var .venv
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
