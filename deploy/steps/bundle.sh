# Part of install.sh, in a bundle: everything comes from the folder beside it, nothing from a network.
# shellcheck shell=bash disable=SC2154  # the variables of install.sh

readonly bundle="$here/.."

# use_bundle BOX: checks that the bundle fits this box, and installs the Debian packages that are missing.
use_bundle() {
  local system missing=() package version
  # shellcheck source=/dev/null
  system="$(source /etc/os-release && echo "$ID-$VERSION_ID")"
  [[ "$system" == "$(field system)" ]] || fail 1 "this bundle is for $(field system), and this box is $system"
  [[ "$(dpkg --print-architecture)" == "$(field architecture)" ]] ||
    fail 1 "this bundle is for $(field architecture), and this box is $(dpkg --print-architecture)"
  for package in $(field packages); do
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || missing+=("$package")
  done
  if ((${#missing[@]})) && [[ -d $bundle/debs ]]; then
    install_debs "${missing[@]}"
  fi
  version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" || version=none
  [[ "$version" == "$(field python)" ]] ||
    fail 1 "this bundle is for Python $(field python), and this box has $version: choose with PYTHON=python$(field python)"
  for variable in "${!PIP_@}"; do unset "$variable"; done
  export PIP_NO_INDEX=1 PIP_FIND_LINKS="$bundle/wheels" PIP_CONFIG_FILE=/dev/null
}

# Through a repository of its own, so that what the box has, and what is newer there, stays as it is.
install_debs() {
  local folder
  say "installing Debian packages: $*"
  folder="$(mktemp -d)"
  mkdir "$folder/lists" "$folder/cache"
  echo "deb [trusted=yes] file:$(readlink -f "$bundle/debs") ./" >"$folder/sources.list"
  local apt=(
    apt-get -qq --yes --no-install-recommends -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0
  )
  { "${apt[@]}" update && DEBIAN_FRONTEND=noninteractive "${apt[@]}" install "$@"; } >"$pip_log" 2>&1 9>&- ||
    fail 1 "apt failed: $(grep -m 1 '^E: ' "$pip_log" || tail -n 1 "$pip_log"); all it said is in $pip_log"
  rm -rf "$folder"
}

# The wheels of the program and the stand-ins, if the bundle was made with the extras that this box needs. Sets wheel and
# stand_ins.
wheels_of_bundle() {
  local extra
  for extra in ${1//,/ }; do
    [[ ",$(field extras)," == *",$extra,"* ]] ||
      fail 1 "the settings of this box need the extra $extra: make the bundle again, with --extras $1"
  done
  # shellcheck disable=SC2034
  wheel="$(echo "$bundle"/wheels/edge_agent-*.whl)"
  # shellcheck disable=SC2034
  stand_ins=("$bundle"/wheels/*+*.whl)
}

# A line of BUNDLE.
field() { sed -n "s/^$1 //p" "$bundle/BUNDLE"; }
