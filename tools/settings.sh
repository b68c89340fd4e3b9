#!/bin/sh
# Makes docs/settings.md from the table in src/conf/settings.h. A test fails when it is stale.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build-test}

ninja -C "$build" --quiet tools/settings_doc
"$build/tools/settings_doc" >"$top/docs/settings.md.new"
mv "$top/docs/settings.md.new" "$top/docs/settings.md"
