import { describe, expect, it } from '@jest/globals';
import inspector from 'node:inspector';
import { openSession } from '../src/inspector-session.js';

describe('a session', () => {
  it('fails with a code where Node has no inspector', () => {
    expect(() => openSession(null)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INSPECTOR_UNAVAILABLE' }));
  });

  it('fails with a code and the cause where the inspector may not be used', () => {
    const denied = new Error('Access to this API has been restricted');
    class Session extends inspector.Session {
      override connect(): void {
        throw denied;
      }
    }
    expect(() => openSession({ ...inspector, Session })).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INSPECTOR_UNAVAILABLE', cause: denied }));
  });

  it('fails with a code and the method that was refused', async () => {
    const session = openSession();
    await expect(session.post('Profiler.stop')).rejects.toMatchObject({ code: 'ERR_PROFILER_INSPECTOR_FAILED', message: expect.stringContaining('Profiler.stop') });
    session.close();
  });
});
