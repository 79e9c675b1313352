#!/bin/sh
# Prints a Python that has aiosmtpd, of which the mail servers of tests and of the chaos are made; installs it once.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "mail-python: $*" >&2; }

version=1.4.6
tools=${CARGO_TARGET_DIR:-$PWD/target}/aiosmtpd-$version
if [ ! -x "$tools/bin/aiosmtpd" ]; then
    rm -rf "$tools"
    python3 -m venv "$tools" || {
        say 'a Python environment cannot be made; install python3-venv (apt-get install python3-venv) and start again'
        exit 1
    }
    "$tools/bin/pip" install --quiet --disable-pip-version-check "aiosmtpd==$version" >&2 || {
        rm -rf "$tools"
        say "aiosmtpd $version cannot be installed from PyPI; the tests of mail need it, so make PyPI reachable once"
        exit 1
    }
fi
echo "$tools/bin/python"
