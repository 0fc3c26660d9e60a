#!/usr/bin/env bash
# Sees to a Chromium for the tests in a browser: the one of CHROMIUM_PATH, else Debian's, installed where it is missing.
set -euo pipefail
chromium=${CHROMIUM_PATH:-/usr/bin/chromium}
if [ ! -x "$chromium" ]; then
  [ -z "${CHROMIUM_PATH:-}" ] || { echo "CHROMIUM_PATH names $chromium, which is not there." >&2; exit 1; }
  command -v apt-get >/dev/null || { echo 'No apt-get here: install Chromium, and name it in CHROMIUM_PATH.' >&2; exit 1; }
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
fi
"$chromium" --version
