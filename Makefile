# The two commands of a newcomer are `make up` and `make test`; everything else is for who stays.
.DEFAULT_GOAL := help
.PHONY: help setup up down logs test check lint format types borders sql pins audit sbom
bin := .venv/bin
# Test processes, each with servers of its own (about 1.5 GB): with 0 all tests run in one, in order.
workers ?= 2
sql_folders := $(wildcard libs/chassis/sql services/*/sql)

help: ## Show this text
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

setup: ## Make .venv from the pins (every other target does it first)
	@scripts/setup

up: setup ## Start everything; returns when it is ready, with addresses and demo log-ins
	@$(bin)/localex up --detach

down: ## Stop everything that `make up` started
	@test ! -x $(bin)/localex || $(bin)/localex down

logs: setup ## Follow the logs
	@$(bin)/localex logs -f

test: setup ## Run all tests, on real servers
	@$(bin)/python -m pytest -q -n $(workers) --dist loadfile --no-loadscope-reorder

check: lint types borders sql audit test ## Run every gate: what CI runs

lint: setup ## Check style and format
	@$(bin)/ruff check --quiet
	@$(bin)/ruff format --check --quiet

format: setup ## Mend what can be mended by machine
	@$(bin)/ruff check --fix --quiet || true
	@$(bin)/ruff format --quiet

types: setup ## Check types
	@$(bin)/mypy

borders: setup ## Check who imports whom
	@$(bin)/lint-imports --no-logo

sql: setup ## Check SQL style
ifneq ($(sql_folders),)
	@$(bin)/sqlfluff lint --disable-progress-bar $(sql_folders)
endif

pins: setup ## Check that constraints, exports and environment agree
	@scripts/pins check

audit: setup ## Look for known holes in what we depend on (says so where it cannot ask)
	@$(bin)/python scripts/supply.py audit

sbom: setup ## Write the bill of materials (CycloneDX) to build/
	@$(bin)/python scripts/supply.py bill
