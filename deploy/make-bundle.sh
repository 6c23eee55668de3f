#!/usr/bin/env bash
# Makes one signed file that installs the agent on boxes without internet access: install.sh --from FILE.
#
#   deploy/make-bundle.sh --sign KEY [--extras web,insights,gateway] [--out dist] [--deb]
#
# --sign: the gpg key that signs it, by its id or address. Its public half is written beside the file, for the boxes.
# --extras: extras of the Python package, see pyproject.toml. Lanes that keep purchases need insights, and
#           tills that speak HTTP gateway.
# --out: the folder for the results.
# --deb: also makes a Debian package of the same. Its Debian packages come from the mirror that the box uses.
#
# Run it, with internet access, on a machine with the same system, processor and Python as the boxes: the file fits only
# these. It holds the program, all Python packages, and the Debian packages that a minimal system lacks.
set -euo pipefail
umask 022

here="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
readonly here python="${PYTHON:-python3}"

main() {
  local sign="" extras=web,insights,gateway out=dist deb="" file name
  while (($#)); do
    case "$1" in
      --sign) sign="${2:-}"; shift ;;
      --extras) extras="${2:-}"; shift ;;
      --out) out="${2:-}"; shift ;;
      --deb) deb=yes ;;
      -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
      *) fail 2 "no option $1; see deploy/make-bundle.sh --help" ;;
    esac
    shift || fail 2 "the last option needs a value; see deploy/make-bundle.sh --help"
  done
  for program in gpg apt-get dpkg-deb; do
    command -v "$program" >/dev/null || fail 1 "there is no $program here: make the bundle on Debian or Ubuntu, with gpg"
  done
  [[ $sign ]] || fail 2 "which key signs it? Give it with --sign; gpg --list-secret-keys has the list"
  gpg --list-secret-keys "$sign" >/dev/null 2>&1 || fail 2 "--sign $sign: gpg has no such secret key"
  mkdir -p "$out"
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  # shellcheck source=deploy/gather.sh
  source "$here/gather.sh"
  # shellcheck source=deploy/debian/make-deb.sh
  source "$here/debian/make-deb.sh"
  gather "$work/content" "$extras"
  gather_debs "$work/content"
  name="$(field "$work/content" version)-$(field "$work/content" system)-$(field "$work/content" architecture)"
  file="$out/edge-agent-$name.bundle"
  seal "$work/content" "$sign" "$file"
  gpg --export "$sign" >"$out/releases.gpg"
  install -m 755 "$here/install.sh" "$out/install.sh"
  say "$(du -h "$file" | cut -f 1) in $file"
  [[ -z $deb ]] || make_deb "$work/content" "$sign" "$out"
  say "on the box: sudo ./install.sh --from $(basename "$file") --key releases.gpg"
}

# seal FOLDER KEY FILE: one tar file whose last 4096 bytes are the signature of everything before. So the box can check
# it before anything reads the tar.
seal() {
  (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) >"$work/SHA256SUMS"
  mv "$work/SHA256SUMS" "$1"
  tar --create --file "$work/content.tar" --directory "$1" --sort name --owner 0 --group 0 --numeric-owner \
    --mtime @315532800 .
  gpg --batch --yes --quiet --armor --detach-sign --local-user "$2" --output "$work/signature" "$work/content.tar" ||
    fail 1 "gpg could not sign with $2"
  (($(stat -c %s "$work/signature") <= 4096)) || fail 1 "the signature has more than 4096 bytes"
  { cat "$work/content.tar" "$work/signature" &&
    head -c $((4096 - $(stat -c %s "$work/signature"))) /dev/zero | tr '\0' '\n'; } >"$3.new"
  mv "$3.new" "$3"
}

say() { echo "make-bundle.sh: $*"; }

fail() {
  echo "make-bundle.sh: $2" >&2
  exit "$1"
}

main "$@"
