#!/bin/sh
# test_install.sh INSTALL FILE: settings are installed once; what somebody made of them is never written over.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
name=$(basename "$2")

DESTDIR=$place "$1" "$2" /etc/canh
cmp "$2" "$place/etc/canh/$name"
DESTDIR=$place "$1" "$2" /etc/canh
[ ! -e "$place/etc/canh/$name.new" ] || { echo "the same settings were laid beside themselves"; exit 1; }
echo "data: /srv/ours" >"$place/etc/canh/$name"
DESTDIR=$place "$1" "$2" /etc/canh >/dev/null
[ "$(cat "$place/etc/canh/$name")" = "data: /srv/ours" ] || { echo "settings were written over"; exit 1; }
cmp "$2" "$place/etc/canh/$name.new"
