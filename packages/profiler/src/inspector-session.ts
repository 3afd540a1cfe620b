import type inspectorModule from 'node:inspector';
import { inspectorFailed, inspectorUnavailable } from './errors.js';

type Inspector = typeof inspectorModule;

/** A session with the inspector of this thread. */
export interface InspectorSession {
  /**
   * Profilers of the session's own thread answer before this returns.
   * @throws {ProfilerError} `ERR_PROFILER_INSPECTOR_FAILED`
   */
  call(method: string, params?: object): object;
  /** For what another thread answers. @throws {ProfilerError} `ERR_PROFILER_INSPECTOR_FAILED` */
  post(method: string, params?: object): Promise<object>;
  /** Calls `listener` with the parameters of an event of the session, until the returned function is called. */
  on(event: string, listener: (params: object) => void): () => void;
  /** Begins and ends a profile by title, in every session of this thread whose profiler is enabled. */
  readonly console: Pick<Console, 'profile' | 'profileEnd'>;
  /** Calls `listener` with each profile begun through `console` that ends in this session. */
  onConsoleProfile(listener: (title: string | undefined, profile: object) => void): void;
  close(): void;
}

/**
 * Opens a session with the profilers of V8 enabled. No port is opened, and a session alone does not keep the process
 * alive.
 * @throws {ProfilerError} `ERR_PROFILER_INSPECTOR_UNAVAILABLE`
 */
export function openSession(inspector: Inspector | null = loadInspector()): InspectorSession {
  if (inspector === null) throw inspectorUnavailable();
  let session: inspectorModule.Session;
  try {
    session = new inspector.Session();
    session.connect();
  } catch (cause) {
    throw inspectorUnavailable(cause);
  }
  return {
    call(method, params) {
      let answer: { readonly error: Error | null; readonly result: object | undefined } | undefined;
      session.post(method, params, (error, result) => (answer = { error, result }));
      if (answer === undefined) throw inspectorFailed(method, 'it did not answer at once');
      if (answer.error !== null) throw inspectorFailed(method, answer.error);
      return answer.result ?? {};
    },
    on: (event, listener) => {
      const heard = (message: unknown): void => listener((message as { readonly params: object }).params);
      session.on(event, heard);
      return () => void session.off(event, heard);
    },
    post: (method, params) =>
      new Promise((resolve, reject) => {
        session.post(method, params, (error, result) => {
          if (error === null) resolve(result ?? {});
          else reject(inspectorFailed(method, error));
        });
      }),
    console: inspector.console,
    onConsoleProfile: (listener) => {
      session.on('Profiler.consoleProfileFinished', ({ params: { title, profile } }) => listener(title, profile));
    },
    close: () => session.disconnect(),
  };
}

/** Not a static import: that would fail at import where Node was built without inspector. */
function loadInspector(): Inspector | null {
  return process.getBuiltinModule('node:inspector') ?? null;
}
