#!/usr/bin/env bash
# Runs every check of the project: ruff, mypy, import contracts, all tests. Makes its own environment.
#
#   bash tests/run.sh                 everything
#   bash tests/run.sh tests/shared    only these tests (pytest's arguments), after the static checks
#
#   PYTHON=python3.11   the interpreter that makes the environment
#   PROCESSES=4         how many tests run at a time
#   BROWSERS=2          how many tests run at a time that drive a browser
#   CHROMIUM=/path      the browser (default /usr/bin/chromium-headless-shell, or else /usr/bin/chromium)
#   REQUIRE_ALL=1       a missing browser, strace, node or emulator fails instead of being skipped
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONDONTWRITEBYTECODE # the tests start hundreds of processes; without bytecode each compiles everything anew

venv=.venv
python="${PYTHON:-python3}"
if [ ! -x "$venv/bin/python" ]; then
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "tests/run.sh: Python 3.11 or newer is needed; set PYTHON to one (found $("$python" --version 2>&1))" >&2
    exit 2
  }
  "$python" -m venv "$venv"
fi
stamp="$venv/tests-installed"
wanted="$(cat requirements.txt tests/requirements.txt | cksum)"
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  echo "installing requirements.txt and tests/requirements.txt into $venv ..."
  pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile)
  "${pip[@]}" -r requirements.txt -r tests/requirements.txt
  printf '%s' "$wanted" > "$stamp"
  is_new=1
fi

# What is fetched beside Python is made while the static checks run; so is the bytecode of what a new environment's tests
# import, less than half of what is installed, which otherwise every process of the first run would make.
typed="$(mktemp)"
trap 'kill $(jobs -p) 2>/dev/null || true; rm -f "$typed"' EXIT
"$venv/bin/python" -m tests.deploy.aws.prepare &
emulator=$!
"$venv/bin/python" -m tests.browser.amplify.prepare &
amplify=$!
compiled=
if [ -n "${is_new:-}" ]; then
  "$venv/bin/python" -m pytest --collect-only --quiet > /dev/null &
  compiled=$!
fi
# It needs one core for half a minute, and many tests leave one idle: its answer is printed after theirs.
"$venv/bin/mypy" > "$typed" 2>&1 &
mypy=$!

"$venv/bin/ruff" check .
"$venv/bin/ruff" format --check .
wait "$emulator"
wait "$amplify"
if [ -n "$compiled" ]; then wait "$compiled" || true; fi

# Browsers are busy where other tests wait: apart, neither holds the other up. Both parts always run.
result=5 # pytest's answer when no test was asked for
tests() {
  local code=0
  "$venv/bin/python" -m pytest --dist worksteal "$@" || code=$?
  if [ "$result" -eq 5 ] || { [ "$result" -eq 0 ] && [ "$code" -ne 5 ]; }; then result=$code; fi
}
tests --numprocesses "${PROCESSES:-4}" -m "not browser" "${@:---ignore=tests/browser}"
tests --numprocesses "${BROWSERS:-2}" -m browser "${@:-tests/browser}"
is_typed=0
wait "$mypy" || is_typed=$?
cat "$typed"
if [ "$is_typed" -ne 0 ]; then result=$is_typed; fi
exit "$result"
