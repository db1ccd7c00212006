# Everything runs in .venv, which `setup` makes; every other target makes it first if need be.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test coverage check lint docs notebooks models datasets bench-accuracy bench-selection bench-adaptive bench-speed bench-halide bench-readme clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[native,halide,lightgbm,report,serve,cluster,docs,notebooks,dev]"
	touch $(STAMP)

demo: setup
	$(BIN)/perfpred demo

test: setup
	$(BIN)/python -m pytest --quiet --numprocesses auto --dist loadgroup

# Which branches no test takes; processes that tests start are counted too.
coverage: setup
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --quiet --numprocesses auto --dist loadgroup
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under 90

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

# Runs every notebook as a user would.
notebooks: setup
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[notebooks,dev]"
	$(BIN)/python notebooks/pair.py --check
	$(BIN)/python -m pytest --quiet --override-ini addopts= -p no:xdist --nbmake --nbmake-timeout 120 notebooks

# Writes the documentation as a site to build/site; nothing is fetched.
docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Re-measures the shipped datasets on this machine (about two hours; resumed by running it again).
datasets: setup
	$(BIN)/perfpred profile --campaign datasets/matmul.toml --resume
	$(BIN)/perfpred profile --campaign datasets/kernels.toml --resume
	$(BIN)/perfpred profile --campaign datasets/threads.toml --resume

models: setup
	$(BIN)/perfpred train datasets/*.csv --models models

bench-accuracy: setup
	$(BIN)/python benchmarks/accuracy.py

bench-selection: setup
	$(BIN)/python benchmarks/selection.py

bench-adaptive: setup
	$(BIN)/python benchmarks/adaptive.py

bench-speed: setup
	$(BIN)/python benchmarks/speed.py

# Profiles and judges the suite of Halide pipelines on this machine (about an hour; resumed by running it again).
bench-halide: setup
	$(BIN)/python benchmarks/halide_suite.py --data datasets/halide --models models \
	  --out benchmarks/results/halide.json --plot benchmarks/results/halide.png

# Renews the figures of README.md.
bench-readme: setup
	$(BIN)/python benchmarks/readme.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build dist
