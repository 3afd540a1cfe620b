#!/bin/sh
# Prints the kernel's files that @fog/monitor reads, as `head -v` would, three times a second apart: a recording for
# packages/monitor/test/fixtures. Any POSIX shell will do:
#
#     sh tools/record-kernel-files/files.sh >packages/monitor/test/fixtures/linux-6.18-amd64
#
# A reading begins with proc/uptime, which tells when. Work to be seen in the counters is `$1`, run between the readings.
# The files that say the same in another way (sys/block/*/stat, sys/class/net/*/statistics) are there for the tests.

newline='
'

show() {
  for file in "$@"; do
    # Some can be seen and not be read: `speed` of an interface that is down.
    if [ -f "$file" ] && text=$(cat "$file" 2>/dev/null); then printf '==> %s <==\n%s' "${file#/}" "${text:+$text$newline}"; fi
  done
}

# A folder counts by being there.
folder() {
  if [ -e "$1" ]; then printf '==> %s/ <==\n' "${1#/}"; fi
}

# The cgroup of version 2 this runs in, and those above it.
cgroups() {
  mount=/sys/fs/cgroup
  if [ -d "$mount/unified" ]; then mount=$mount/unified; fi
  if ! [ -e "$mount/cgroup.controllers" ]; then return; fi
  path=$mount$(sed -n 's/^0:://p' /proc/self/cgroup)
  path=${path%/}
  if ! [ -d "$path" ]; then path=$mount; fi
  while :; do
    folder "$path"
    show "$path"/cgroup.controllers "$path"/cpu.max "$path"/cpu.stat "$path"/memory.max "$path"/memory.current "$path"/memory.stat
    show "$path"/cpu.pressure "$path"/memory.pressure "$path"/io.pressure
    if [ "$path" = "$mount" ]; then return; fi
    path=${path%/*}
  done
}

reading() {
  show /proc/uptime /proc/stat /proc/meminfo /proc/loadavg /proc/diskstats /proc/net/dev /proc/self/statm /proc/self/cgroup
  show /proc/pressure/cpu /proc/pressure/memory /proc/pressure/io
  cgroups
  folder /sys/block
  for path in /sys/block/*; do
    folder "$path"
    folder "$path/device"
    if [ -e "$path/device" ]; then show "$path/stat"; fi
  done
  folder /sys/class/net
  for path in /sys/class/net/*; do
    if ! [ -d "$path" ]; then continue; fi
    folder "$path"
    folder "$path/device"
    show "$path/speed" "$path/statistics/rx_bytes" "$path/statistics/tx_bytes"
  done
}

reading
for _ in 1 2; do
  ${1:-true}
  sleep 1
  reading
done
