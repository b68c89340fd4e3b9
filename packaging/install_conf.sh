#!/bin/sh
# install_conf.sh FILE FOLDER: settings that are there already are what somebody decided: they stay, and
# ours lie beside them as FILE.new when they differ.
set -eu
dir=${DESTDIR:-}$2
to=$dir/$(basename "$1")
mkdir -p "$dir"
if [ ! -e "$to" ]; then
    install -m 0644 "$1" "$to"
elif ! cmp -s "$1" "$to"; then
    install -m 0644 "$1" "$to.new"
    echo "$to stays as it is; what this version ships is $to.new"
fi
