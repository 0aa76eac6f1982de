# Two commands are all a newcomer needs: make run, make test.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.set-up

.PHONY: run test setup lint format bench clean

run: setup ## the demo shop, filled through the real path, in the browser
	$(BIN)/earned demo

test: setup ## every test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'earned needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	touch $(STAMP)

lint: setup ## style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## every published figure, printed with what it was compared with
	@for script in bench/*.py; do case $$script in bench/train_*|bench/build_*) ;; *) echo "== $$script"; $(BIN)/python $$script || exit 1;; esac; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis earned-demo
