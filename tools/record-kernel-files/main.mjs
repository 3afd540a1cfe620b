/**
 * Boots a kernel in an emulator and records what its files say, for packages/monitor/test/fixtures:
 *
 *     node tools/record-kernel-files/main.mjs linux-6.1-amd64 machine,slice,container linux-image-*.deb busybox-static_*.deb util-linux_*.deb libc6_*.deb
 *
 * Writes `linux-6.1-amd64`, `linux-6.1-amd64-slice`, …: a file a view, as guest.sh has them. The packages are Debian's, all
 * of one architecture (`apt-get download`). Needs dpkg-deb, xz and qemu-system-x86_64, -aarch64 or -arm.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { archive } from './cpio.mjs';

const LIMIT_MS = 600_000;
const DISKS = [8, 8, 8];
const MODULES = ['virtio_pci', 'virtio_blk', 'virtio_net', 'e1000', 'nvme', 'xhci_pci', 'usb_storage', 'sd_mod', 'loop', 'zram', 'lzo', 'lzo_rle', 'bridge', '8021q', 'veth'];
/** @type {Readonly<Record<string, { readonly program: string, readonly machine: string, readonly console: string }>>} */
const EMULATORS = {
  amd64: { program: 'qemu-system-x86_64', machine: '-M q35 -accel tcg -cpu qemu64', console: 'ttyS0' },
  arm64: { program: 'qemu-system-aarch64', machine: '-M virt -cpu cortex-a72', console: 'ttyAMA0' },
  armhf: { program: 'qemu-system-arm', machine: '-M virt,highmem=off -cpu cortex-a15', console: 'ttyAMA0' },
};
const DEVICES = '-device virtio-blk-pci,drive=disk0 -device nvme,drive=disk1,serial=1 -device qemu-xhci -device usb-storage,drive=disk2 '
  + '-netdev user,id=net0 -device virtio-net-pci,netdev=net0,romfile= -netdev user,id=net1 -device e1000,netdev=net1,romfile=';

const [name, views, ...packages] = process.argv.slice(2);
const [kernelPackage] = packages;
if (name === undefined || views === undefined || kernelPackage === undefined) throw new Error('usage: main.mjs <name> <view,view…> <linux-image.deb> <other.deb…>');

const fixtures = join(import.meta.dirname, '../../packages/monitor/test/fixtures');
const work = mkdtempSync(join(tmpdir(), 'record-kernel-files-'));
try {
  const root = join(work, 'root');
  for (const file of packages) execFileSync('dpkg-deb', ['-x', file, root]);
  const output = boot(execFileSync('dpkg-deb', ['-f', kernelPackage, 'Architecture'], { encoding: 'utf8' }).trim(), root);
  const recordings = [...output.matchAll(/^#### (\w+)\n([\s\S]*?)^#### end$/gm)];
  if (recordings.length === 0) throw new Error(`nothing was recorded; the console said:\n${output.slice(-4_000)}`);
  for (const [, view = '', text = ''] of recordings) {
    writeFileSync(join(fixtures, view === 'machine' ? name : `${name}-${view}`), text);
    console.log(`${view}: ${text.length} bytes`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** What the guest says on its console. @param {string} architecture @param {string} root */
function boot(architecture, root) {
  const emulator = EMULATORS[architecture];
  const kernel = kernelIn(root);
  if (emulator === undefined || kernel === undefined) throw new Error(`no emulator for ${architecture}, or no kernel in ${kernelPackage}`);
  writeFileSync(join(work, 'initrd'), firstFileSystem(root));
  const disks = DISKS.flatMap((megabytes, index) => {
    const file = join(work, `disk${index}`);
    writeFileSync(file, '');
    truncateSync(file, megabytes * 1024 * 1024);
    return ['-drive', `if=none,id=disk${index},format=raw,file=${file}`];
  });
  const append = [`console=${emulator.console} quiet loglevel=0 panic=-1 psi=1`, ...(views ?? '').split(',').map((view) => `view.${view}`)].join(' ');
  const options = `${emulator.machine} -smp 2 -m 384 -nographic -no-reboot ${DEVICES}`.split(' ');
  return execFileSync(emulator.program, [...options, ...disks, '-kernel', kernel, '-initrd', join(work, 'initrd'), '-append', append], { encoding: 'utf8', timeout: LIMIT_MS, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** In /boot, or, as of Linux 7, with its modules. @param {string} root */
function kernelIn(root) {
  const folders = ['boot', 'usr/lib/modules'].map((folder) => join(root, folder)).filter((folder) => existsSync(folder));
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)));
  return files.find((file) => basename(file).startsWith('vmlinuz'));
}

/** The programs of the packages, the scripts, and the modules of the guest's devices. @param {string} root */
function firstFileSystem(root) {
  for (const folder of ['proc', 'sys', 'dev', 'sbin', 'lib', 'usr/bin', 'usr/sbin']) mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(join(import.meta.dirname, 'guest.sh'), join(root, 'init'));
  copyFileSync(join(import.meta.dirname, 'files.sh'), join(root, 'files.sh'));
  chmodSync(join(root, 'init'), 0o755);
  for (const program of ['bin', 'sbin']) if (existsSync(join(root, 'usr', program, 'busybox'))) copyFileSync(join(root, 'usr', program, 'busybox'), join(root, 'bin/busybox'));
  // Newer packages have all below /usr, where the guest's modprobe does not look.
  const below = existsSync(join(root, 'lib/modules')) ? 'lib/modules' : 'usr/lib/modules';
  if (below !== 'lib/modules') symlinkSync('../usr/lib/modules', join(root, 'lib/modules'));
  const modules = new Set(neededModules(join(root, below)).map((path) => join(below, path)));
  const dispensable = (/** @type {string} */ path) => /^(?:boot|usr\/(?:share|include))(?:\/|$)|\/vmlinuz/.test(path) || (path.startsWith(below) && path.includes('.ko') && !modules.has(path));
  return archive(root, (path) => !dispensable(path));
}

/** The modules of the guest's devices and what they are built on, unpacked where they are packed. @param {string} folder */
function neededModules(folder) {
  const files = new Map(readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.ko(?:\.xz)?$/.test(path)).map((path) => [basename(path).replace(/\.ko(?:\.xz)?$/, '').replaceAll('-', '_'), path]));
  const needed = new Set(/** @type {string[]} */ ([]));
  const visit = (/** @type {string} */ module) => {
    const file = files.get(module);
    if (file === undefined) return; // Built in.
    files.delete(module);
    if (file.endsWith('.xz')) execFileSync('xz', ['-d', join(folder, file)]);
    const path = file.replace(/\.xz$/, '');
    needed.add(path);
    const [, depends = ''] = /\0depends=([^\0]*)\0/.exec(readFileSync(join(folder, path), 'latin1')) ?? [];
    for (const other of depends.split(',')) visit(other.replaceAll('-', '_'));
  };
  MODULES.forEach(visit);
  return [...needed];
}
