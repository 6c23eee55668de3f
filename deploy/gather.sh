# Part of make-bundle.sh and make-deb.sh: puts everything that an installation needs into a folder.
# shellcheck shell=bash disable=SC2154  # the variables of both

# What the program needs from the system.
packages="python3 python3-venv libegl1 libgles2"

# gather FOLDER EXTRAS: the program and all Python packages as wheels, the installer, and what they fit.
gather() {
  local folder="$1" extras="$2"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    fail 1 "Python 3.10 or newer is needed; choose another with PYTHON=python3.12"
  mkdir -p "$folder/wheels" "$work/source"
  cp -rL "$here"/{install.sh,lane.toml,steps,systemd,udev} -t "$(mkdir -p "$folder/deploy" && echo "$folder/deploy")"
  cp "$here/../constraints.txt" "$folder"
  # A copy, to leave nothing in the checkout, and fixed times, so that equal files give equal wheels.
  (cd "$here/.." && cp -r pyproject.toml README.md LICENSE NOTICE edge train export deploy/stand-ins "$work/source")
  find "$work/source" -name __pycache__ -prune -exec rm -rf {} +
  say "collecting Python packages"
  "$python" -m venv "$work/venv"
  # Also what builds packages, so that nothing is fetched on the box.
  SOURCE_DATE_EPOCH=315532800 "$work/venv/bin/pip" --quiet --disable-pip-version-check wheel --wheel-dir "$folder/wheels" \
    --constraint "$folder/constraints.txt" "$work/source[$extras]" "$work"/source/stand-ins/*/ pip wheel 'setuptools>=77' || fail 1 "pip could not collect the packages"
  {
    echo "version $(cd "$folder/wheels" && echo edge_agent-*.whl | cut -d - -f 2)"
    # shellcheck source=/dev/null
    (source /etc/os-release && echo "system $ID-$VERSION_ID")
    echo "architecture $(dpkg --print-architecture)"
    echo "python $("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    echo "extras $extras"
    echo "packages $packages"
  } >"$folder/BUNDLE"
}

# gather_debs FOLDER: the Debian packages, with all that a minimal system (debootstrap's minbase) does not have.
gather_debs() {
  local folder="$1" required deb
  local apt=(apt-get -qq --no-install-recommends -o Debug::NoLocking=1 -o APT::Sandbox::User=root)
  say "collecting Debian packages"
  mkdir -p "$folder/debs/partial"
  apt-cache dumpavail >"$work/available"
  mapfile -t required < <(awk -v RS= '/\nPriority: required\n/ || /\nEssential: yes\n/ {print $2}' "$work/available" | sort -u)
  # The minimal system, as a state in which apt finds what is missing.
  "${apt[@]}" --simulate -o Dir::State::status=/dev/null install "${required[@]}" apt |
    sed -n 's/^Inst \([^ :]*\).*/\1/p' >"$work/minimal"
  awk -v RS= 'NR == FNR {for (i = 1; i <= NF; i++) minimal[$i]; next}
    $2 in minimal && !seen[$2]++ {sub("\n", "\nStatus: install ok installed\n"); print $0 "\n"}' \
    "$work/minimal" "$work/available" >"$work/status"
  # shellcheck disable=SC2086
  "${apt[@]}" --yes --download-only -o Dir::State::status="$work/status" -o Dir::Cache::archives="$folder/debs" \
    install $packages
  rm -rf "$folder/debs"/{partial,lock}
  # The list of a repository, so that apt on the box takes only what is missing there.
  for deb in "$folder"/debs/*.deb; do
    dpkg-deb --field "$deb"
    echo "Filename: ./$(basename "$deb")"
    echo "Size: $(stat -c %s "$deb")"
    echo "SHA256: $(sha256sum "$deb" | cut -d ' ' -f 1)"
    echo
  done >"$folder/debs/Packages"
}

# field FOLDER NAME: a line of BUNDLE.
field() { sed -n "s/^$2 //p" "$1/BUNDLE"; }
