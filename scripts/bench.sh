#!/bin/sh
# Builds for release and measures the terminal UI and the daemon. BENCH_GUESTS=200,1000 chooses the sizes.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh run
# The benchmark starts these programs; they lie beside each other in the target directory.
# With --workspace both commands agree on the features of what they share, so that it is compiled once.
cargo build --release --workspace --bins
exec cargo bench --workspace --bench terminal --bench daemon
