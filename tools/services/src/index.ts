export { dataDirectory } from './places.js';
export { ServicesError, type ServicesErrorCode } from './errors.js';
export type { PostgresOptions, RedisOptions, ServiceOptions } from './options.js';
export { startPostgres } from './postgres.js';
export { startRedis } from './redis.js';
export type { Service } from './service.js';
