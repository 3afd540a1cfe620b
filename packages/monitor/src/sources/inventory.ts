import { abortable } from '../abortable.js';
import { resolveSignalOption } from '../option-names.js';

/** What the machine is made of: what changes when somebody opens it. Sizes are in bytes. */
export interface Inventory {
  readonly os: { readonly platform: string; readonly distribution: string; readonly release: string; readonly kernel: string; readonly architecture: string; readonly hostname: string };
  readonly cpu: { readonly manufacturer: string; readonly brand: string; readonly cores: number; readonly physicalCores: number; readonly speedGhz: number };
  readonly memoryBytes: number;
  readonly disks: readonly { readonly device: string; readonly name: string; readonly type: string; readonly sizeBytes: number }[];
  readonly filesystems: readonly { readonly mount: string; readonly type: string; readonly sizeBytes: number; readonly usedBytes: number }[];
  readonly interfaces: readonly { readonly name: string; readonly mac: string; readonly virtual: boolean; readonly speedMbit: number | undefined }[];
}

/**
 * Asks for the inventory of the machine, through `systeminformation`, which is loaded now and starts programs: half a
 * second. Ask once, not at every sample.
 * @throws {MonitorError} rejects with `ERR_MONITOR_INVALID_OPTION`; or with `signal.reason`.
 */
export async function inventory(options: { readonly signal?: AbortSignal } = {}): Promise<Inventory> {
  const signal = resolveSignalOption('inventory option', options);
  signal?.throwIfAborted();
  return abortable(ask(), signal);
}

async function ask(): Promise<Inventory> {
  const { default: system } = await import('systeminformation');
  const [os, cpu, memory, disks, filesystems, networks] = await Promise.all([system.osInfo(), system.cpu(), system.mem(), system.diskLayout(), system.fsSize(), system.networkInterfaces()]);
  return {
    os: { platform: os.platform, distribution: os.distro, release: os.release, kernel: os.kernel, architecture: os.arch, hostname: os.hostname },
    cpu: { manufacturer: cpu.manufacturer, brand: cpu.brand, cores: cpu.cores, physicalCores: cpu.physicalCores, speedGhz: cpu.speed },
    memoryBytes: memory.total,
    disks: disks.map(({ device, name, type, size }) => ({ device, name, type, sizeBytes: size })),
    filesystems: filesystems.map(({ mount, type, size, used }) => ({ mount, type, sizeBytes: size, usedBytes: used })),
    interfaces: (Array.isArray(networks) ? networks : [networks]).map(({ iface, mac, virtual, speed }) => ({ name: iface, mac, virtual, speedMbit: speed !== null && speed > 0 ? speed : undefined })),
  };
}
