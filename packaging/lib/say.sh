# What the scripts tell people: lines, sections, a sign of life, one clear sentence when stuck.
# shellcheck shell=bash

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m' CLEAR=$'\r\e[K'
else
  BOLD='' DIM='' GREEN='' RED='' PLAIN='' CLEAR=''
fi

say() { printf '%s\n' "$*"; }

section() { printf '\n%s── %s ──%s\n' "$BOLD" "$*" "$PLAIN"; }

# Ends the script. Without a terminal (a double click) the sentence goes to the desktop as well.
stop() {
  printf '%s%s%s\n' "$RED" "$1" "$PLAIN" >&2
  shift
  (($# == 0)) || printf '%s\n' "$@" >&2
  if [[ ! -t 2 && -n ${DISPLAY:-} ]] && command -v notify-send >/dev/null; then
    notify-send Workbench "Workbench could not start. Run packaging/run in a terminal to see why."
  fi
  exit 1
}

# with_progress "Doing something" command…: the command's output is shown only if it fails.
with_progress() {
  local what=$1 log started=$SECONDS ticker='' status=0
  shift
  log=$(mktemp)
  if [[ -n $CLEAR ]]; then
    _tick "$what" "$log" &
    ticker=$!
  else
    say "$what …"
  fi
  "$@" >"$log" 2>&1 || status=$?
  [[ -z $ticker ]] || { kill "$ticker" && wait "$ticker"; } 2>/dev/null || true
  if ((status == 0)); then
    printf '%s%s✓%s %s %s(%s s)%s\n' \
      "$CLEAR" "$GREEN" "$PLAIN" "$what" "$DIM" $((SECONDS - started)) "$PLAIN"
  else
    printf '%s%s✗ %s%s\n' "$CLEAR" "$RED" "$what" "$PLAIN" >&2
    grep -v '^WARNING: ' "$log" | tail -n 25 >&2 || true
  fi
  rm -f "$log"
  return "$status"
}

_tick() {
  trap 'exit 0' TERM
  local started=$SECONDS room latest
  while kill -0 $$ 2>/dev/null; do # an interrupted script can't end it
    room=$(($(tput cols 2>/dev/null || echo 80) - ${#1} - 14))
    latest=$(tail -n 1 "$2" 2>/dev/null | tr -d '\r\t' | cut -c "1-$((room > 0 ? room : 1))")
    printf '%s… %s %s%s s  %s%s' "$CLEAR" "$1" "$DIM" $((SECONDS - started)) "$latest" "$PLAIN"
    sleep 0.5
  done
}
