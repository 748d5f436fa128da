# What comes from Debian or Ubuntu and not from pip.
# shellcheck shell=bash

# Prints the packages whose libraries Qt asks for and this machine lacks.
missing_qt_packages() {
  "$VENV/bin/python" -P - <<'PYTHON'
from workbench.cli.display import missing_libraries
for package in sorted({library.package for library in missing_libraries()}):
    print(package)
PYTHON
}

# need_packages "why" package…: installs them as root, else says how to.
need_packages() {
  local why=$1
  shift
  (($# > 0)) || return 0
  if ((EUID == 0)) && command -v apt-get >/dev/null; then
    with_progress "Installing $# packages that $why" _apt_install "$@" && return 0
    stop "apt-get could not install these packages, which $why." "  $*"
  fi
  stop "Workbench lacks packages that $why. Install them, then call this again:" \
    "  sudo apt-get install $*"
}

_apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  # A fresh container has no package lists; a stale one has lists whose files are gone.
  apt-get install -y --no-install-recommends "$@" ||
    { apt-get update && apt-get install -y --no-install-recommends "$@"; }
}

# need_commands "why" command=package…
need_commands() {
  local why=$1 pair packages=()
  shift
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || packages+=("${pair#*=}")
  done
  need_packages "$why" "${packages[@]}"
}
