#!/bin/sh
# Installs the Debian packages of packaging/deps.txt that are missing: those of the purposes given
# (build test fuzz bench format), all when none is. Says nothing and touches nothing when all are there.
set -eu
list=$(dirname "$0")/../packaging/deps.txt
purposes=${*:-build test fuzz bench format}

missing=
for purpose in $purposes; do
    for package in $(awk -v p="$purpose" '!/^#/ && $2 == p { print $1 }' "$list"); do
        state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
        [ "$state" = "install ok installed" ] || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of words
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
