# Part of install.sh: puts a version of the program into a folder of its own.
# shellcheck shell=bash disable=SC2154  # the variables of install.sh

# The virtual environment of each version has its own folder, named by a hash of its content. `current` links to the one
# that runs, `previous` to the one before. If an installation fails half-way, the old version keeps running.
# Sets id, the name of the folder.
install_release() {
  local box="$1" extras=web options=() wheel stand_ins release
  case "$box" in
    nvidia) extras+=,gpu ;;
    # TensorRT, and an OpenCV with GStreamer, come with JetPack.
    jetson) options=(--system-site-packages) ;;
  esac
  # These packages add half of the size of all others: install them only for lanes that keep purchases.
  grep -qsE '^[[:space:]]*\[?(lane\.)?(insights|offers)[].]' "$etc"/lane*.toml && extras+=,insights
  [[ ! -e $etc/gateway.toml ]] || extras+=,gateway
  build="$(mktemp -d)"
  trap 'rm -rf "$build"' EXIT
  if [[ -e $here/../BUNDLE ]]; then wheels_of_bundle "$extras"; else build_wheels; fi
  id="$(
    {
      for part in "$wheel" "${stand_ins[@]}"; do files_of "$part"; done
      cat "$here/../constraints.txt"
      "$python" -VV
      echo "$box $extras"
    } | sha256sum
  )"
  id="${id:0:12}"
  release="$opt/$id"
  if [[ -e $release/complete ]]; then
    say "$release is installed"
  else
    say "installing into $release"
    rm -rf "${release:?}"
    "$python" -m venv "${options[@]}" "$release"
    install_packages "$release" "${wheel}[$extras]"
    try_program "$release/bin/python"
    touch "$release/complete"
  fi
  keep_installer "$release" "$box"
}

# The one step that pip does on the box.
install_packages() {
  run_pip "$1" install --constraint "$here/../constraints.txt" "$2" "${stand_ins[@]}"
}

# Builds in a copy, to leave nothing in the checkout, and with fixed times, so that equal files give equal wheels.
# Sets wheel, and stand_ins: the wheels of deploy/stand-ins.
build_wheels() {
  mkdir "$build/source"
  (cd "$here/.." && cp -r pyproject.toml README.md LICENSE NOTICE edge train export deploy/stand-ins "$build/source")
  find "$build/source" -name __pycache__ -prune -exec rm -rf {} +
  "$python" -m venv "$build/venv"
  SOURCE_DATE_EPOCH=315532800 run_pip "$build/venv" wheel --no-deps --wheel-dir "$build/wheel" \
    "$build/source" "$build"/source/stand-ins/*/
  wheel="$(echo "$build"/wheel/edge_agent-*.whl)"
  # Only their versions have a suffix.
  stand_ins=("$build"/wheel/*+*.whl)
}

# files_of WHEEL: names and hashes of its files. Unlike the wheel, they do not depend on who packed it.
files_of() {
  "$python" - "$1" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    (record,) = (name for name in wheel.namelist() if name.endswith(".dist-info/RECORD"))
    lines = wheel.read(record).decode().splitlines()
print(*sorted(line for line in lines if ".dist-info/WHEEL," not in line), sep="\n")
END
}

# run_pip VENV WORD...: shows how far pip is, and its error in one line.
run_pip() {
  local venv="$1" watcher failed=""
  shift
  : >"$pip_log"
  watch_pip "$venv" 9>&- &
  watcher=$!
  "$venv/bin/pip" --disable-pip-version-check --no-color "$@" >"$pip_log" 2>&1 || failed=yes
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  [[ ! -t 1 ]] || printf '\r\e[K'
  [[ -z $failed ]] || fail 1 "pip failed: $(grep -om 1 'ERROR: .*' "$pip_log" || tail -n 1 "$pip_log"); all it said is in $pip_log"
}

# Counts packages while pip works: on a terminal in one line, elsewhere in a line each ten seconds.
watch_pip() {
  local names total text shown="" count before interval=10 never
  before="$(count_packages "$1")"
  [[ ! -t 1 ]] || interval=1
  # Waits with a read, which leaves no process behind when this one is ended.
  exec {never}<> <(:)
  while kill -0 $$ 2>/dev/null; do
    read -rt "$interval" -u "$never" || true
    names="$(grep -oE '^Collecting [A-Za-z0-9._-]+' "$pip_log" | cut -d ' ' -f 2 || true)"
    total="$(sed -n 's/^Installing collected packages: //p' "$pip_log" | wc -w)"
    if ((total)); then
      count="$(count_packages "$1")"
      text="installed $((count - before)) of $total packages"
    elif [[ $names ]]; then
      text="found $(wc -l <<<"$names") packages, now ${names##*$'\n'}"
    else
      continue
    fi
    [[ $text != "$shown" ]] || continue
    shown="$text"
    if [[ -t 1 ]]; then printf '\r\e[K%s' "install.sh: $text"; else say "$text"; fi
  done
}

count_packages() { find "$1"/lib/python*/site-packages -maxdepth 1 -name '*.dist-info' | wc -l; }

try_program() {
  local said
  # The detector loads its library late. There is no mediapipe for arm64.
  said="$("$1" -c 'import edge.agent.agent, importlib.util
from edge.vision.detectors import FASTEST, make_detector
if importlib.util.find_spec("mediapipe"): make_detector(FASTEST).close()' 2>&1)" && return
  # mediapipe's wheel needs these libraries from the system.
  [[ $said == *"lib"*".so"* ]] && fail 1 "${said##*$'\n'}: apt-get install libegl1 libgles2, and run this again"
  fail 1 "$said"
}

# The units and this installer belong to a version: going back to it brings them back, too.
keep_installer() {
  local release="$1" box="$2"
  [[ "$(cat "$release/box" 2>/dev/null)" == "$box" ]] || echo "$box" >"$release/box"
  mkdir "$build/deploy"
  cp -rL "$here"/{install.sh,lane.toml,steps,systemd,udev} "$build/deploy"
  diff -qr "$build/deploy" "$release/deploy" >/dev/null 2>&1 && return
  rm -rf "$release/deploy"
  cp -r "$build/deploy" "$release/deploy"
}

# version_of ID: the number of a version that is on the box, for people.
version_of() {
  local found
  found="$(echo "$opt/$1"/lib/python*/site-packages/edge_agent-*.dist-info)"
  found="${found##*/edge_agent-}"
  echo "${found%.dist-info} ($1)"
}
