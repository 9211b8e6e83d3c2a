#!/usr/bin/env bash
# ./dev where nothing is installed yet: as root it installs everything, the sanitizers' runtime too, and then builds;
# as anybody else it prints the one line to run and does nothing. apt-get, dpkg-query, id and cmake are played.
#
# usage: fresh_machine.sh DEV
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
cp "$1" "$work/dev"

play() { { echo '#!/usr/bin/env bash'; cat; } >"$work/bin/$1"; chmod +x "$work/bin/$1"; }
play dpkg-query <<'PLAYED'
grep -qx -- "${!#}" "$WORK/installed" || exit 1
case "$*" in *Depends*) echo 'clang-14 (>= 14~)' ;; *) printf installed ;; esac
PLAYED
play apt-get <<'PLAYED'
echo "apt-get $1" >>"$WORK/log"
[ "$1" = install ] && printf '%s\n' "${@:2}" | grep -v '^-' >>"$WORK/installed"
exit 0
PLAYED
play id <<'PLAYED'
echo "$USER_ID"
PLAYED
play cmake <<'PLAYED'
echo "cmake $1" >>"$WORK/log"
PLAYED

run() {
  : >"$work/installed"
  : >"$work/log"
  env PATH="$work/bin:$PATH" WORK="$work" USER_ID="$1" "$work/dev" "${@:2}" >"$work/out" 2>&1
}
fail() {
  echo "fresh_machine: $*"
  cat "$work/out" "$work/log"
  exit 1
}

run 0 build dev || fail "root could not build"
for package in build-essential clang libssl-dev libclang-rt-14-dev; do
  grep -qx "$package" "$work/installed" || fail "$package was not installed"
done
[ "$(tail -n 1 "$work/log")" = "cmake --build" ] || fail "nothing was built"

if run 1000 build dev; then fail "an ordinary user went on without packages"; fi
grep -q 'run: sudo apt-get update && sudo apt-get install -y build-essential' "$work/out" || fail "the line to run is missing"
[ ! -s "$work/log" ] || fail "an ordinary user's dev did something"
