#!/bin/sh
# Writes the files that are generated from the programs: openapi.json, shell completions, manual pages, the page of keys.
set -eu
cd "$(dirname "$0")/.."

# A program that fails, or prints nothing, leaves the file as it was.
generate() {
    file=$1
    shift
    if "$@" >"$file.new" && [ -s "$file.new" ]; then
        mv "$file.new" "$file"
    else
        rm -f "$file.new"
        echo "generate: no $file from: $*" >&2
        exit 1
    fi
}

mkdir -p completions
cargo build --quiet --bin nexopsd --bin nexops --bin nexops-tui
generate openapi.json cargo run --quiet --bin nexopsd -- openapi
generate completions/nexops.bash cargo run --quiet --bin nexops -- completions bash
generate completions/_nexops cargo run --quiet --bin nexops -- completions zsh
generate completions/nexops.fish cargo run --quiet --bin nexops -- completions fish
rm -rf man.new
cargo run --quiet --bin nexops -- man man.new
rm -rf man
mv man.new man
generate docs/keys.md cargo run --quiet --bin nexops-tui -- --keys
