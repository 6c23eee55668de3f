# Part of install.sh: the service and its units; to another version, and back.
# shellcheck shell=bash disable=SC2154  # the variables of install.sh

# start_release ID: makes this version the one that runs. If it does not start, the version before goes on.
start_release() {
  local id="$1" before older instances
  mapfile -t instances < <(systemctl list-units --plain --no-legend 'edge-agent@*.service' | cut -d ' ' -f 1)
  before="$(readlink "$opt/current" || true)" older="$(readlink "$opt/previous" || true)"
  [[ -d $opt/$before/bin ]] || before=""
  [[ "$before" == "$id" ]] || changed=yes
  put_units "$id"
  # A failed installation may have left a service that does not run.
  if [[ ! $changed ]] && systemctl --quiet is-active edge-agent.service; then
    say "nothing has changed"
    return
  fi
  say "starting version $(version_of "$id"); it is ready when the age model has passed its self-test"
  switch_to "$id"
  if ! restart_services; then
    [[ $before && $before != "$id" ]] ||
      fail 1 "the service did not start: journalctl --unit edge-agent --lines 20"
    say "version $(version_of "$id") does not start; going back to $(version_of "$before")"
    put_units "$before"
    switch_to "$before"
    if [[ $older ]]; then ln -sfn "$older" "$opt/previous"; else rm -f "$opt/previous"; fi
    restart_services || fail 1 "neither version starts: journalctl --unit edge-agent --lines 40"
    fail 1 "version $(version_of "$id") did not start, and $(version_of "$before") runs again: journalctl --unit edge-agent"
  fi
  find "$opt" -mindepth 1 -maxdepth 1 -type d ! -name "$id" ! -name "$(readlink "$opt/previous" || true)" \
    -exec rm -rf {} +
  say "done: $(systemctl show --property StatusText --value edge-agent.service)"
}

roll_back() {
  local current previous
  current="$(readlink "$opt/current" || true)" previous="$(readlink "$opt/previous" || true)"
  [[ $previous && -e $opt/$previous/complete ]] || fail 1 "there is no version before on this box: install one"
  say "going back from version $(version_of "$current") to $(version_of "$previous")"
  start_release "$previous"
}

# put_units ID: the units of a version. Versions that were installed before 0.2.0 have none of their own.
put_units() {
  local deploy="$opt/$1/deploy" box
  [[ -d $deploy ]] || return 0
  box="$(cat "$opt/$1/box")"
  put "$deploy/udev/70-lane-camera.rules" "$rule" && reload_udev
  for unit in edge-agent.service edge-agent@.service; do
    put "$deploy/systemd/$unit" "$units/$unit" && changed=yes
    put "$deploy/systemd/$box.conf" "$units/$unit.d/$box.conf" && changed=yes
    # Remove the drop-in of another kind of box, for example after a change of the card.
    find "$units/$unit.d" -name '*.conf' \( -name cpu.conf -o -name nvidia.conf -o -name jetson.conf \) \
      ! -name "$box.conf" -print -delete | grep -q . && changed=yes
  done
  # Off until somebody enables them.
  for unit in edge-agent-export{,@}.{service,timer} edge-agent-upload.service edge-gateway.service; do
    [[ ! -e $deploy/systemd/$unit ]] || ! put "$deploy/systemd/$unit" "$units/$unit" || systemctl daemon-reload
  done
  return 0
}

# switch_to ID: links, and databases that this version can read.
switch_to() {
  local id="$1" before
  before="$(readlink "$opt/current" || true)"
  fit_databases "$id"
  if [[ $before && $before != "$id" ]]; then
    ln -sfn "$before" "$opt/previous.new" && mv -T "$opt/previous.new" "$opt/previous"
  fi
  ln -sfn "$id" "$opt/current.new" && mv -T "$opt/current.new" "$opt/current"
  ln -sfn "$opt"/current/bin/edge-{agent,till,gateway} /usr/local/bin/
  [[ ! -d $opt/$id/deploy ]] || ln -sfn "$opt/$id/deploy/install.sh" /usr/local/sbin/edge-agent-install
}

restart_services() {
  systemctl daemon-reload
  systemctl --quiet enable edge-agent.service
  systemctl restart edge-agent.service || return 1
  ((${#instances[@]} == 0)) || systemctl restart "${instances[@]}" || return 1
  systemctl try-restart edge-gateway.service
}

# fit_databases ID: an older version cannot use a database whose tables a newer one has changed. The newer one has left
# a copy from before. The newer file, with the records since then, is moved aside and never deleted.
fit_databases() {
  local knows file layout aside copy stopped=""
  knows="$("$opt/$1/bin/python" -c 'from edge.records.schema import SCHEMA_STEPS as s; print(len(s))')" || return 0
  for file in /var/lib/edge-agent*/lane.db /var/lib/edge-agent*/*/lane.db; do
    [[ -f $file && ! -L $file ]] || continue
    layout="$(layout_of "$file")" || continue
    ((layout > knows)) || continue
    # Not while an agent writes.
    [[ $stopped ]] || systemctl stop edge-agent.service 'edge-agent@*.service'
    stopped=yes
    aside="$(dirname "$file")/newer/$(date -u +%Y%m%dT%H%M%SZ)"
    install -d -o edge-agent -g edge-agent -m 700 "$(dirname "$aside")" "$aside"
    for part in "" -wal -shm; do
      [[ ! -e $file$part ]] || mv -T "$file$part" "$aside/lane.db$part"
    done
    say "$file: version $(version_of "$1") cannot read it. It is in $aside now, with all records"
    for ((copy = knows; copy > 0; copy--)); do
      [[ -f $file.$copy && ! -L $file.$copy ]] || continue
      mv -T "$file.$copy" "$file"
      note_return "$1" "$file" "$aside/lane.db"
      say "$file: goes on from its copy of $(date -r "$file" '+%Y-%m-%d %H:%M'), before the upgrade"
      break
    done
    [[ -e $file ]] || say "$file: there is no copy from before the upgrade; the lane begins an empty one"
  done
}

# note_return ID FILE NEWER: the audit log says that an older file took the place of a newer one, and where that ended.
note_return() {
  "$opt/$1/bin/python" - "$2" "$3" <<'END' 2>/dev/null || say "$2: its log could not be marked"
import datetime, pathlib, sys
from edge.records.earlier_layout import newest_row
from edge.records.restore import mark_restored
file, newer = map(pathlib.Path, sys.argv[1:])
mark_restored(file.parent, None, datetime.datetime.now(datetime.timezone.utc), newest_row(newer))
END
}

layout_of() {
  "$python" - "$1" <<'END'
import pathlib, sqlite3, sys
file = pathlib.Path(sys.argv[1]).resolve().as_uri()
print(sqlite3.connect(f"{file}?mode=ro", uri=True).execute("PRAGMA user_version").fetchone()[0])
END
}

uninstall() {
  systemctl stop edge-agent.service 'edge-agent@*.service' 'edge-agent-export*' edge-agent-upload.service \
    edge-gateway.service 2>/dev/null || true
  rm -f "$units"/*.wants/edge-{agent,gateway}.service "$units"/*.wants/edge-agent@*.service
  rm -f "$units"/{,timers.target.wants/}edge-agent-export*.{service,timer} "$units"/edge-agent-upload.service
  rm -rf "$units"/edge-gateway.service{,.d}
  rm -rf "$units"/edge-agent{,@}.service "$units"/edge-agent{,@,@*}.service.d "$opt" /var/cache/{,private/}edge-agent*
  rm -f /usr/local/bin/edge-{agent,till,gateway} /usr/local/sbin/edge-agent-install
  rm -f /etc/sysusers.d/edge-agent.conf "$rule" "$pip_log"
  systemctl daemon-reload
  reload_udev
  say "uninstalled. The audit in /var/lib/edge-agent*, the gateway's messages in /var/lib/edge-gateway, settings and keys in" \
    "$etc, and the users edge-agent and edge-gateway stay"
}

reload_udev() {
  # In a container no udev runs.
  [[ ! -e /run/udev/control ]] || { udevadm control --reload && udevadm trigger --subsystem-match=video4linux; }
}
