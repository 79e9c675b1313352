#!/bin/sh
# Runs the daemon for a real cluster; the configuration is in .env.
set -eu
cd "$(dirname "$0")/.."
if [ ! -f .env ]; then
    cat >&2 <<'END'
run: there is no .env yet. Make one and fill in your cluster:
  cp .env.example .env
  chmod 600 .env
  # then set PROXMOX_HOST, PROXMOX_USER, PROXMOX_TOKEN_NAME and PROXMOX_TOKEN_VALUE in it
To look around without a cluster: make demo
END
    exit 1
fi
scripts/setup.sh run
cargo build --bin nexopsd
# In place of this shell, so that signals reach the daemon itself.
exec "${CARGO_TARGET_DIR:-target}/debug/nexopsd"
