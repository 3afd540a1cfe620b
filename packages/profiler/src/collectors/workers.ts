import { readCpuProfile } from '../formats/cpuprofile.js';
import { objectAt, objectIn, textIn } from '../formats/json.js';
import type { InspectorSession } from '../inspector-session.js';
import type { WorkerCpu } from '../profile-data.js';

/** CPU samples of all worker threads that this thread started or starts, without any code in them. */
export interface WorkersCollector {
  start(): void;
  /** Waits for the workers' answers; those that do not answer in 2 s, as in a long native call, are left out. */
  stop(): Promise<readonly WorkerCpu[]>;
  /** Without those that run still. */
  stopNow(): readonly WorkerCpu[];
}

const WAIT_MS = 2_000;

interface Attached {
  readonly title: string;
  readonly waiting: Map<number, (result: unknown) => void>;
  calls: number;
}

interface FromWorker {
  readonly id?: number;
  readonly result?: unknown;
  readonly method?: string;
}

/** By the `NodeWorker` domain of Node's inspector. https://nodejs.org/api/inspector.html */
export function workersCollector(session: InspectorSession, intervalUs: number): WorkersCollector {
  const workers = new Map<string, Attached>();
  const ended: WorkerCpu[] = [];
  const call = (sessionId: string, worker: Attached, method: string, params?: object): Promise<unknown> =>
    new Promise((resolve) => {
      const id = (worker.calls += 1);
      worker.waiting.set(id, resolve);
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id, method, params }) }).catch(() => resolve(undefined));
    });
  const profileOf = async (sessionId: string, worker: Attached): Promise<readonly WorkerCpu[]> => {
    const result = await call(sessionId, worker, 'Profiler.stop');
    if (typeof result !== 'object' || result === null) return [];
    return [{ title: worker.title, cpu: readCpuProfile(objectIn(objectAt('Profiler.stop', result), 'profile')) }];
  };
  const attached = (params: object): void => {
    const event = objectAt('attachedToWorker', params);
    const sessionId = textIn(event, 'sessionId');
    const worker = { title: textIn(objectIn(event, 'workerInfo'), 'title'), waiting: new Map(), calls: 0 };
    workers.set(sessionId, worker);
    void call(sessionId, worker, 'NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true }); // Or a worker's samples would end with it.
    void call(sessionId, worker, 'Profiler.enable');
    void call(sessionId, worker, 'Profiler.setSamplingInterval', { interval: intervalUs });
    void call(sessionId, worker, 'Profiler.start');
  };
  const received = (params: object): void => {
    const event = objectAt('receivedMessageFromWorker', params);
    const sessionId = textIn(event, 'sessionId');
    const worker = workers.get(sessionId);
    const { id, result, method } = JSON.parse(textIn(event, 'message')) as FromWorker;
    if (worker === undefined) return;
    if (method === 'NodeRuntime.waitingForDisconnect')
      void profileOf(sessionId, worker).then((profiles) => {
        ended.push(...profiles);
        workers.delete(sessionId);
        return session.post('NodeWorker.detach', { sessionId });
      });
    if (id === undefined) return;
    worker.waiting.get(id)?.(result);
    worker.waiting.delete(id);
  };
  const detached = (params: object): void => {
    const sessionId = textIn(objectAt('detachedFromWorker', params), 'sessionId');
    for (const answer of workers.get(sessionId)?.waiting.values() ?? []) answer(undefined);
    workers.delete(sessionId);
  };
  const listeners: (() => void)[] = [];
  /** Those that run still wait for it when they end; and the process, as it exits, for them. */
  const release = (): void => {
    process.off('exit', release);
    for (const sessionId of workers.keys()) session.post('NodeWorker.detach', { sessionId }).catch(() => undefined);
    workers.clear();
  };
  return {
    start() {
      listeners.push(session.on('NodeWorker.attachedToWorker', attached), session.on('NodeWorker.receivedMessageFromWorker', received), session.on('NodeWorker.detachedFromWorker', detached));
      session.call('NodeWorker.enable', { waitForDebuggerOnStart: false });
      process.on('exit', release);
    },
    async stop() {
      const late = new Promise<readonly WorkerCpu[]>((resolve) => void setTimeout(resolve, WAIT_MS, []).unref());
      const running = await Promise.all(Array.from(workers, ([sessionId, worker]) => Promise.race([profileOf(sessionId, worker), late])));
      return [...this.stopNow(), ...running.flat()];
    },
    stopNow() {
      release();
      session.call('NodeWorker.disable');
      for (const remove of listeners) remove();
      return ended;
    },
  };
}
