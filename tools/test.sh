#!/usr/bin/env bash
# Everything that is checked: format, lint, types, import contracts, tests, coverage.
#
# The control plane is built (once, into the user's cache) while the rest is installed and linted.
# REQUIRE_CONTROL_PLANE=1: without it this fails, else its tests are skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export VENV="${VENV:-.venv}"
make=("${MAKE:-make}" --no-print-directory "VENV=$VENV")
python="$VENV/bin/python"

"${make[@]}" go
"$python" tools/build_control_plane.py &
builder=$!
trap 'kill "$builder" 2>/dev/null || true' EXIT

"${make[@]}" install
"${make[@]}" lint

if ! wait "$builder" && [[ "${REQUIRE_CONTROL_PLANE:-}" == 1 ]]; then
  echo "test: the control plane could not be built, and REQUIRE_CONTROL_PLANE=1" >&2
  exit 3
fi
trap - EXIT

"$python" -m coverage erase
"$python" -m coverage run -m pytest
"$python" -m coverage combine --quiet
"$python" -m coverage report
"$python" -m coverage report --fail-under=100 --include="$("$python" tools/pure_modules.py)"
