#!/usr/bin/env bash
# Sees to a Chromium for the tests in a browser: the one of CHROMIUM_PATH, else Debian's, installed where it is missing.
# With --in-ci it installs only where CI=true; elsewhere nobody asked for it, and those tests say that they are skipped.
set -euo pipefail
chromium=${CHROMIUM_PATH:-/usr/bin/chromium}
if [ ! -x "$chromium" ]; then
  [ "${1:-}" != --in-ci ] || [ "${CI:-}" = true ] || { echo 'No Chromium: tests in a browser are skipped. test/browser/install-chromium.sh installs it.' >&2; exit 0; }
  [ -z "${CHROMIUM_PATH:-}" ] || { echo "CHROMIUM_PATH names $chromium, which is not there." >&2; exit 1; }
  command -v apt-get >/dev/null || { echo 'No apt-get here: install Chromium, and name it in CHROMIUM_PATH.' >&2; exit 1; }
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
fi
"$chromium" --version 2>/dev/null
