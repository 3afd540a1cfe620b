/**
 * Every metric the built-in sources record: the one place for names and units, which follow OpenTelemetry's semantic
 * conventions without `system.`. The README's table is tested against it.
 */
export const metrics = {
  'cpu.utilization': { unit: 'ratio', description: 'Share of CPU time not idle, of all cores or of the cgroup limit; by mode with a label.' },
  'cpu.limit': { unit: 'cores', description: 'Cores that utilization is a share of.' },
  'cpu.load_average.1m': { unit: 'count', description: 'Tasks running or waiting, averaged over a minute.' },
  'cpu.load_average.5m': { unit: 'count', description: 'The same over five minutes.' },
  'cpu.load_average.15m': { unit: 'count', description: 'The same over fifteen minutes.' },
  'memory.utilization': { unit: 'ratio', description: 'Share of memory in use that could not be freed at once.' },
  'memory.used': { unit: 'bytes', description: 'Memory in use that could not be freed at once.' },
  'memory.available': { unit: 'bytes', description: 'Memory that new work can have without swapping.' },
  'memory.limit': { unit: 'bytes', description: 'Memory that utilization is a share of.' },
  'disk.io.read': { unit: 'bytesPerSecond', description: 'Read from disks; by device with a label.' },
  'disk.io.write': { unit: 'bytesPerSecond', description: 'Written to disks; by device with a label.' },
  'disk.operations.read': { unit: 'perSecond', description: 'Reads completed by disks; by device with a label.' },
  'disk.operations.write': { unit: 'perSecond', description: 'Writes completed by disks; by device with a label.' },
  'disk.busy': { unit: 'ratio', description: 'Share of time with I/O under way, of the busiest disk; by device with a label.' },
  'filesystem.utilization': { unit: 'ratio', description: 'Share of space in use, of the fullest file system watched; by path with a label.' },
  'filesystem.available': { unit: 'bytes', description: 'Space an ordinary user can still fill, of the file system at a path.' },
  'network.io.receive': { unit: 'bytesPerSecond', description: 'Received; by interface with a label.' },
  'network.io.transmit': { unit: 'bytesPerSecond', description: 'Sent; by interface with a label.' },
  'network.errors': { unit: 'perSecond', description: 'Packets received or sent with errors.' },
  'network.utilization': { unit: 'ratio', description: 'Busier direction as a share of the link speed, of the busiest interface whose speed is known; by interface with a label.' },
  'pressure.cpu.some': { unit: 'ratio', description: 'Share of time in which some task waited for a CPU (PSI).' },
  'pressure.memory.some': { unit: 'ratio', description: 'Share of time in which some task waited for memory (PSI).' },
  'pressure.memory.full': { unit: 'ratio', description: 'Share of time in which all tasks waited for memory (PSI).' },
  'pressure.io.some': { unit: 'ratio', description: 'Share of time in which some task waited for I/O (PSI).' },
  'pressure.io.full': { unit: 'ratio', description: 'Share of time in which all tasks waited for I/O (PSI).' },
  'cgroup.cpu.throttled': { unit: 'ratio', description: 'Share of scheduling periods in which the cgroup ran into its CPU limit.' },
  'process.cpu.usage': { unit: 'cores', description: 'CPU time this process used per second; 1 is one core busy.' },
  'process.memory.rss': { unit: 'bytes', description: 'Resident memory of this process.' },
  'nodejs.eventloop.utilization': { unit: 'ratio', description: 'Share of time the event loop was not waiting for events.' },
  'nodejs.eventloop.delay.mean': { unit: 'milliseconds', description: 'How late timers fired, on average since the sample before.' },
  'nodejs.eventloop.delay.max': { unit: 'milliseconds', description: 'How late timers fired, longest since the sample before.' },
  'v8js.memory.heap.used': { unit: 'bytes', description: 'JavaScript heap in use.' },
  'v8js.memory.heap.limit': { unit: 'bytes', description: 'Size at which the JavaScript heap runs out of memory.' },
  'v8js.gc.count': { unit: 'perSecond', description: 'Garbage collections.' },
  'v8js.gc.duration': { unit: 'ratio', description: 'Share of time spent in garbage collection.' },
  'v8js.gc.pause.max': { unit: 'milliseconds', description: 'Longest garbage collection since the sample before; 0 without one.' },
} as const;

export type MetricName = keyof typeof metrics;
