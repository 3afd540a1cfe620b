#!/bin/busybox sh
# The first process of the guest: gives it devices and work, and prints what the kernel's files then say, from several
# places. `view.<name>` on the kernel's command line asks for some of them.

mkdir -p /bin /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /tmp /run
stty -opost </dev/console # Lines end as the kernel ends them.

asked() { grep -q "view\.$1" /proc/cmdline; }

devices() {
  depmod
  for module in virtio_pci virtio_blk virtio_net e1000 nvme xhci_pci usb_storage sd_mod loop zram bridge 8021q veth; do
    modprobe "$module"
  done
  sleep 2 # USB and NVMe are found in the background.
  ip link set lo up
  ip link set eth0 up
  ip address add 10.0.2.15/24 dev eth0
  ip link set eth1 up
  # What carries a byte a second time: a bridge, a VLAN, a pair of ends of which one is a container's.
  ip link add br0 type bridge && ip link set eth1 master br0 && ip link set br0 up
  ip link add link eth0 name eth0.7 type vlan id 7 && ip link set eth0.7 up
  ip link add veth0 type veth && ip link set veth0 up
  dd if=/dev/zero of=/tmp/image bs=1M count=8 2>/dev/null
  losetup -f /tmp/image
  echo 16M >/sys/block/zram0/disksize && mkswap /dev/zram0 >/dev/null && swapon /dev/zram0
}

# Work that is over before the next reading.
cat >/bin/work <<'W'
#!/bin/sh
for disk in /dev/vda /dev/nvme0n1 /dev/sda; do
  if [ -b $disk ]; then
    dd if=/dev/urandom of=$disk bs=64k count=24 conv=fsync 2>/dev/null
    echo 3 >/proc/sys/vm/drop_caches
    dd if=$disk of=/dev/null bs=64k count=40 2>/dev/null
  fi
done
ping -q -c 3 -s 1200 10.0.2.2 >/dev/null 2>&1
ping -q -c 3 -s 900 127.0.0.1 >/dev/null 2>&1
dd if=/dev/urandom of=/dev/null bs=1M count=20 2>/dev/null
W
chmod +x /bin/work

# More CPU time than it may have, and pages of a disk in the memory that is charged to it.
cat >/bin/strain <<'W'
#!/bin/sh
dd if=/dev/vda of=/dev/null bs=64k 2>/dev/null
ping -q -c 2 127.0.0.1 >/dev/null
timeout 2 sh -c 'while :; do :; done'
W
chmod +x /bin/strain

record() {
  name=$1
  shift
  printf '\n#### %s\n' "$name"
  "$@" 2>/dev/null
  printf '#### end\n'
}

devices
mkdir -p /sys/fs/cgroup
if asked cgroup1; then
  # As Docker's hosts were before 2021: controllers of version 1, version 2 beside them for bookkeeping alone.
  mount -t tmpfs tmpfs /sys/fs/cgroup
  for controller in cpu,cpuacct memory; do
    mkdir -p /sys/fs/cgroup/$controller && mount -t cgroup -o $controller cgroup /sys/fs/cgroup/$controller
    mkdir -p /sys/fs/cgroup/$controller/app && echo $$ >/sys/fs/cgroup/$controller/app/cgroup.procs
  done
  echo 50000 >/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us
  echo 67108864 >/sys/fs/cgroup/memory/app/memory.limit_in_bytes
  mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
  record cgroup1 sh /files.sh strain
else
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  if asked machine; then record machine sh /files.sh work; fi
  echo '+cpu +memory +io' >/sys/fs/cgroup/cgroup.subtree_control
  mkdir -p /sys/fs/cgroup/slice
  echo '+cpu +memory +io' >/sys/fs/cgroup/slice/cgroup.subtree_control
  mkdir -p /sys/fs/cgroup/slice/app
  if asked slice; then
    # Of the CPU above, of memory here.
    echo '50000 100000' >/sys/fs/cgroup/slice/cpu.max
    echo 64M >/sys/fs/cgroup/slice/app/memory.max
    record slice sh -c 'echo $$ >/sys/fs/cgroup/slice/app/cgroup.procs; exec sh /files.sh strain'
    echo max >/sys/fs/cgroup/slice/cpu.max
  fi
  if asked container; then
    echo '25000 50000' >/sys/fs/cgroup/slice/app/cpu.max
    echo 48M >/sys/fs/cgroup/slice/app/memory.max
    # With namespaces of its own, as container runtimes give them; that of the network has both ends of a pair.
    record container sh -c '
      echo $$ >/sys/fs/cgroup/slice/app/cgroup.procs
      exec /usr/bin/unshare --cgroup --mount --net sh -c "
        umount /sys/fs/cgroup; mount -t sysfs sys /sys; mount -t cgroup2 cgroup2 /sys/fs/cgroup
        ip link set lo up; ip link add eth0 type veth; ip link set eth0 up; ip link set veth0 up
        exec sh /files.sh strain"'
  fi
fi
poweroff -f
