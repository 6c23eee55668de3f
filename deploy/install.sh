#!/usr/bin/env bash
# Installs the agent on this box as a service, from this checkout. A second run installs only what has changed.
#
#   sudo deploy/install.sh [--box cpu|nvidia|jetson] [--network 192.168.10.0/24]...
#   sudo deploy/install.sh --uninstall
#
# --box: the hardware that runs the age model; detected if not given.
# --network: network of tills or cameras on other machines; may be given more than once. Only this box and these networks
#            are allowed.
# --uninstall: removes the program and the service; keeps the audit, the settings and the keys.
#
# Run this again after [insights] or [offers] was added to the settings of a lane: it then installs their packages.
#
# Programs go to /opt/edge-agent, settings to /etc/edge-agent, the audit to /var/lib/edge-agent. pip finds its packages as
# usual: PIP_INDEX_URL, or PIP_NO_INDEX=1 and PIP_FIND_LINKS=FOLDER for a box without internet access.
set -euo pipefail
# The service runs as another user and must be able to read the installed files.
umask 022

readonly source_dir="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly opt=/opt/edge-agent etc=/etc/edge-agent units=/etc/systemd/system
readonly rule=/etc/udev/rules.d/70-lane-camera.rules
readonly python="${PYTHON:-python3}"
changed=""

main() {
  local box="" networks=() uninstall=""
  while (($#)); do
    case "$1" in
      --box) box="${2:-}"; shift ;;
      --network) networks+=("${2:-}"); shift ;;
      --uninstall) uninstall=yes ;;
      -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
      *) fail 2 "no option $1; see deploy/install.sh --help" ;;
    esac
    shift || fail 2 "the last option needs a value; see deploy/install.sh --help"
  done
  ((EUID == 0)) || fail 1 "only root can install a service: sudo deploy/install.sh"
  [[ -d /run/systemd/system ]] || fail 1 "systemd does not run on this box: start edge-agent in another way"
  if [[ $uninstall ]]; then
    uninstall
  else
    box="${box:-$(what_box)}"
    [[ $box =~ ^(cpu|nvidia|jetson)$ ]] || fail 2 "--box $box: use cpu, nvidia or jetson"
    install_all "$box" "${networks[@]}"
  fi
}

install_all() {
  local box="$1"
  shift
  check_python
  for network in "$@"; do
    "$python" -c 'import ipaddress, sys; ipaddress.ip_network(sys.argv[1])' "$network" 2>/dev/null ||
      fail 2 "--network $network: use a network like 192.168.10.0/24, or an address"
  done
  install_program "$box"
  install_user_and_folders
  put "$source_dir/deploy/udev/70-lane-camera.rules" "$rule" && reload_udev
  for unit in edge-agent.service edge-agent@.service; do
    put "$source_dir/deploy/systemd/$unit" "$units/$unit" && changed=yes
    put "$source_dir/deploy/systemd/$box.conf" "$units/$unit.d/$box.conf" && changed=yes
    # Remove the drop-in of another kind of box, for example after a change of the card.
    find "$units/$unit.d" -name '*.conf' \( -name cpu.conf -o -name nvidia.conf -o -name jetson.conf \) \
      ! -name "$box.conf" -print -delete | grep -q . && changed=yes
    if (($#)); then
      put <(network_conf "$@") "$units/$unit.d/till-network.conf" && changed=yes
    fi
  done
  start_service
}

check_python() {
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    fail 1 "Python 3.10 or newer is needed; choose another with PYTHON=python3.12 deploy/install.sh"
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail 1 "this Python has no venv: apt-get install python3-venv"
}

# The virtual environment of each version has its own folder, named by a hash of its content, and `current` links to one
# of them. If an installation fails half-way, the old version keeps running.
install_program() {
  local box="$1" extras=web options=() build id
  case "$box" in
    nvidia) extras+=,gpu ;;
    # TensorRT, and an OpenCV with GStreamer, come with JetPack.
    jetson) options=(--system-site-packages) ;;
  esac
  # These packages add half of the size of all others: install them only for lanes that keep purchases.
  grep -qsE '^[[:space:]]*\[?(lane\.)?(insights|offers)[].]' "$etc"/lane*.toml && extras+=,insights
  build="$(mktemp -d)"
  trap "rm -rf '$build'" EXIT
  # Build in a copy, to leave nothing in the checkout, and with fixed times, so that equal files give equal wheels.
  (cd "$source_dir" && cp -r pyproject.toml README.md LICENSE NOTICE edge train export "$build")
  find "$build" -name __pycache__ -prune -exec rm -rf {} +
  "$python" -m venv "$build/.venv"
  SOURCE_DATE_EPOCH=315532800 "$build/.venv/bin/pip" --quiet wheel --no-deps --wheel-dir "$build/wheel" "$build"
  local wheel=("$build"/wheel/edge_agent-*.whl)
  id="$(cat "${wheel[0]}" "$source_dir/constraints.txt" <("$python" -VV) <(echo "$box $extras") | sha256sum | head -c 12)"
  if [[ -e $opt/$id/complete ]]; then
    say "$opt/$id is installed"
  else
    say "installing into $opt/$id"
    rm -rf "${opt:?}/$id"
    "$python" -m venv "${options[@]}" "$opt/$id"
    "$opt/$id/bin/pip" --quiet install --constraint "$source_dir/constraints.txt" "${wheel[0]}[$extras]"
    try_program "$opt/$id/bin/python"
    touch "$opt/$id/complete"
  fi
  [[ "$(readlink "$opt/current" || true)" == "$id" ]] && return
  ln -sfn "$id" "$opt/current.new" && mv -T "$opt/current.new" "$opt/current"
  ln -sfn "$opt/current/bin/edge-agent" "$opt/current/bin/edge-till" /usr/local/bin/
  changed=yes
}

try_program() {
  local said
  said="$("$1" -c 'import edge.agent.agent' 2>&1)" && return
  # The wheels of OpenCV and mediapipe need these libraries from the system.
  [[ $said == *"lib"*".so"* ]] &&
    fail 1 "${said##*$'\n'}: apt-get install libgl1 libegl1 libgles2 libglib2.0-0, and run this again"
  fail 1 "$said"
}

install_user_and_folders() {
  put "$source_dir/deploy/systemd/edge-agent.sysusers" /etc/sysusers.d/edge-agent.conf &&
    systemd-sysusers edge-agent.conf
  # The settings belong to the service, so that the setup page can save them. The sticky bit protects the keys of root.
  install -d -o root -g edge-agent -m 1775 "$etc"
  install -d -o root -g root -m 755 "$etc/keys" "$etc/keys/tills"
  [[ -e $etc/lane.toml ]] || install -m 644 "$source_dir/deploy/lane.toml" "$etc/lane.toml"
  chown edge-agent: "$etc"/lane*.toml
}

start_service() {
  # A failed installation may have left a service that does not run.
  if [[ $changed ]] || ! systemctl --quiet is-active edge-agent.service; then
    systemctl daemon-reload
    systemctl --quiet enable edge-agent.service
    say "starting the service; it is ready when the age model has passed its self-test"
    systemctl restart edge-agent.service || fail 1 "the service did not start: journalctl --unit edge-agent --lines 20"
    mapfile -t instances < <(systemctl list-units --plain --no-legend 'edge-agent@*.service' | cut -d ' ' -f 1)
    ((${#instances[@]} == 0)) || systemctl restart "${instances[@]}"
    find "$opt" -mindepth 1 -maxdepth 1 -type d ! -name "$(readlink "$opt/current")" -exec rm -rf {} +
    say "done: $(systemctl show --property StatusText --value edge-agent.service)"
  else
    say "nothing has changed"
  fi
}

uninstall() {
  systemctl stop edge-agent.service 'edge-agent@*.service' 2>/dev/null || true
  rm -f "$units"/*.wants/edge-agent.service "$units"/*.wants/edge-agent@*.service
  rm -rf "$units"/edge-agent{,@}.service "$units"/edge-agent{,@,@*}.service.d "$opt" /var/cache/{,private/}edge-agent*
  rm -f /usr/local/bin/edge-agent /usr/local/bin/edge-till /etc/sysusers.d/edge-agent.conf "$rule"
  systemctl daemon-reload
  reload_udev
  say "uninstalled. The audit in /var/lib/edge-agent*, settings and keys in $etc, and the user edge-agent stay"
}

# The kind of this box.
what_box() {
  if [[ -e /etc/nv_tegra_release ]]; then
    echo jetson
  elif [[ -e /dev/nvidiactl || -e /proc/driver/nvidia/version ]]; then
    echo nvidia
  else
    echo cpu
  fi
}

network_conf() {
  echo "# Written by install.sh --network: the networks that are allowed beside this box."
  echo "[Service]"
  printf 'IPAddressAllow=%s\n' "$@"
}

# put SOURCE FILE: copies; succeeds only if FILE was missing or different.
put() {
  local content
  content="$(cat "$1")"
  [[ -e $2 && $content == "$(cat "$2")" ]] && return 1
  install -d "$(dirname "$2")"
  printf '%s\n' "$content" >"$2.new" && chmod 644 "$2.new" && mv "$2.new" "$2"
  say "wrote $2"
}

reload_udev() {
  # In a container no udev runs.
  [[ ! -e /run/udev/control ]] || { udevadm control --reload && udevadm trigger --subsystem-match=video4linux; }
}

say() { echo "install.sh: $*"; }

fail() {
  echo "install.sh: $2" >&2
  exit "$1"
}

main "$@"
