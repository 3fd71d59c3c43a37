#!/bin/sh
# Builds the images of this checkout, backs the data up, starts them, and comes back if they are not well.
#
#   git pull && deploy/containers/upgrade.sh
#
# The dashboards are away from the backup until the new ones answer: no row can be lost between the two. The
# way back starts the former images; only if those refuse the data (a migration changed it) is the backup
# restored, and the newer data is kept beside it. Ends with 1 when it went back.
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
  cat .env.new > .env  # the file stays: its owner and mode too
  rm .env.new
}

IMAGE_TAG="$new" docker compose build
docker compose stop
if is_embedded; then
  (umask 077; in_backend backup - > "$backup") || { rm -f "$backup"; start; exit 1; }
fi
use_tag "$new"
if start; then
  echo "upgraded to $new; the former images are $old"
  exit 0
fi

echo "the new images are not well: going back to $old" >&2
docker compose stop
use_tag "$old"
if start; then exit 1; fi
is_embedded || exit 1
docker compose stop
in_backend restore - --replace < "$backup"
start
exit 1
