# Shared by the scripts of this folder: finding the toolchain, installing packages, saying what went wrong.
# Sourced, never run.

set -euo pipefail
export LC_ALL=C.UTF-8
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
  printf '\n%s: %s\n' "$(basename "$0")" "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# What a build needs besides the toolchain: the toolchain's own needs, and the libraries of the package.
build_packages=(ca-certificates binutils gcc libc6-dev libstdc++-12-dev libxml2-dev libncurses-dev libpython3-dev
  libcurl4 libedit2 zlib1g-dev tzdata pkg-config libsqlite3-dev libssl-dev)
# The clients and the yardstick that the end-to-end tests and the benchmark use.
test_packages=(tmux iproute2 irssi weechat-headless weechat-plugins ngircd python3 python3-venv)
# What the tests of the web client use: node for what needs no browser, and a browser with letters to show.
web_packages=(nodejs chromium python3-venv fonts-dejavu-core fonts-noto-color-emoji)

# Installs those packages that this machine lacks. Debian starts a service as it installs it; none is to run here.
install_packages() {
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "this is not Debian; please install: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "please install, as root:" "apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  printf 'installing %s\n' "${missing[*]}"
  local log policy=/usr/sbin/policy-rc.d had_policy=yes
  log=$(mktemp)
  if [ ! -e "$policy" ]; then
    had_policy=no
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
  fi
  local installed=yes
  "${as_root[@]}" apt-get update -q >"$log" 2>&1 || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}" \
    >>"$log" 2>&1 </dev/null || installed=no
  [ "$had_policy" = yes ] || "${as_root[@]}" rm -f "$policy"
  if [ "$installed" = no ]; then
    tail -n 15 "$log" >&2
    fail "apt-get could not install ${missing[*]}"
  fi
  rm -f "$log"
  # The package starts it at the next boot; Moot needs the program only.
  if [[ " ${missing[*]} " == *" ngircd "* ]] && [ -d /run/systemd/system ]; then
    "${as_root[@]}" systemctl disable --now ngircd >/dev/null 2>&1 || true
  fi
}

# Clients of Python's registry for the end-to-end tests (Tests/Clients), each with all that it needs.
client_packages=(pydle==1.2.0 pure-sasl==0.6.2 obby-client==0.3.0)

# Installs them into a folder of the build, unless they are there.
install_clients() {
  local folder=$top/.build/clients
  [ "$(cat "$folder/installed" 2>/dev/null)" != "${client_packages[*]}" ] || return 0
  rm -rf "$folder"
  /usr/bin/python3 -m venv "$folder" && "$folder/bin/pip" install --no-deps "${client_packages[@]}" || return 1
  printf '%s\n' "${client_packages[*]}" >"$folder/installed"
}

# Puts the Swift toolchain on PATH.
find_swift() {
  command -v swift >/dev/null || PATH=$PATH:/opt/swift/usr/bin
  command -v swift >/dev/null || fail "there is no Swift toolchain on this machine." \
    "Get Swift 6.3 for Debian 12 from https://www.swift.org/install/linux/ and unpack it to /opt/swift," \
    "so that /opt/swift/usr/bin/swift exists, or put its usr/bin on PATH."
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)
  case "$version" in
    6.[2-9]* | 6.[1-9][0-9]* | [7-9].*) ;;
    *) fail "Swift ${version:-of an unknown version} is too old: Moot needs 6.2 or newer." ;;
  esac
}

# Prints a Python that drives browsers with Playwright, which is made where there is none.
browser_python() {
  local venv=$top/.build/playwright
  if ! "$venv/bin/python" -c 'import playwright' 2>/dev/null; then
    /usr/bin/python3 -m venv "$venv" && "$venv/bin/pip" install --quiet playwright==1.65.2 >&2
  fi
  printf '%s\n' "$venv/bin/python"
}

# How every release is built: one file that needs no Swift on the machine it runs on.
release_flags=(-c release --static-swift-stdlib -Xlinker -s)

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }
