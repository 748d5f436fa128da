# What comes from Debian or Ubuntu and not from pip.
# shellcheck shell=bash

# Which package holds a library that Qt's window system plug-ins are linked with.
declare -A PACKAGE_OF_LIBRARY=(
  [libEGL.so.1]=libegl1
  [libGL.so.1]=libgl1
  [libX11.so.6]=libx11-6
  [libX11-xcb.so.1]=libx11-xcb1
  [libdbus-1.so.3]=libdbus-1-3
  [libfontconfig.so.1]=libfontconfig1
  [libfreetype.so.6]=libfreetype6
  [libglib-2.0.so.0]=libglib2.0-0
  [libgthread-2.0.so.0]=libglib2.0-0
  [libstdc++.so.6]=libstdc++6
  [libwayland-client.so.0]=libwayland-client0
  [libwayland-cursor.so.0]=libwayland-cursor0
  [libwayland-egl.so.1]=libwayland-egl1
  [libxcb-cursor.so.0]=libxcb-cursor0
  [libxcb-glx.so.0]=libxcb-glx0
  [libxcb-icccm.so.4]=libxcb-icccm4
  [libxcb-image.so.0]=libxcb-image0
  [libxcb-keysyms.so.1]=libxcb-keysyms1
  [libxcb-randr.so.0]=libxcb-randr0
  [libxcb-render.so.0]=libxcb-render0
  [libxcb-render-util.so.0]=libxcb-render-util0
  [libxcb-shape.so.0]=libxcb-shape0
  [libxcb-shm.so.0]=libxcb-shm0
  [libxcb-sync.so.1]=libxcb-sync1
  [libxcb-util.so.1]=libxcb-util1
  [libxcb-xfixes.so.0]=libxcb-xfixes0
  [libxcb-xkb.so.1]=libxcb-xkb1
  [libxcb.so.1]=libxcb1
  [libxkbcommon-x11.so.0]=libxkbcommon-x11-0
  [libxkbcommon.so.0]=libxkbcommon0
  [libz.so.1]=zlib1g
)

# Prints the packages whose libraries Qt asks for and this machine lacks.
missing_qt_packages() {
  local qt library
  qt=$(echo "$VENV"/lib/python3*/site-packages/PySide6/Qt)
  local plugins=("$qt/plugins/platforms/libqxcb.so" "$qt"/plugins/xcbglintegrations/*.so)
  [[ -z ${WAYLAND_DISPLAY:-} ]] || plugins+=("$qt/plugins/platforms/libqwayland.so")
  { ldd "${plugins[@]}" 2>/dev/null || true; } | awk '/not found/ {print $1}' | sort -u |
    while read -r library; do
      echo "${PACKAGE_OF_LIBRARY[$library]:-$library}"
    done | sort -u
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
