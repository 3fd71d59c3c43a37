#!/usr/bin/env bash
# What the images install, from whom, and under which licence.
#
#   bash deploy/containers/supply_chain.sh lock         after a change of requirements.txt or backend.in: every package with
#                                                       all that it needs in turn, pinned, with the hashes of its files
#   bash deploy/containers/supply_chain.sh audit        known vulnerabilities (pip-audit; needs the internet)
#   bash deploy/containers/supply_chain.sh sbom [FILE]  a CycloneDX bill of materials, with licences; default: standard output
#
# Its own tools are installed into .venv-supply-chain, once.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
here=deploy/containers
cd "$root"

tools="$root/.venv-supply-chain"
pinned=(uv==0.13.9 pip-audit==2.10.1 cyclonedx-bom==7.5.0)
if [ "$(cat "$tools/installed" 2>/dev/null)" != "${pinned[*]}" ]; then
  "${PYTHON:-python3}" -m venv --clear "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check "${pinned[@]}"
  echo "${pinned[*]}" > "$tools/installed"
fi

compile() { # SOURCE LOCK OPTION...
  "$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "bash $here/supply_chain.sh lock" \
    "$1" --output-file "$2" "${@:3}"
}

case "${1:-}" in
  lock)
    compile requirements.txt "$here/dashboards.lock"
    compile "$here/backend.in" "$here/backend.lock" --constraints "$here/dashboards.lock"
    # Both platforms have a wheel of everything, with these hashes.
    for platform in x86_64-manylinux_2_28 aarch64-manylinux_2_28; do
      for lock in dashboards backend; do
        "$tools/bin/uv" pip install --quiet --dry-run --target "$tools/dry" --only-binary :all: --require-hashes \
          --python-version 3.11 --python-platform "$platform" --requirements "$here/$lock.lock"
      done
    done
    ;;
  audit)
    # --strict: a package that could not be looked up is a failure, not a package without faults.
    "$tools/bin/pip-audit" --strict --disable-pip --require-hashes --requirement "$here/dashboards.lock"
    ;;
  sbom)
    installed="$(mktemp -d)"
    trap 'rm -rf "$installed"' EXIT
    "${PYTHON:-python3}" -m venv --without-pip "$installed"
    "$tools/bin/uv" pip install --quiet --python "$installed/bin/python" --only-binary :all: --require-hashes \
      --requirements "$here/dashboards.lock"
    "$tools/bin/cyclonedx-py" environment "$installed/bin/python" --output-reproducible --output-format JSON \
      --output-file "${2:--}"
    ;;
  *)
    sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
