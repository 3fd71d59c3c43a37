#!/usr/bin/env bash
# The one command: makes .venv, installs what is pinned, starts the backend and both dashboards.
#
#   bash deploy/local/run.sh [--demo] [--teacher-port N] [--student-port N] [--backend-port N]
#                            [--data-dir DIR] [--host ADDRESS]
#
#   PYTHON=python3.11   the interpreter that makes the environment
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv
python="${PYTHON:-python3}"
if [ ! -x "$venv/bin/python" ]; then
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "run.sh: Python 3.11 or newer is needed; set PYTHON to one (found $("$python" --version 2>&1))" >&2
    exit 2
  }
  echo "making $venv with $("$python" --version) ..."
  "$python" -m venv "$venv"
fi
stamp="$venv/requirements-installed"
wanted="$(cksum < requirements.txt)"
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  echo "installing requirements.txt (once; about a minute) ..."
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
  printf '%s' "$wanted" > "$stamp"
fi
exec "$venv/bin/python" -m deploy.local "$@"
