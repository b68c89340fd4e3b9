#!/bin/sh
# Write src/wire/syscalls_*.tbl: number and name of every system call, from the kernel's own
# headers (linux-libc-dev), in order of number. Run from the root of the repository after a new
# kernel; the tables are kept in the tree because a build must not depend on the builder's headers.
set -eu

# table HEADER [-DMACRO...]: rows on standard output
table() {
    header=$1
    shift
    printf '#include <%s>\n' "$header" | cc -E -dM "$@" - | awk '
        $1 == "#define" && $2 ~ /^__NR(3264)?_/ && NF == 3 { value[$2] = $3 }
        END {
            for (name in value) {
                if (name !~ /^__NR_/ || name == "__NR_syscalls" || name == "__NR_arch_specific_syscall")
                    continue
                number = value[name]
                if (number in value)
                    number = value[number]
                if (number ~ /^[0-9]+$/)
                    printf "SYSCALL_ROW(%d, \"%s\")\n", number, substr(name, 6)
            }
        }' | sort -t '(' -k 2n
}

out=src/wire
head='/* Made by tools/syscall_tables.sh; not edited by hand. */'
{ echo "$head"; table asm/unistd_64.h; } > $out/syscalls_x86_64.tbl
{ echo "$head"; table asm/unistd_32.h; } > $out/syscalls_i386.tbl
{ echo "$head"; table asm-generic/unistd.h -D__ARCH_WANT_RENAMEAT -D__ARCH_WANT_NEW_STAT \
    -D__ARCH_WANT_SET_GET_RLIMIT -D__ARCH_WANT_SYS_CLONE3 -D__ARCH_WANT_MEMFD_SECRET; } \
    > $out/syscalls_aarch64.tbl
wc -l $out/syscalls_*.tbl
