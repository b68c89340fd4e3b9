# The front door. Meson does the building; this file says what can be asked for.
#   make            this list
#   make deps       install what is missing, from Debian's packages
#   make build      the program, at build/canh
#   make run        build, then a watch room at work: the sample province and this machine's own logs, in a browser
#   make test       every test; closes with "N passed, N failed, N skipped"
#   make bench      every figure, as a table and in bench/results.json
#   make fuzz       every fuzz target, SECONDS each (default 60)
#   make torture    kills, power cuts, full disks, floods, reloads: KILLS, CUTS, SECONDS a part
#   make tamper     whole stores tampered with, before both verifiers: EACH, HONEST, RANDOM
#   make guide      the pictures of docs/guide anew, out of the sample province
#   make install    into PREFIX (default /usr/local)
#   make format     clang-format over the tree
#   make clean      remove what was built
SHELL = /bin/sh
SECONDS ?= 60
PREFIX ?= /usr/local
KILLS ?= 500
CUTS ?= 200
EACH ?= 40
HONEST ?= 200
RANDOM ?= 10000
DATA ?= ../shared/data

help:
	@sed -n 's/^#   //p' Makefile

deps:
	@tools/deps.sh

build/build.ninja:
	@tools/deps.sh build test
	@meson setup build --buildtype=release --prefix=$(PREFIX) >/dev/null

build: build/build.ninja
	@ninja -C build --quiet src/cmd/canh src/cmd/canh-page src/cmd/canh-sender
	@ln -sf src/cmd/canh build/canh

run: build
	@tools/run.sh $(DATA)

# -g1: the sanitizers name lines, and nobody looks at variables; with -g it takes a fifth longer.
build-test/build.ninja:
	@tools/deps.sh build test
	@meson setup build-test --buildtype=debugoptimized -Db_sanitize=address,undefined -Dc_args=-g1 >/dev/null

test: build build-test/build.ninja
	@tools/test.sh

bench: build
	@tools/deps.sh bench
	@bench/run.sh $(DATA)

build-fuzz/build.ninja:
	@tools/deps.sh fuzz
	@CC=clang meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
	  --buildtype=debugoptimized >/dev/null

fuzz: build-fuzz/build.ninja
	@ninja -C build-fuzz --quiet
	@tools/fuzz.sh $(SECONDS)

# Needs root for what is mounted; parts that cannot run say so. SECONDS only where it is given.
torture: build
	@python3 tests/torture/torture.py build/src/cmd/canh --kills $(KILLS) --cuts $(CUTS) \
	  $(if $(filter command environment,$(origin SECONDS)),--seconds $(SECONDS))

tamper: build
	@ninja -C build --quiet tests/unit/seal/store_grow
	@python3 tests/tamper/tamper.py build/src/cmd/canh build/tests/unit/seal/store_grow --each $(EACH) \
	  --honest $(HONEST) --random $(RANDOM)

guide: build
	@PICTURES=$(CURDIR)/docs/guide/pictures python3 tests/web/web.py build/src/cmd/canh guide

install: build/build.ninja
	@meson configure build --prefix=$(PREFIX)
	@meson install -C build --quiet

format:
	@tools/deps.sh format
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	@rm -rf build build-test build-fuzz build-nosync build-nodirsync build-earlyack

.PHONY: help deps build run test bench fuzz torture tamper guide install format clean
