# `make run` is for everybody, the others are for those who work on Vinspect. Needs Python 3.11 or later, nothing else.
PYTHON ?= python3
BIN := .venv/bin
# Python keeps what it has compiled once it is imported; compiling all that is installed would take 50 MB more, and
# PyTorch a minute.
unexport PYTHONDONTWRITEBYTECODE
INSTALL := $(BIN)/pip --disable-pip-version-check --quiet install --no-compile

.PHONY: help run test train bench-read bench-judge bench-serve

help:
	@echo 'make run         read the sample photographs, then serve on http://127.0.0.1:8000'
	@echo 'make test        install everything, check style, types, borders and docs, run all tests and notebooks'
	@echo 'make train       train the networks from nothing, or go on where training stopped'
	@echo 'make bench-read  measure reading beside other readers and print the table of the README'
	@echo 'make bench-judge measure the judge beside two peers, on forgeries of families that it never saw; plots in build/'
	@echo 'make bench-serve measure the service, its record, archive, console and lane, on SQLite and PostgreSQL (takes hours)'

run: .venv/plain
	@$(BIN)/vinspect inspect datasets/samples || test $$? -ne 2
	@$(BIN)/vinspect serve

test: .venv/all
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	rm -rf build/lib build/types
	$(INSTALL) --no-deps --target build/types .
	MYPYPATH=build/types $(BIN)/mypy -p vinspect
	$(BIN)/pytest --junitxml=build/tests.xml --nbmake tests notebooks

train: .venv/all
	$(BIN)/python -m vinspect.models.train locate
	$(BIN)/python -m vinspect.models.train read
	$(BIN)/python -m vinspect.models.train judge
	$(BIN)/python -m vinspect.models.train compare --hours 0.5

bench-read: .venv/all
	$(BIN)/python benchmarks/read.py

bench-judge: .venv/all
	$(INSTALL) -e '.[bench]'
	$(BIN)/python benchmarks/judge.py
	$(BIN)/python benchmarks/before.py
	$(BIN)/python benchmarks/compare.py
	$(BIN)/python benchmarks/hand.py
	$(BIN)/python benchmarks/maker.py
	$(BIN)/python benchmarks/site.py
	$(BIN)/python benchmarks/verdict.py

bench-serve: .venv/all
	$(INSTALL) -e '.[bench]'
	$(BIN)/python benchmarks/serve.py
	$(BIN)/python benchmarks/full.py
	$(BIN)/python benchmarks/batch.py
	$(BIN)/python benchmarks/console.py
	$(BIN)/python benchmarks/lane.py
	$(BIN)/python benchmarks/record.py
	$(BIN)/python benchmarks/uploads.py
	$(BIN)/python benchmarks/openapi.py
	$(BIN)/python benchmarks/archive.py
	$(BIN)/python benchmarks/archive.py --postgres
	$(BIN)/python benchmarks/archive.py --postgres --bulk --files 10000000
	$(BIN)/python benchmarks/log.py --entries 1000000 10000000
	$(BIN)/python benchmarks/log.py --entries 10000000 --quick --postgres
	$(BIN)/python benchmarks/same.py --photographs 3229 --strangers 10000

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit("Vinspect needs Python 3.11 or later: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	@$(BIN)/pip -qq uninstall --yes setuptools  # 8 MB that Python before 3.12 puts there and nothing of this needs
	@touch $@

.venv/plain: .venv/python pyproject.toml
	$(INSTALL) -e .
	@touch $@

.venv/all: .venv/python pyproject.toml
	$(INSTALL) -e '.[train,easyocr,lane,dev]'
	@touch $@ .venv/plain
