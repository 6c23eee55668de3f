#!/usr/bin/env bash
# Installs the agent on this box as a service, from this checkout. A second run installs only what has changed.
#
#   sudo deploy/install.sh [--box cpu|nvidia|jetson] [--network 192.168.10.0/24]...
#   sudo ./install.sh --from FILE [--key KEY] [--box ...] [--network ...]...
#   sudo edge-agent-install --rollback
#   sudo edge-agent-install --uninstall
#
# --box: the hardware that runs the age model; detected if not given.
# --network: network of tills or cameras on other machines; may be given more than once. Only this box and these networks
#            are allowed.
# --from: installs from a file that make-bundle.sh made, without a network. Needs nothing but this script, the file, and
#         the public key of those who signed it.
# --key: the public key. It is kept as /etc/edge-agent/keys/releases.gpg, and not needed again.
# --rollback: goes back to the version before, which is still on the box; once more, and it goes forward again.
# --uninstall: removes the program and the service; keeps the audit, the settings and the keys.
#
# Run this again after [insights] or [offers] was added to the settings of a lane, or gateway.toml was made: it then
# installs their packages.
#
# Programs go to /opt/edge-agent, settings to /etc/edge-agent, the audit to /var/lib/edge-agent. edge-agent-install is
# this program as it was installed. pip finds its packages as usual, for example with PIP_INDEX_URL.
set -euo pipefail
# The service runs as another user and must be able to read the installed files.
umask 022

here="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# shellcheck disable=SC2034  # the files in steps/ use these
readonly here opt=/opt/edge-agent etc=/etc/edge-agent units=/etc/systemd/system
# shellcheck disable=SC2034
readonly rule=/etc/udev/rules.d/70-lane-camera.rules pip_log=/var/log/edge-agent-install.log
readonly python="${PYTHON:-python3}"
# shellcheck disable=SC2034
changed=""

main() {
  local box="" networks=() task=install from="" key="" words=()
  while (($#)); do
    case "$1" in
      --box) box="${2:-}"; words+=(--box "$box"); shift ;;
      --network) networks+=("${2:-}"); words+=(--network "${2:-}"); shift ;;
      --from) from="${2:-}" task=bundle; shift ;;
      --key) key="${2:-}"; shift ;;
      --rollback) task=rollback ;;
      --uninstall) task=uninstall ;;
      -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
      *) fail 2 "no option $1; see deploy/install.sh --help" ;;
    esac
    shift || fail 2 "the last option needs a value; see deploy/install.sh --help"
  done
  ((EUID == 0)) || fail 1 "only root can install a service: sudo deploy/install.sh"
  [[ -d /run/systemd/system ]] || fail 1 "systemd does not run on this box: start edge-agent in another way"
  if [[ $task == bundle ]]; then
    install_from "$from" "${key:-$etc/keys/releases.gpg}" "${words[@]}"
    return
  fi
  exec 9>/run/edge-agent-install.lock
  flock --nonblock 9 || fail 1 "another install.sh is running on this box: wait until it has ended"
  for step in "$here"/steps/*.sh; do
    # shellcheck source=/dev/null
    source "$step"
  done
  case "$task" in
    rollback) roll_back ;;
    uninstall) uninstall ;;
    install)
      box="${box:-$(what_box)}"
      [[ $box =~ ^(cpu|nvidia|jetson)$ ]] || fail 2 "--box $box: use cpu, nvidia or jetson"
      install_all "$box" "${networks[@]}"
      ;;
  esac
}

install_all() {
  local box="$1" id
  shift
  [[ -e $here/../pyproject.toml || -e $here/../BUNDLE ]] ||
    fail 1 "there are no packages beside this installer: use --from FILE, or deploy/install.sh in a checkout"
  [[ ! -e $here/../BUNDLE ]] || use_bundle
  check_python
  for network in "$@"; do
    "$python" -c 'import ipaddress, sys; ipaddress.ip_network(sys.argv[1])' "$network" 2>/dev/null ||
      fail 2 "--network $network: use a network like 192.168.10.0/24, or an address"
  done
  install_release "$box"
  install_user_and_folders
  if (($#)); then
    for unit in edge-agent.service edge-agent@.service; do
      put <(network_conf "$@") "$units/$unit.d/till-network.conf" || continue
      # shellcheck disable=SC2034
      changed=yes
    done
  fi
  start_release "$id"
}

# install_from FILE KEY WORD...: runs the installer in the file, after its signature was checked. The last 4096 bytes of
# the file are the signature of all others, so nothing but gpgv reads what nobody has signed.
install_from() {
  local file="$1" key="$2" failed=""
  shift 2
  [[ -f $file && -r $file ]] || fail 2 "--from $file: there is no such file"
  [[ -f $key && -r $key ]] || fail 2 "there is no public key $key: give it with --key FILE"
  ! head -n 1 "$key" | grep -aq -e '^-----BEGIN PGP' ||
    fail 2 "the key $key is in gpg's text form: write it with gpg --export, without --armor"
  command -v gpgv >/dev/null || fail 1 "gpgv, which checks the signature, is missing: apt-get install gpgv"
  unpacked="$(mktemp -d /var/tmp/edge-agent-XXXXXX)"
  trap 'rm -rf "$unpacked"' EXIT
  # A copy that nobody else can change between the check and the installation.
  { tail -c 4096 "$file" >"$unpacked/signature" && head -c -4096 "$file" >"$unpacked/content.tar"; } ||
    fail 1 "could not copy $file to /var/tmp: make room there"
  head -n 1 "$unpacked/signature" | grep -aqx -e '-----BEGIN PGP SIGNATURE-----' ||
    fail 1 "$file is not complete, or not a bundle: copy it again; nothing was changed"
  gpgv --keyring "$(readlink -f "$key")" "$unpacked/signature" "$unpacked/content.tar" 2>"$unpacked/gpgv" || failed=yes
  if [[ $failed ]]; then
    grep -q 'BAD signature' "$unpacked/gpgv" && fail 1 "$file was changed after it was signed; nothing was changed here"
    fail 1 "$file is not signed by the key $key ($(tail -n 1 "$unpacked/gpgv")); nothing was changed"
  fi
  mkdir "$unpacked/content"
  tar --extract --file "$unpacked/content.tar" --directory "$unpacked/content" --no-same-owner ||
    fail 1 "could not unpack $file in /var/tmp: make room there; nothing was changed"
  rm "$unpacked/content.tar"
  (cd "$unpacked/content" && sha256sum --check --quiet SHA256SUMS >&2) ||
    fail 1 "$file was not unpacked whole in /var/tmp: check the disk; nothing was changed"
  "$unpacked/content/deploy/install.sh" "$@" || exit $?
  cmp -s "$key" "$etc/keys/releases.gpg" || install -m 644 "$key" "$etc/keys/releases.gpg"
}

check_python() {
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    fail 1 "Python 3.10 or newer is needed; choose another with PYTHON=python3.12 deploy/install.sh"
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail 1 "this Python has no venv: apt-get install python3-venv"
}

install_user_and_folders() {
  put "$here/systemd/edge-agent.sysusers" /etc/sysusers.d/edge-agent.conf && systemd-sysusers edge-agent.conf
  # The settings belong to the service, so that the setup page can save them. The sticky bit protects the keys of root.
  install -d -o root -g edge-agent -m 1775 "$etc"
  install -d -o root -g root -m 755 "$etc/keys" "$etc/keys/tills"
  [[ -e $etc/lane.toml ]] || install -m 644 "$here/lane.toml" "$etc/lane.toml"
  chown edge-agent: "$etc"/lane*.toml
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

say() { echo "install.sh: $*"; }

fail() {
  echo "install.sh: $2" >&2
  exit "$1"
}

main "$@"
