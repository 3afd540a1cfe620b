import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startPostgres, startRedis, type Service } from '@fog/services';
import { startGateway, type GatewayProcess } from './gateway-process.js';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
/** Each command of the README that is followed by what it prints. */
const session = [...readme.matchAll(/^```sh\n([\s\S]*?)^```\n\n```json\n([\s\S]*?)^```/gm)].map(([, command = '', answer = '']) => ({ command: command.trim(), answer: answer.trim() }));

let services: Service[] = [];
let gateway: GatewayProcess;
const folder = mkdtempSync(join(tmpdir(), 'fog-session-'));

beforeAll(async () => {
  services = await Promise.all([startPostgres({ alwaysPrivate: true }), startRedis({ alwaysPrivate: true })]);
  const [postgres, redis] = services;
  gateway = await startGateway({ DATABASE_URL: postgres?.url ?? '', REDIS_URL: redis?.url ?? '' });
}, 60_000);

afterAll(async () => {
  await gateway?.stop();
  await Promise.all(services.map((service) => service.close()));
  rmSync(folder, { recursive: true, force: true });
});

it('holds a session', () => {
  expect(session.length).toBeGreaterThanOrEqual(6);
});

it.each(session)('answers $command as printed', async ({ command, answer }) => {
  const { stdout } = await promisify(execFile)('sh', ['-c', command.replaceAll('http://127.0.0.1:8080', gateway.url)], { cwd: folder });
  expect(stdout.trim()).toBe(answer);
});
