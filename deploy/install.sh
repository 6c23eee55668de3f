#!/usr/bin/env bash
# Installs the agent on this box as a service, from this checkout; called again it brings what has changed, and else
# changes nothing.
#
#   sudo deploy/install.sh [--box cpu|nvidia|jetson] [--network 192.168.10.0/24]...
#   sudo deploy/install.sh --uninstall
#
# --box: what runs the age model; found out by itself if not given.
# --network: where tills or cameras on other machines are; may be given more than once. Nobody else is let through, and
#            without it nobody but this box.
# --uninstall: takes the program and the service away, and leaves the audit, the settings and the keys.
#
# What purchases and offers need comes along once the settings of a lane have [insights] or [offers]: call this again then.
#
# Programs go to /opt/edge-agent, settings to /etc/edge-agent, the audit is in /var/lib/edge-agent. Python packages come
# from where pip gets them: PIP_INDEX_URL, or PIP_NO_INDEX=1 and PIP_FIND_LINKS=FOLDER for a box without internet.
set -euo pipefail
# The service is another user than root, and has to read what is installed.
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
  [[ -d /run/systemd/system ]] || fail 1 "this box was not started by systemd: run edge-agent by other means here"
  if [[ $uninstall ]]; then
    uninstall
  else
    box="${box:-$(what_box)}"
    [[ $box =~ ^(cpu|nvidia|jetson)$ ]] || fail 2 "--box $box: it is cpu, nvidia or jetson"
    install_all "$box" "${networks[@]}"
  fi
}

install_all() {
  local box="$1"
  shift
  check_python
  for network in "$@"; do
    "$python" -c 'import ipaddress, sys; ipaddress.ip_network(sys.argv[1])' "$network" 2>/dev/null ||
      fail 2 "--network $network: it is like 192.168.10.0/24, or one address"
  done
  install_program "$box"
  install_user_and_folders
  put "$source_dir/deploy/udev/70-lane-camera.rules" "$rule" && reload_udev
  for unit in edge-agent.service edge-agent@.service; do
    put "$source_dir/deploy/systemd/$unit" "$units/$unit" && changed=yes
    put "$source_dir/deploy/systemd/$box.conf" "$units/$unit.d/$box.conf" && changed=yes
    # A box that got another card.
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
    fail 1 "Python 3.10 or newer is needed; PYTHON=python3.12 deploy/install.sh takes another one"
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail 1 "this Python has no venv: apt-get install python3-venv"
}

# The virtual environment of each version has a folder of its own, named after what is in it, and `current` points to
# one: an installation that fails half-way leaves the old one running.
install_program() {
  local box="$1" extras=web options=() build id
  case "$box" in
    nvidia) extras+=,gpu ;;
    # TensorRT, and an OpenCV with GStreamer, come with JetPack.
    jetson) options=(--system-site-packages) ;;
  esac
  # Half as much again as all the rest: only for who files purchases.
  grep -qsE '^[[:space:]]*\[?(lane\.)?(insights|offers)[].]' "$etc"/lane*.toml && extras+=,insights
  build="$(mktemp -d)"
  trap "rm -rf '$build'" EXIT
  # A copy, so that building leaves nothing in the checkout; fixed times, so that the same files give the same wheel.
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
  # OpenCV and mediapipe come as wheels that expect these of the system.
  [[ $said == *"lib"*".so"* ]] &&
    fail 1 "${said##*$'\n'}: apt-get install libgl1 libegl1 libgles2 libglib2.0-0, and call this again"
  fail 1 "$said"
}

install_user_and_folders() {
  put "$source_dir/deploy/systemd/edge-agent.sysusers" /etc/sysusers.d/edge-agent.conf &&
    systemd-sysusers edge-agent.conf
  # The settings belong to the service, whose setup page may save them; the sticky bit keeps the keys root's all the same.
  install -d -o root -g edge-agent -m 1775 "$etc"
  install -d -o root -g root -m 755 "$etc/keys" "$etc/keys/tills"
  [[ -e $etc/lane.toml ]] || install -m 644 "$source_dir/deploy/lane.toml" "$etc/lane.toml"
  chown edge-agent: "$etc"/lane*.toml
}

start_service() {
  # One that does not run may be what a failed installation left.
  if [[ $changed ]] || ! systemctl --quiet is-active edge-agent.service; then
    systemctl daemon-reload
    systemctl --quiet enable edge-agent.service
    say "starting the service; that takes until the age model has passed its test"
    systemctl restart edge-agent.service || fail 1 "it did not start: journalctl --unit edge-agent --lines 20"
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
  say "gone. The audit stays in /var/lib/edge-agent*, settings and keys in $etc, and their owner, the user edge-agent"
}

# What the age model runs on here.
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
  echo "# Written by install.sh --network: who is let through beside this box."
  echo "[Service]"
  printf 'IPAddressAllow=%s\n' "$@"
}

# put SOURCE FILE: whether the file was not there, or other than the source.
put() {
  local content
  content="$(cat "$1")"
  [[ -e $2 && $content == "$(cat "$2")" ]] && return 1
  install -d "$(dirname "$2")"
  printf '%s\n' "$content" >"$2.new" && chmod 644 "$2.new" && mv "$2.new" "$2"
  say "wrote $2"
}

reload_udev() {
  # In a container nobody listens.
  [[ ! -e /run/udev/control ]] || { udevadm control --reload && udevadm trigger --subsystem-match=video4linux; }
}

say() { echo "install.sh: $*"; }

fail() {
  echo "install.sh: $2" >&2
  exit "$1"
}

main "$@"
