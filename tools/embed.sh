#!/bin/sh
# embed.sh FILE NAME: a C header on standard output in which NAME is FILE's bytes, with a zero behind
# them. Numbers and no string: C17 promises room for string literals of 4095 bytes only.
set -eu
printf '/* Made from %s by tools/embed.sh. */\nstatic const char %s[] = {\n' "$(basename "$1")" "$2"
od -An -v -tu1 "$1" | awk '{
    line = ""
    for (i = 1; i <= NF; i++) line = line ($i > 127 ? $i - 256 : $i) ","
    print line
}'
printf '0};\n'
