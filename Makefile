# Everything mtpipe needs on a fresh machine; `make` or `make help` lists the targets.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
OUT ?= out/demo
WMT25_DIR ?= ../shared/bench/wmt25-enes

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(BIN)/mtpipe: setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(BIN)/mtpipe
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

install: $(BIN)/mtpipe ## virtual environment with mtpipe (no torch)

demo: $(BIN)/mtpipe ## translate data/demo en→de under a glossary with the bundled model
	$(BIN)/mtpipe translate data/demo --out $(OUT) --source-lang en --target-lang de --glossary glossaries/en-de.office.csv

test: $(VENV)/.dev ## all set-up, then the tests
	$(BIN)/python -m pytest

lint: $(VENV)/.dev ## flake8, isort, mypy
	$(BIN)/flake8 mtpipe tests && $(BIN)/isort --check --quiet mtpipe tests && $(BIN)/mypy

clean: ## remove what the other targets made
	rm -rf $(VENV) out build *.egg-info .pytest_cache .mypy_cache .hypothesis

.PHONY: help install demo test lint clean
.DEFAULT_GOAL := help
