#!/bin/sh
# Looks for what is needed and installs what is missing, where it may.
#   setup.sh build   a C compiler and cargo
#   setup.sh package the same, and dpkg's tools for building packages
#   setup.sh run     the same, PostgreSQL server binaries and curl
#   setup.sh test    the same, redis-server, and what tests of the API and of completions need: Chromium, Python's venv,
#                    zsh and fish
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-test}

say() { printf '%s\n' "setup: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

missing=
miss() { missing="$missing $1"; }

have cc || miss compiler
case $purpose in
build) ;;
package) have dpkg-shlibdeps || miss dpkg ;;
run | test)
    scripts/find-postgres.sh >/dev/null || miss postgres
    have curl || miss curl
    if [ "$purpose" = test ]; then
        have redis-server || miss redis
        have chromium || have chromium-browser || have google-chrome || miss chromium
        python3 -c 'import ensurepip, venv' 2>/dev/null || miss venv
        have zsh || miss zsh
        have fish || miss fish
    fi
    ;;
*)
    say "unknown purpose '$purpose'; it is build, package, run or test"
    exit 2
    ;;
esac

# Names of the missing things in the words of one packager: its compiler, PostgreSQL, curl, Redis, Chromium, Python.
packages() {
    for thing in $missing; do
        case $thing in
        compiler) printf ' %s' "$1" ;;
        postgres) printf ' %s' "$2" ;;
        curl) printf ' %s' "$3" ;;
        redis) printf ' %s' "$4" ;;
        chromium) printf ' %s' "$5" ;;
        venv) printf ' %s' "$6" ;;
        dpkg) printf ' dpkg-dev' ;;
        zsh | fish) printf ' %s' "$thing" ;;
        esac
    done
}

install_with_apt() {
    wanted=$(packages 'gcc libc6-dev' postgresql curl redis-server chromium 'python3 python3-venv')
    line="apt-get install --yes --no-install-recommends$wanted"
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=sudo
    else
        say "please run: sudo $line"
        exit 1
    fi
    say "running: $line"
    # RUNLEVEL=1 keeps packages from starting services where the init system listens to it. Elsewhere Debian may start
    # its own PostgreSQL and Redis; NexOps uses neither, `systemctl disable --now postgresql redis-server` ends them.
    # shellcheck disable=SC2086 # as_root is empty or one word, the line is words by intent
    $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $line || {
        say "that failed; mend it and run it again: $line"
        exit 1
    }
}

if [ -n "$missing" ]; then
    say "missing:$(packages 'a C compiler,' 'PostgreSQL server,' 'curl,' 'Redis server,' 'Chromium,' "Python's venv," | sed 's/,$//')"
    if have apt-get; then
        install_with_apt
    elif have dnf; then
        say "please run: sudo dnf install$(packages gcc postgresql-server curl redis chromium python3)"
        exit 1
    elif have pacman; then
        say "please run: sudo pacman -S$(packages gcc postgresql curl redis chromium python)"
        exit 1
    elif have apk; then
        say "please run: apk add$(packages 'gcc musl-dev' postgresql17 curl redis chromium python3)"
        exit 1
    elif have zypper; then
        say "please run: sudo zypper install$(packages gcc postgresql-server curl redis chromium python3)"
        exit 1
    elif have brew; then
        say "please run: brew install$(packages gcc postgresql@17 curl redis chromium python)"
        exit 1
    else
        say "please install these with your package manager, then start again"
        exit 1
    fi
fi

if ! have cargo; then
    if [ -x "$HOME/.cargo/bin/cargo" ]; then
        say "cargo is installed but not on PATH; run: . \"\$HOME/.cargo/env\""
    else
        say "cargo is missing; install Rust from https://rustup.rs, then start again in a new shell"
    fi
    exit 1
fi
