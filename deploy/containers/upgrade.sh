#!/bin/sh
# Builds the images of this checkout, backs up the data, starts them, and goes back if they are not healthy.
#
#   git pull && deploy/containers/upgrade.sh
#
# The dashboards are down from the backup until the new ones answer: no row can be lost in between. To go back,
# it starts the previous images; only if those refuse the data (a migration changed it) does it restore the
# backup, and keeps the newer data beside it. Exits with 1 after going back.
set -eu
cd "$(dirname "$0")"

new="$(date -u +%Y%m%dT%H%M%SZ)"
old="$(sed -n 's/^IMAGE_TAG=//p' .env)"
old="${old:-latest}"
backup="backup-before-$new.tar"

is_embedded() { grep -q '^COMPOSE_PROFILES=.*embedded' .env; }
in_backend() { docker compose run --rm -T --no-deps backend python3 -m deploy.local "$@"; }
start() { docker compose up -d --wait --wait-timeout 180; }
use_tag() {
  { grep -v '^IMAGE_TAG=' .env || true; echo "IMAGE_TAG=$1"; } > .env.new
  cat .env.new > .env  # not replaced: it keeps its owner and mode
  rm .env.new
}

IMAGE_TAG="$new" docker compose build
docker compose stop
if is_embedded; then
  (umask 077; in_backend backup - > "$backup") || { rm -f "$backup"; start; exit 1; }
fi
use_tag "$new"
if start; then
  echo "upgraded to $new; the previous images are $old"
  exit 0
fi

echo "the new images are not healthy: going back to $old" >&2
docker compose stop
use_tag "$old"
if start; then exit 1; fi
is_embedded || exit 1
docker compose stop
in_backend restore - --replace < "$backup"
start
exit 1
