#!/usr/bin/env bash
# Sees to a nats-server for the tests of many nodes: the one of NATS_SERVER_PATH, else the one on PATH, else Debian's, installed where it is missing.
# With --in-ci it installs only where CI=true; elsewhere nobody asked for it, and those tests say that they are skipped.
set -euo pipefail
# Debian puts it where nobody's PATH looks but root's.
PATH=$PATH:/usr/sbin
server=${NATS_SERVER_PATH:-nats-server}
if ! command -v "$server" >/dev/null; then
  [ "${1:-}" != --in-ci ] || [ "${CI:-}" = true ] || { echo 'No nats-server: tests of many nodes are skipped. test/kit/install-nats-server.sh installs it.' >&2; exit 0; }
  [ -z "${NATS_SERVER_PATH:-}" ] || { echo "NATS_SERVER_PATH names $server, which is not there." >&2; exit 1; }
  command -v apt-get >/dev/null || { echo 'No apt-get here: install nats-server, and name it in NATS_SERVER_PATH.' >&2; exit 1; }
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nats-server
fi
"$server" --version
