#!/bin/sh
# Builds the Debian package `nexops`, and prints the path of it.
#   package.sh            from a release build
#   package.sh debug      from a debug build, for tests: quickly made, large, slow
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "package: $*" >&2; }

version=3.8.0
target=${CARGO_TARGET_DIR:-$PWD/target}
case ${1:-release} in
release) profile=release options= ;;
debug) profile=dev options='--quiet --fast --strip' ;;
*)
    say "unknown build '$1'; it is release or debug"
    exit 2
    ;;
esac

scripts/setup.sh package
if [ "$(cargo-deb --version 2>/dev/null)" = "cargo-deb $version" ]; then
    cargo_deb=cargo-deb
else
    # In a place of its own, so that it stands in nobody's way.
    cargo_deb=$target/cargo-deb-$version/bin/cargo-deb
    if [ ! -x "$cargo_deb" ]; then
        say "installing cargo-deb $version into $target/cargo-deb-$version"
        cargo install cargo-deb --quiet --locked --version "=$version" --root "$target/cargo-deb-$version" \
            --target-dir "$target/cargo-deb-$version/build" >&2
        rm -rf "$target/cargo-deb-$version/build"
    fi
fi

cargo build --locked --profile "$profile" --bin nexopsd --bin nexops --bin nexops-tui >&2
# shellcheck disable=SC2086 # The options are words by intent.
"$cargo_deb" deb --package nexopsd --no-build --profile "$profile" $options --output "$target/debian/"
