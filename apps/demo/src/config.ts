import { availableParallelism } from 'node:os';

/** All that the environment decides, checked. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** `undefined`: a private server is started. */
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** Where private servers keep their data. */
  readonly dataDirectory: string;
  readonly workers: number;
  readonly maxBodyBytes: number;
  readonly maxQueued: number;
  readonly arenaBytes: number;
  /** Longest wait for running requests when told to stop. */
  readonly drainTimeoutMs: number;
}

const MIB = 2 ** 20;

/** @throws {Error} naming the variable, its value and what was expected. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const arenaBytes = integer(env, 'FOG_ARENA_MIB', 256, 1, 4_096) * MIB;
  return {
    host: loopback(env),
    port: integer(env, 'PORT', 8_080, 0, 65_535),
    databaseUrl: url(env, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: url(env, 'REDIS_URL', ['redis:', 'rediss:']),
    dataDirectory: env['FOG_DATA'] ?? 'fog-gateway',
    workers: integer(env, 'FOG_WORKERS', Math.max(1, Math.min(8, availableParallelism())), 1, 64),
    maxBodyBytes: integer(env, 'FOG_MAX_BODY_BYTES', Math.min(16 * MIB, arenaBytes / 4), 1, arenaBytes / 2),
    maxQueued: integer(env, 'FOG_MAX_QUEUED', 256, 1, 1_000_000),
    arenaBytes,
    drainTimeoutMs: integer(env, 'FOG_DRAIN_TIMEOUT_MS', 10_000, 1, 600_000),
  };
}

type Env = Readonly<Record<string, string | undefined>>;

function integer(env: Env, name: string, byDefault: number, min: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === '') return byDefault;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) throw new Error(`${name} is '${text}': expected an integer from ${min} to ${max}`);
  return value;
}

function url(env: Env, name: string, protocols: readonly string[]): string | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  // The value is not quoted: it may hold a password.
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) throw new Error(`${name} is not a URL that begins with ${protocols.join('// or ')}//`);
  return text;
}

function loopback(env: Env): string {
  const host = env['HOST'] === undefined || env['HOST'] === '' ? '127.0.0.1' : env['HOST'];
  if (!/^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/.test(host))
    throw new Error(`HOST is '${host}': the gateway has no authentication and serves this machine only (127.0.0.1, ::1 or localhost); put a proxy that authenticates in front of it`);
  return host;
}
