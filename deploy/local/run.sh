#!/usr/bin/env bash
# The one command: creates .venv, installs the pinned requirements, starts the backend and both dashboards.
#
#   bash deploy/local/run.sh [--demo] [--teacher-port N] [--student-port N] [--backend-port N]
#                            [--data-dir DIR] [--host ADDRESS]
#
#   PYTHON=python3.11   the interpreter to create the environment with
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

venv="$root/.venv"
python="${PYTHON:-python3}"
# pip is installed last into a new environment: if it is missing, an earlier attempt was interrupted.
if [ ! -x "$venv/bin/pip" ]; then
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "run.sh: Python 3.11 or newer is needed; set PYTHON to one (found $("$python" --version 2>&1))" >&2
    exit 2
  }
  echo "creating $venv with $("$python" --version) ..."
  "$python" -m venv --clear "$venv" || {
    rm -rf "$venv"
    echo "run.sh: the environment could not be created; on Debian and Ubuntu, install python3-venv" >&2
    exit 2
  }
fi
stamp="$venv/requirements-installed"
wanted="$(cksum < "$root/requirements.txt")"
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  echo "installing requirements.txt (once; about a minute) ..."
  SECONDS=0
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$root/requirements.txt"
  printf '%s' "$wanted" > "$stamp"
  echo "installed in $SECONDS s"
fi
# Without changing the working directory, so that a relative --data-dir is resolved as expected.
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec "$venv/bin/python" -m deploy.local "$@"
