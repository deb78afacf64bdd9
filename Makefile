# Each target is a few lines of pip and dvc that the README gives for people without make.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
export PATH := $(CURDIR)/.venv/Scripts;$(PATH)
else
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Any but /bin/sh: else Apple's make looks for programs in the PATH that it was started with.
SHELL := /bin/bash
endif

.PHONY: repro serve test lock

repro: .venv/train
	reprise check
	dvc repro
	dvc metrics show reports/evaluate/metrics.json
	@echo "plots:" && dvc plots show
	@echo "bundle: models/bundle"

serve: .venv/serve
	reprise serve

test: .venv/dev
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --cov

# An environment is as new as the lock and the project file it was made from.
.venv/%: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	pip install --quiet --constraint requirements.lock --editable '.[$*]'
	touch $@

# Pins every package for every supported Python and platform; `make lock UPGRADE=--upgrade` takes the newest ones.
# The sed takes away the marker that all of them share.
lock: .venv/dev
	uv pip compile --quiet $(UPGRADE) --universal --fork-strategy fewest --python-version 3.11 --all-extras \
		--no-annotate --no-header pyproject.toml --output-file requirements.lock
	sed -i.bak -E "s/ ; python_full_version < '3.15' and \(\(platform_machine == 'arm64' and sys_platform == 'darwin'\) or sys_platform == 'linux' or sys_platform == 'win32'\)$$//" requirements.lock
	rm requirements.lock.bak
