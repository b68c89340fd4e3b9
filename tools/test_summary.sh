#!/bin/sh
# Adds up the results in meson's log files and closes with one line:
#   N passed, N failed, N skipped
# A test executable that died without naming a failed test counts as one. Exit 1 on any failure, and
# when nothing passed.
set -eu
awk '
    function close_one() { if (dead && !named) failed++; dead = named = 0 }
    /^=+ *[0-9]+\/[0-9]+ *=+/ { close_one() }
    /\[  PASSED  \] [0-9]+ test/ { passed += $4 }
    /\[  FAILED  \] [0-9]+ test/ { failed += $4; named = 1 }
    /\[  SKIPPED \] [0-9]+ test/ { skipped += $4 }
    /^result: *(exit status [1-9]|killed by|timeout|(exit status 0 or )?signal)/ { dead = 1 }
    END {
        close_one()
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0 || passed == 0
    }' "$@"
