#!/bin/sh
# Installs the Debian packages of packaging/deps.txt that are missing: those of the purposes given
# (build test fuzz bench format), all when none is; and what the console's pages are made with. Says
# nothing and touches nothing when all are there.
set -eu
root=$(dirname "$0")/..
list=$root/packaging/deps.txt
purposes=${*:-build test fuzz bench format}

missing=
for purpose in $purposes; do
    for package in $(awk -v p="$purpose" '!/^#/ && $2 == p { print $1 }' "$list"); do
        command=$(awk -v p="$package" '!/^#/ && $1 == p { print $3; exit }' "$list")
        state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
        if [ "$state" != "install ok installed" ] && ! { [ -n "$command" ] && command -v "$command" >/dev/null; }; then
            missing="$missing $package"
        fi
    done
done
if [ -n "$missing" ]; then
    echo "installing:$missing"
    as_root=
    if [ "$(id -u)" != 0 ]; then
        as_root=sudo
    fi
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
fi

# What the pages are made with, as package-lock.json says; without it there is a program without pages.
case " $purposes " in
*" build "*) ;;
*) exit 0 ;;
esac
lock=$root/web/package-lock.json
there=$root/web/node_modules/.package-lock.json
if [ -e "$lock" ] && { [ ! -e "$there" ] || [ -n "$(find "$lock" -newer "$there")" ]; }; then
    echo "installing: what web/package-lock.json names"
    if (cd "$root/web" && npm ci --prefer-offline --no-audit --no-fund --silent); then
        touch "$there"
    else
        echo "web/node_modules could not be installed: the program is built without the console's pages." >&2
    fi
fi
