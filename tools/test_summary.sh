#!/bin/sh
# Adds up the cmocka results in meson's log files and closes with one line:
#   N passed, N failed, N skipped
# A test executable that died without a result line counts as one failure. Exit 1 on any failure.
set -eu
awk '
    /\[  PASSED  \] [0-9]+ test/ { passed += $4 }
    /\[  FAILED  \] [0-9]+ test/ { failed += $4 }
    /\[  SKIPPED \] [0-9]+ test/ { skipped += $4 }
    /^result: *(exit status [1-9]|killed by|timeout|(exit status 0 or )?signal)/ { dead++ }
    END {
        if (dead > 0 && failed == 0) failed = dead
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0 || passed == 0
    }' "$@"
