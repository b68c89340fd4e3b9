#!/usr/bin/env python3
"""Lay out the real data for the benchmark, once.

    unpack.py DATA WORK

makes, from the archives in DATA (whose README says what they are), in WORK:

    otrf/*.json        the data sets, one file each, every file ending in a newline
    otrf.json          the same bytes in one file, in the order of the names
    otrf.count         how many events that is
    rules/             the public rules but for those with placeholders
    placeholder/       those
    evtx/*.evtx        the attack samples, their folders made part of the name
    regression/        the regression cases

Names lose their blanks, so that shell scripts may pass them on as words. What is there already is
left alone: a stamp is written last.
"""
import os
import re
import shutil
import sys
import tarfile
import zipfile


def word(name):
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)


def data_sets(data, work):
    folder = os.path.join(work, "otrf")
    os.makedirs(folder, exist_ok=True)
    for archive in sorted(os.listdir(os.path.join(data, "otrf"))):
        if not archive.endswith(".zip"):
            continue
        with zipfile.ZipFile(os.path.join(data, "otrf", archive)) as z:
            for member in z.namelist():
                if not member.endswith(".json") or member.startswith("__MACOSX"):
                    continue
                path = os.path.join(folder, word(os.path.basename(member)))
                with z.open(member) as source, open(path, "wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
                end_with_newline(path)


def end_with_newline(path):
    with open(path, "r+b") as f:
        f.seek(-1, os.SEEK_END)
        if f.read(1) != b"\n":
            f.write(b"\n")


def one_file(work):
    events = 0
    folder = os.path.join(work, "otrf")
    with open(os.path.join(work, "otrf.json"), "wb") as out:
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as source:
                for line in source:
                    events += not line.isspace()
                    out.write(line)
    with open(os.path.join(work, "otrf.count"), "w", encoding="ascii") as f:
        f.write(f"{events}\n")


def take_out(tar, member, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tar.extractfile(member) as source, open(path, "wb") as out:
        shutil.copyfileobj(source, out)


def files_of(archive):
    """The plain files of an archive whose names stay below it: (archive, member, name)."""
    with tarfile.open(archive) as t:
        for member in t:
            name = os.path.normpath(member.name)
            if member.isfile() and not name.startswith(("/", "..")):
                yield t, member, name


def rules(data, work):
    for t, member, name in files_of(os.path.join(data, "sigma-rules.tar.xz")):
        where = "placeholder" if name.startswith("rules-placeholder/") else "rules"
        if name.endswith(".yml"):
            take_out(t, member, os.path.join(work, where, name))


def samples(data, work):
    for t, member, name in files_of(os.path.join(data, "evtx-attack-samples.tar.xz")):
        if name.endswith(".evtx"):
            take_out(t, member, os.path.join(work, "evtx", word(name)))


def regression(data, work):
    for t, member, name in files_of(os.path.join(data, "sigma-regression.tar.xz")):
        if name.endswith((".yml", ".evtx", ".json")):
            take_out(t, member, os.path.join(work, "regression", name))


def main():
    data, work = sys.argv[1:3]
    stamp = os.path.join(work, "unpacked")
    if os.path.exists(stamp):
        return 0
    os.makedirs(work, exist_ok=True)
    data_sets(data, work)
    one_file(work)
    rules(data, work)
    samples(data, work)
    regression(data, work)
    with open(stamp, "w", encoding="ascii"):
        return 0


if __name__ == "__main__":
    sys.exit(main())
