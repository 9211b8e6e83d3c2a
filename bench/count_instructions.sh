#!/usr/bin/env bash
# count_instructions.sh PROGRAM WHAT N EXPECTED: how many instructions one operation of `PROGRAM --count WHAT` takes, as the difference
# between N and 2 N of them. Fails above EXPECTED and a twentieth: a regression; and below by a tenth: EXPECTED is out of date.
# The count does not depend on what else the machine does, if the program is one thread or runs on the seeded scheduler.
set -euo pipefail
program=$1 what=$2 operations=$3 expected=$4
# Exits 77 where the question cannot be answered, which CTest calls skipped.
command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }

instructions() {
  local output
  output=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" --count "$what" "$1" 2>&1) ||
    { echo "$output" >&2; return 1; }
  sed -n 's/^==[0-9]*== Collected : \([0-9]*\)$/\1/p' <<<"$output"
}

once=$(instructions "$operations")
twice=$(instructions $((2 * operations)))
each=$(((twice - once) / operations))
echo "$(basename "$program") $what: $each instructions for one operation, $expected expected"
[ "$each" -le $((expected + expected / 20)) ] || { echo "a regression"; exit 1; }
[ "$each" -ge $((expected - expected / 10)) ] || { echo "better than expected: write it down"; exit 1; }
