import type { InspectorSession } from '../inspector-session.js';
import { readCpuProfile } from '../formats/cpuprofile.js';
import { objectAt, objectIn, textIn } from '../formats/json.js';
import type { WorkerCpu } from '../profile-data.js';

/** CPU samples of all worker threads that this thread started or starts, without any code in them. */
export interface WorkersCollector {
  start(): void;
  /** Waits for the workers' answers; those that end meanwhile, or do not answer in `WAIT_MS`, are left out. */
  stop(): Promise<readonly WorkerCpu[]>;
}

/** A worker in an endless loop answers, as its inspector interrupts it; one in a long native call does not. */
const WAIT_MS = 2_000;

interface Attached {
  readonly title: string;
  readonly waiting: Map<number, (result: unknown) => void>;
  calls: number;
}

/** By the `NodeWorker` domain of Node's inspector. https://nodejs.org/api/inspector.html */
export function workersCollector(session: InspectorSession, intervalUs: number): WorkersCollector {
  const workers = new Map<string, Attached>();
  const call = (sessionId: string, worker: Attached, method: string, params?: object): Promise<unknown> =>
    new Promise((resolve) => {
      const id = (worker.calls += 1);
      worker.waiting.set(id, resolve);
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id, method, params }) }).catch(() => resolve(undefined));
    });
  session.on('NodeWorker.attachedToWorker', (params) => {
    const event = objectAt('attachedToWorker', params);
    const sessionId = textIn(event, 'sessionId');
    const worker = { title: textIn(objectIn(event, 'workerInfo'), 'title'), waiting: new Map(), calls: 0 };
    workers.set(sessionId, worker);
    void call(sessionId, worker, 'Profiler.enable');
    void call(sessionId, worker, 'Profiler.setSamplingInterval', { interval: intervalUs });
    void call(sessionId, worker, 'Profiler.start');
  });
  session.on('NodeWorker.receivedMessageFromWorker', (params) => {
    const event = objectAt('receivedMessageFromWorker', params);
    const { id, result } = JSON.parse(textIn(event, 'message')) as { readonly id?: number; readonly result?: unknown };
    const worker = workers.get(textIn(event, 'sessionId'));
    if (id === undefined || worker === undefined) return;
    worker.waiting.get(id)?.(result);
    worker.waiting.delete(id);
  });
  session.on('NodeWorker.detachedFromWorker', (params) => {
    const sessionId = textIn(objectAt('detachedFromWorker', params), 'sessionId');
    for (const answer of workers.get(sessionId)?.waiting.values() ?? []) answer(undefined);
    workers.delete(sessionId);
  });
  return {
    start: () => void session.call('NodeWorker.enable', { waitForDebuggerOnStart: false }),
    async stop() {
      const late = new Promise<void>((resolve) => void setTimeout(resolve, WAIT_MS).unref());
      const profiles = [...workers].map(async ([sessionId, worker]): Promise<readonly WorkerCpu[]> => {
        const result = await Promise.race([call(sessionId, worker, 'Profiler.stop'), late]);
        if (typeof result !== 'object' || result === null) return [];
        return [{ title: worker.title, cpu: readCpuProfile(objectIn(objectAt('Profiler.stop', result), 'profile')) }];
      });
      const read = (await Promise.all(profiles)).flat();
      session.call('NodeWorker.disable');
      workers.clear();
      return read;
    },
  };
}
