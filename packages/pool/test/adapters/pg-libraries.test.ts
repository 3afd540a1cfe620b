/** Libraries that want a `pg.Pool`, given ours instead. */
import { startPostgres, type Service } from '@fog/services';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { type Generated, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { DataSource, EntitySchema } from 'typeorm';
import { createPgPool, Pool } from '../../src/adapters/pg.js';

let server: Service;
beforeAll(async () => {
  server = await startPostgres({ alwaysPrivate: true });
}, 120_000);
afterAll(() => server.close());

interface Fruit {
  readonly id: number;
  readonly name: string;
}

const pools = {
  createPgPool: () => createPgPool({ connectionString: server.url, max: 3 }),
  Pool: () => new Pool({ connectionString: server.url, max: 3 }),
};

describe.each(Object.entries(pools))('in place of a pg.Pool, what %s makes', (_name, open) => {
  it('serves Kysely: queries, a transaction that commits, one that rolls back', async () => {
    const pool = open();
    const db = new Kysely<{ kysely_fruits: { id: Generated<number>; name: string } }>({ dialect: new PostgresDialect({ pool }) });
    await db.schema.dropTable('kysely_fruits').ifExists().execute();
    await db.schema.createTable('kysely_fruits').addColumn('id', 'serial').addColumn('name', 'text').execute();
    await db.transaction().execute((trx) => trx.insertInto('kysely_fruits').values([{ name: 'apple' }, { name: 'pear' }]).execute());
    await expect(
      db.transaction().execute(async (trx) => {
        await trx.deleteFrom('kysely_fruits').execute();
        throw new Error('on second thoughts');
      }),
    ).rejects.toThrow('on second thoughts');
    const names = await Promise.all(Array.from({ length: 10 }, () => db.selectFrom('kysely_fruits').select('name').orderBy('id').execute()));
    for (const each of names) expect(each).toEqual([{ name: 'apple' }, { name: 'pear' }]);
    expect(names).toHaveLength(10);
    await db.destroy();
    await expect(pool.connect()).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
  });

  it('serves Drizzle: queries, a transaction that commits, one that rolls back', async () => {
    const pool = open();
    const fruits = pgTable('drizzle_fruits', { id: integer('id').primaryKey(), name: text('name').notNull() });
    const db = drizzle({ client: pool as pg.Pool });
    await db.execute(sql`drop table if exists drizzle_fruits`);
    await db.execute(sql`create table drizzle_fruits (id int primary key, name text not null)`);
    await db.transaction(async (tx) => {
      await tx.insert(fruits).values([{ id: 1, name: 'apple' }, { id: 2, name: 'pear' }]);
    });
    await expect(
      db.transaction(async (tx) => {
        await tx.delete(fruits);
        tx.rollback();
      }),
    ).rejects.toThrow();
    expect(await db.select().from(fruits).where(eq(fruits.id, 2))).toEqual([{ id: 2, name: 'pear' }]);
    expect(await db.$count(fruits)).toBe(2);
    await pool.end();
  });
});

describe('in place of the Pool of a driver', () => {
  it('serves TypeORM: synchronised tables, repositories, transactions', async () => {
    const Fruits = new EntitySchema<Fruit>({ name: 'typeorm_fruit', columns: { id: { type: Number, primary: true, generated: true }, name: { type: String } } });
    const source = new DataSource({ type: 'postgres', url: server.url, driver: { ...pg, Pool }, entities: [Fruits], synchronize: true, dropSchema: true, poolSize: 3 });
    await source.initialize();
    await source.getRepository(Fruits).save([{ name: 'apple' }, { name: 'pear' }]);
    await expect(
      source.transaction(async (manager) => {
        await manager.clear(Fruits);
        throw new Error('on second thoughts');
      }),
    ).rejects.toThrow('on second thoughts');
    expect(await source.getRepository(Fruits).find({ order: { id: 'asc' } })).toEqual([{ id: 1, name: 'apple' }, { id: 2, name: 'pear' }]);
    await source.destroy();
  });
});
