#!/bin/sh
# Builds for release and measures the daemon. BENCH_GUESTS=200,1000 chooses the sizes.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh run
# The benchmark starts these programs; they lie beside each other in the target directory.
cargo build --release -p pve-sim -p nexopsd -p nexops-cli
exec cargo bench -p nexopsd --bench daemon
