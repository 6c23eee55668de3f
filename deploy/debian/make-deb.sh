# Part of make-bundle.sh: a Debian package whose scripts run the installer that is in it. dpkg-deb alone makes it: every
# Debian has it. dh-virtualenv would put one virtual environment at one place, which leaves no version to go back to, and
# nfpm is not in Debian.
# shellcheck shell=bash disable=SC2154  # the variables of make-bundle.sh

# make_deb CONTENT KEY FOLDER: takes the content of a bundle, and leaves the package and its signature in FOLDER.
make_deb() {
  local content="$1" root="$work/deb" version architecture python_version file
  version="$(field "$content" version)" architecture="$(field "$content" architecture)"
  python_version="$(field "$content" python)"
  mkdir -p "$root/DEBIAN" "$root/usr/lib/edge-agent"
  mv "$content"/{BUNDLE,constraints.txt,deploy,wheels} "$root/usr/lib/edge-agent"
  install -m 755 "$here"/debian/{postinst,prerm,postrm} "$root/DEBIAN"
  cat >"$root/DEBIAN/control" <<END
Package: edge-agent
Version: $version
Architecture: $architecture
Maintainer: $(gpg --list-keys --with-colons "$2" | sed -n 's/^uid:\([^:]*:\)\{8\}\([^:]*\).*/\2/p' | head -n 1)
Depends: ${packages// /, }, python3 (>= $python_version), python3 (<< 3.$((${python_version#*.} + 1))~), systemd
Installed-Size: $(du -sk "$root/usr" | cut -f 1)
Section: misc
Priority: optional
Description: age advice for a checkout lane
 A camera at a checkout lane says whether the cashier should ask for ID. This package installs the service into
 /opt/edge-agent, as deploy/install.sh does.
END
  file="$3/edge-agent_${version}_$architecture.deb"
  # Wheels are compressed already.
  dpkg-deb --root-owner-group -Znone --build "$root" "$file" >/dev/null
  gpg --batch --yes --quiet --armor --detach-sign --local-user "$2" --output "$file.asc" "$file"
  say "$(du -h "$file" | cut -f 1) in $file"
}
