import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FixtureSampler, KernelFixture, minimal } from '../kernel-fixture.js';

let fixture: KernelFixture;
const samplers: FixtureSampler[] = [];
const sampler = (options?: ConstructorParameters<typeof FixtureSampler>[1]): FixtureSampler => {
  const made = new FixtureSampler(fixture, options);
  samplers.push(made);
  return made;
};

beforeEach(() => {
  fixture = new KernelFixture();
});
afterEach(() => {
  for (const made of samplers.splice(0)) made.close();
  fixture.delete();
});

const stat = (fields: string): string => `cpu  ${fields}\ncpu0 ${fields}\ncpu1 0 0 0 0\nintr 1 2 3\n`;
const netdev = (...lines: string[]): string => `Inter-|   Receive   |  Transmit\n face |bytes    packets errs drop\n${lines.map((line) => `${line}\n`).join('')}`;

describe('the kernel files of a machine', () => {
  it('give every series that one reading can, and the rates with the second', () => {
    fixture.write({
      'proc/stat': stat('1000 0 200 5000 10 0 5 20 0 0'),
      'proc/meminfo': 'MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\n',
      'proc/loadavg': '3.12 2.78 1.44 5/147 9942\n',
      'proc/diskstats': ' 254       0 vda 127166 26537 7976522 237916 134862 60083 12583736 70104 0 32984 319146 89985 4780 8411288 10206 23483 918\n',
      'proc/net/dev': netdev('  lo: 4629123 15582 0 0 0 0 0 0 4629123 15582 0 0 0 0 0 0', '  eth0: 617924556   18914    0    0    0     0          0         0  1725822   13967    0    0    0     0       0          0'),
      'proc/self/statm': '765 409 393 5 0 123 0\n',
      'proc/pressure/cpu': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\n',
      'proc/pressure/io': 'some avg10=49.35 avg60=31.78 avg300=27.02 total=13766759\nfull avg10=0.00 avg60=0.01 avg300=0.10 total=9232043\n',
      'sys/block/vda/device/': '',
      'sys/class/net/eth0/device/': '',
      'sys/class/net/lo/': '',
    });
    const machine = sampler();
    expect(machine.sample()).toEqual({
      'cpu.limit': 2,
      'cpu.load_average.1m': 3.12,
      'cpu.load_average.5m': 2.78,
      'cpu.load_average.15m': 1.44,
      'memory.limit': 1000 * 1024,
      'memory.available': 400 * 1024,
      'memory.used': 600 * 1024,
      'memory.utilization': 0.6,
      'process.memory.rss': 409 * 4096,
    });
    fixture.write({
      'proc/stat': stat('1060 0 210 5020 20 0 5 20 0 0'),
      'proc/diskstats': ' 254       0 vda 127176 26537 7976722 237916 134867 60083 12583836 70104 0 33484 319146 89985 4780 8411288 10206 23483 918\n',
      'proc/net/dev': netdev('  lo: 99999999 15582 0 0 0 0 0 0 99999999 15582 0 0 0 0 0 0', '  eth0: 617934556   18914    3    0    0     0          0         0  1727822   13967    1    0    0     0       0          0'),
      'proc/pressure/io': 'some avg10=49.35 avg60=31.78 avg300=27.02 total=14266759\nfull avg10=0.00 avg60=0.01 avg300=0.10 total=9332043\n',
    });
    expect(machine.sample(2_000)).toMatchObject({
      'cpu.utilization': 0.7,
      'cpu.utilization{mode="user"}': 0.6,
      'cpu.utilization{mode="system"}': 0.1,
      'cpu.utilization{mode="idle"}': 0.2,
      'cpu.utilization{mode="iowait"}': 0.1,
      'disk.operations.read': 5,
      'disk.io.read{device="vda"}': 200 * 512 / 2,
      'disk.operations.write': 2.5,
      'disk.io.write': 100 * 512 / 2,
      'disk.busy': 0.25,
      'network.io.receive': 5_000,
      'network.io.transmit{interface="eth0"}': 1_000,
      'network.errors': 2,
      'pressure.io.some': 0.25,
      'pressure.io.full': 0.05,
      'pressure.cpu.some': 0,
    });
    expect(machine.failures).toEqual([]);
  });
});

describe('cpu', () => {
  it('counts steal as busy, and a mode that goes back as no time', () => {
    fixture.write({ ...minimal, 'proc/stat': stat('100 0 0 100 50 0 0 0') });
    const machine = sampler();
    machine.sample();
    fixture.write({ 'proc/stat': stat('100 0 0 150 40 0 0 50') });
    expect(machine.sample()).toMatchObject({ 'cpu.utilization': 0.5, 'cpu.utilization{mode="steal"}': 0.5, 'cpu.utilization{mode="iowait"}': 0 });
  });

  it('repeats what was true when no tick has passed since', () => {
    fixture.write({ ...minimal, 'proc/stat': stat('0 0 0 0') });
    const machine = sampler();
    machine.sample();
    fixture.write({ 'proc/stat': stat('30 0 0 10') });
    machine.sample();
    expect(machine.sample(1)).toMatchObject({ 'cpu.utilization': 0.75 });
  });

  it('reads the four fields of old kernels', () => {
    fixture.write({ ...minimal, 'proc/stat': stat('0 0 0 0') });
    const machine = sampler();
    machine.sample();
    fixture.write({ 'proc/stat': stat('10 20 30 40') });
    expect(machine.sample()).toMatchObject({ 'cpu.utilization': 0.6, 'cpu.utilization{mode="nice"}': 0.2 });
  });
});

describe('memory', () => {
  it('takes free, buffers and cache for available where the kernel does not say', () => {
    fixture.write({ ...minimal, 'proc/meminfo': 'MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 150 kB\n' });
    expect(sampler().sample()).toMatchObject({ 'memory.utilization': 0.7, 'memory.available': 300 * 1024 });
  });
});

describe('disks', () => {
  const line = (name: string, sectors: number): string => `   8       0 ${name} 1 0 ${sectors} 0 1 0 ${sectors} 0 0 0 0\n`;

  it('count every byte once: neither partitions, nor volumes, nor memory', () => {
    fixture.write({ ...minimal, 'sys/block/sda/device/': '', 'sys/block/dm-0/': '', 'sys/block/loop0/': '' });
    const names = ['loop0', 'sda', 'sda1', 'sda10', 'dm-0'];
    fixture.write({ 'proc/diskstats': names.map((name) => line(name, 0)).join('') });
    const machine = sampler();
    machine.sample();
    fixture.write({ 'proc/diskstats': names.map((name) => line(name, 10)).join('') });
    const values = machine.sample();
    expect(values['disk.io.read']).toBe(5_120);
    expect(Object.keys(values).filter((name) => name.startsWith('disk.io.read'))).toEqual(['disk.io.read', 'disk.io.read{device="sda"}']);
  });

  it.each([
    ['sda', true], ['nvme0n1', true], ['mmcblk0', true], ['xvda', true],
    ['sda1', false], ['nvme0n1p2', false], ['mmcblk0p1', false], ['mmcblk0boot0', false], ['loop3', false], ['ram0', false], ['zram0', false], ['dm-2', false], ['md127', false], ['sr0', false],
  ])('tell %s by its name where /sys is hidden: counts %s', (name, counted) => {
    fixture.write({ ...minimal, 'proc/diskstats': line(name, 0) });
    fixture.remove('sys/block');
    const machine = sampler();
    machine.sample();
    expect(Object.hasOwn(machine.sample(), `disk.io.read{device="${name}"}`)).toBe(counted);
  });

  it('are read to the end of a file that is longer than the buffer', () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `loop${index}`);
    fixture.write({ ...minimal, 'sys/block/sda/device/': '', 'proc/diskstats': names.map((name) => line(name, 0)).join('') + line('sda', 0) });
    const machine = sampler();
    machine.sample();
    expect(machine.sample()['disk.io.read{device="sda"}']).toBe(0);
  });

  it('have no rate over a counter that went back, and one again from the next sample on', () => {
    fixture.write({ ...minimal, 'sys/block/sda/device/': '', 'proc/diskstats': line('sda', 1_000) });
    const machine = sampler();
    machine.sample();
    fixture.write({ 'proc/diskstats': line('sda', 4) });
    expect(machine.sample()['disk.io.read']).toBeUndefined();
    fixture.write({ 'proc/diskstats': line('sda', 6) });
    expect(machine.sample()['disk.io.read']).toBe(1_024);
  });

  it('come and go; their series stay until their history is over', () => {
    fixture.write({ ...minimal, 'sys/block/sda/device/': '', 'sys/block/sdb/device/': '', 'proc/diskstats': line('sda', 0) + line('sdb', 0) });
    const machine = sampler({ historySize: 3 });
    const isKnown = (): boolean => machine.registry.find('disk.io.read{device="sdb"}') !== undefined;
    machine.sample();
    expect(machine.sample()['disk.io.read{device="sdb"}']).toBe(0);
    fixture.write({ 'proc/diskstats': line('sda', 2) });
    expect(machine.sample()).toMatchObject({ 'disk.io.read': 1_024 });
    machine.sample();
    expect(isKnown()).toBe(true);
    machine.sample();
    expect(isKnown()).toBe(false);
    // Back, with counters of its own: no rate to the ones before.
    fixture.write({ 'proc/diskstats': line('sdb', 9_000) + line('sda', 2) });
    expect(machine.sample()).toMatchObject({ 'disk.io.read': 0 });
    fixture.write({ 'proc/diskstats': line('sdb', 9_004) + line('sda', 2) });
    expect(machine.sample()).toMatchObject({ 'disk.io.read': 2_048, 'disk.io.read{device="sdb"}': 2_048 });
  });
});

describe('network', () => {
  const line = (name: string, bytes: number): string => `${name}:${bytes} 0 0 0 0 0 0 0 ${bytes} 0 0 0 0 0 0 0`;

  it('counts hardware, and what passes through it only there', () => {
    fixture.write({ ...minimal, 'sys/class/net/eth0/device/': '', 'sys/class/net/eth1/device/': '', 'sys/class/net/docker0/': '', 'sys/class/net/lo/': '' });
    const names = ['lo', 'eth0', 'docker0', 'eth1'];
    fixture.write({ 'proc/net/dev': netdev(...names.map((name) => line(name, 0))) });
    const machine = sampler();
    machine.sample();
    fixture.write({ 'proc/net/dev': netdev(...names.map((name) => line(name, 100))) });
    expect(machine.sample()).toMatchObject({ 'network.io.receive': 200, 'network.io.transmit': 200 });
  });

  it('counts all but loopback where there is no hardware, as in a container', () => {
    fixture.write({ ...minimal, 'sys/class/net/eth0/': '', 'proc/net/dev': netdev(line('lo', 0), line('eth0', 0)) });
    const machine = sampler();
    machine.sample();
    fixture.write({ 'proc/net/dev': netdev(line('lo', 50), line('eth0', 70)) });
    expect(machine.sample()).toMatchObject({ 'network.io.receive': 70 });
  });

  it('takes the busier direction of the busiest interface as a share of its speed, if that is known', () => {
    fixture.write({ ...minimal, 'sys/class/net/eth0/device/': '', 'sys/class/net/eth0/speed': '8\n', 'sys/class/net/eth1/device/': '', 'sys/class/net/eth1/speed': '-1\n' });
    fixture.write({ 'proc/net/dev': netdev('eth0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0', line('eth1', 0)) });
    const machine = sampler();
    machine.sample();
    fixture.write({ 'proc/net/dev': netdev('eth0: 250000 0 0 0 0 0 0 0 500000 0 0 0 0 0 0 0', line('eth1', 9_999_999)) });
    const values = machine.sample();
    expect(values).toMatchObject({ 'network.utilization': 0.5, 'network.utilization{interface="eth0"}': 0.5 });
    expect(values).not.toHaveProperty(['network.utilization{interface="eth1"}']);
  });
});

describe('a source that fails', () => {
  it.each([
    ['proc/stat', 'cpu  1 2 x 4\n', 'cpu.utilization'],
    ['proc/stat', '', 'cpu.limit'],
    ['proc/meminfo', 'MemTotal: 10 kB\nMemFree: 1 kB\n', 'memory.utilization'],
    ['proc/meminfo', 'MemTotal: 10 kB\nMemAvailable: 99 kB\n', 'memory.utilization'],
    ['proc/loadavg', '0.25 garbage', 'cpu.load_average.5m'],
    ['proc/diskstats', ' 8 0 sda 1 0 5', 'disk.io.read'],
    ['proc/net/dev', netdev('eth0: 5 0 0 0 0'), 'network.io.receive'],
    ['proc/self/statm', '765', 'process.memory.rss'],
  ])('over %s of %j is counted, named and leaves a gap', (path, text, missing) => {
    fixture.write({ ...minimal, 'sys/block/sda/device/': '', [path]: text });
    const machine = sampler();
    const values = machine.sample();
    expect(machine.failures).toHaveLength(1);
    expect(machine.failures[0]).toContain(path);
    expect(values).not.toHaveProperty([missing]);
    expect(Object.keys(values).length).toBeGreaterThan(3);
  });

  it('halfway through its file leaves no false rate behind', () => {
    const lines = (bytes: number): string[] => ['eth0', 'eth1'].map((name) => `${name}: ${bytes} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0`);
    fixture.write({ ...minimal, 'sys/class/net/eth0/device/': '', 'sys/class/net/eth1/device/': '', 'proc/net/dev': netdev(...lines(0)) });
    const machine = sampler();
    machine.sample();
    fixture.write({ 'proc/net/dev': netdev('eth0: 1000 0 garbage', 'eth1: 1000 0 0') });
    machine.sample();
    expect(machine.failures).toHaveLength(1);
    fixture.write({ 'proc/net/dev': netdev(...lines(2_000)) });
    expect(machine.sample()).toMatchObject({ 'network.io.receive{interface="eth0"}': 1_000, 'network.io.receive{interface="eth1"}': 1_000 });
  });

  it('is read again once its file is there again', () => {
    fixture.write(minimal);
    const machine = sampler();
    fixture.remove('proc/loadavg');
    expect(machine.sample()).not.toHaveProperty(['cpu.load_average.1m']);
    expect(machine.failures[0]).toContain('ENOENT');
    fixture.write({ 'proc/loadavg': minimal['proc/loadavg'] ?? '' });
    expect(machine.sample()).toMatchObject({ 'cpu.load_average.1m': 0.25 });
    expect(machine.failures).toHaveLength(1);
  });
});

describe('pressure', () => {
  it('is left out where the kernel has none', () => {
    fixture.write(minimal);
    const machine = sampler();
    machine.sample();
    expect(Object.keys(machine.sample()).filter((name) => name.startsWith('pressure'))).toEqual([]);
    expect(machine.failures).toEqual([]);
  });
});

describe('scope', () => {
  const cgroup = (folder: string): Record<string, string> => ({
    'proc/self/cgroup': '0::/pod/app\n',
    'sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
    [`${folder}/cpu.max`]: '50000 100000\n',
    [`${folder}/cpu.stat`]: 'usage_usec 0\nuser_usec 0\nsystem_usec 0\ncore_sched.force_idle_usec 0\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n',
    [`${folder}/memory.max`]: '512000\n',
    [`${folder}/memory.current`]: '300000\n',
    [`${folder}/memory.stat`]: 'anon 100000\nfile 200000\ninactive_file 44000\n',
    'sys/fs/cgroup/pod/app/cpu.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  });
  const own = 'sys/fs/cgroup/pod/app';

  it('auto takes the limits of the cgroup, follows them, and tells throttling', () => {
    fixture.write({ ...minimal, ...cgroup(own) });
    const machine = sampler();
    expect(machine.sample()).toMatchObject({ 'memory.limit': 512_000, 'memory.used': 256_000, 'memory.utilization': 0.5, 'cpu.limit': 0.5 });
    fixture.write({
      [`${own}/cpu.stat`]: 'usage_usec 250000\nuser_usec 200000\nsystem_usec 50000\nnr_periods 10\nnr_throttled 4\n',
      [`${own}/memory.max`]: '1024000\n',
      [`${own}/cpu.pressure`]: 'some avg10=0.00 avg60=0.00 avg300=0.00 total=100000\n',
    });
    expect(machine.sample()).toMatchObject({
      'cpu.utilization': 0.5,
      'cpu.utilization{mode="user"}': 0.4,
      'cgroup.cpu.throttled': 0.4,
      'memory.utilization': 0.25,
      'pressure.cpu.some': 0.1,
    });
    expect(machine.failures).toEqual([]);
  });

  it('auto finds a limit set above, where it counts for all below', () => {
    fixture.write({ ...minimal, ...cgroup('sys/fs/cgroup/pod'), [`${own}/memory.max`]: 'max\n', [`${own}/cpu.max`]: 'max 100000\n' });
    expect(sampler().sample()).toMatchObject({ 'memory.limit': 512_000, 'cpu.limit': 0.5 });
  });

  it('auto takes what is mounted when the path is one from outside the container', () => {
    fixture.write({ ...minimal, ...cgroup('sys/fs/cgroup'), 'proc/self/cgroup': '12:cpu:/x\n0::/../../elsewhere\n' });
    expect(sampler().sample()).toMatchObject({ 'memory.limit': 512_000 });
  });

  it('auto is the machine where there is no limit', () => {
    fixture.write({ ...minimal, ...cgroup(own), [`${own}/memory.max`]: 'max\n', [`${own}/cpu.max`]: 'max 100000\n' });
    expect(sampler().sample()).toMatchObject({ 'memory.limit': 1_024_000, 'cpu.limit': 2 });
  });

  it('host ignores limits', () => {
    fixture.write({ ...minimal, ...cgroup(own) });
    expect(sampler({ scope: 'host' }).sample()).toMatchObject({ 'memory.limit': 1_024_000, 'cpu.limit': 2 });
  });

  it('cgroup measures the cgroup against the machine where it has no limit', () => {
    fixture.write({ ...minimal, ...cgroup(own), [`${own}/memory.max`]: 'max\n' });
    expect(sampler({ scope: 'cgroup' }).sample()).toMatchObject({ 'memory.limit': 1_024_000, 'memory.used': 256_000 });
  });

  it('cgroup is refused where there is none', () => {
    fixture.write(minimal);
    expect(() => sampler({ scope: 'cgroup' })).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_SOURCE_UNAVAILABLE' }));
  });

  it('linux is refused where there are no such files', () => {
    expect(() => sampler()).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_SOURCE_UNAVAILABLE' }));
  });
});
