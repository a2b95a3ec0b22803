/** A server over a warehouse in a real S3 server: every kind of statement, over HTTP. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { buildServer, type LeveeServer } from '../../server/build-server.ts';
import { openParts } from '../../server/open-parts.ts';
import {
  accessKeyId,
  secretAccessKey,
  skipWithoutS3,
  startS3Server,
  type S3Server,
} from '../support/s3-server.ts';
import { makeScratch } from '../support/open-engine.ts';
import { OtherEngine, skipWithout } from '../interop/other-engine.ts';
import { startFaultyProxy } from '../support/faulty-proxy.ts';
import { testConfig } from '../support/test-server.ts';

interface Levee {
  readonly url: string;
  sql(text: string, maxStaleness?: string): Promise<readonly (readonly unknown[])[]>;
  close(): Promise<void>;
}

describe('a warehouse on S3', { skip: skipWithoutS3() }, () => {
  let s3: S3Server;
  let cache: Awaited<ReturnType<typeof makeScratch>>;
  let levee: Levee;
  before(async () => {
    s3 = await startS3Server();
    s3.makeBucket('lake');
    cache = await makeScratch();
    levee = await openLevee(s3, cache.folder);
  });
  after(async () => {
    await levee.close();
    await s3.close();
    await cache.remove();
  });

  test('tables are made, changed, maintained and read', async () => {
    const sql = (text: string) => levee.sql(text);
    await sql('CREATE TABLE t (id BIGINT, name STRING, p STRING) PARTITIONED BY (p)');
    await sql(`INSERT INTO t SELECT range, 'n' || range, 'a=' || range % 3 FROM range(3000)`);
    assert.deepEqual(await sql('SELECT count(*), sum(id) FROM t'), [[3000, '4498500']]);
    await sql(`UPDATE t SET name = 'changed' WHERE id < 10`);
    await sql('DELETE FROM t WHERE id >= 2990');
    await sql(
      'MERGE INTO t USING (SELECT range AS id FROM range(2985, 3005)) AS s ON t.id = s.id ' +
        `WHEN MATCHED THEN UPDATE SET name = 'merged' ` +
        `WHEN NOT MATCHED THEN INSERT (id, name, p) VALUES (s.id, 'new', 'b c')`,
    );
    const counts = await sql(
      "SELECT name, count(*) FROM t WHERE length(name) < 8 AND name NOT LIKE 'n%0%' AND name NOT SIMILAR TO 'n[0-9]+' GROUP BY 1 ORDER BY 1",
    );
    assert.deepEqual(counts, [
      ['changed', 10],
      ['merged', 5],
      ['new', 15],
    ]);
    const before = await sql('SELECT * FROM t ORDER BY id');
    await sql('OPTIMIZE t');
    await sql('VACUUM t');
    assert.deepEqual(await sql('SELECT * FROM t ORDER BY id'), before);
    assert.deepEqual(await sql('SELECT count(*) FROM t VERSION AS OF 1'), [[3000]]);
    const [[path] = []] = await sql('SELECT DISTINCT _metadata.file_path FROM t LIMIT 1');
    assert.match(String(path), /^s3:\/\/lake\/house\/default\/t\/p=/);
    assert.deepEqual(await sql('SELECT count(*) FROM delta.`s3://lake/house/default/t`'), [
      [before.length],
    ]);
  });

  test('two servers on one bucket see each other’s tables and views, and share commits', async () => {
    const other = await openLevee(s3, cache.folder);
    try {
      await levee.sql('CREATE TABLE shared (id BIGINT)');
      await other.sql('CREATE VIEW doubled AS SELECT 2 * id AS d FROM shared');
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 === 0 ? levee : other).sql(`INSERT INTO shared VALUES (${i})`),
        ),
      );
      assert.deepEqual(await levee.sql('SELECT count(*), sum(d) FROM doubled'), [[20, '380']]);
      assert.deepEqual(await other.sql('SELECT count(*) FROM shared'), [[20]]);
    } finally {
      await other.close();
    }
  });

  test('checkpoints are written to S3 and read by a server that starts later', async () => {
    await levee.sql('CREATE TABLE long (id BIGINT)');
    for (let i = 0; i < 12; i++) await levee.sql(`INSERT INTO long VALUES (${i})`);
    const later = await openLevee(s3, cache.folder);
    try {
      assert.deepEqual(await later.sql('SELECT count(*), sum(id) FROM long'), [[12, '66']]);
    } finally {
      await later.close();
    }
  });

  test('a repeated query lists the log once and fetches no data, and asks nothing where stale is good enough', async () => {
    const proxy = await startFaultyProxy(s3.endpoint);
    const counted = await openLevee({ ...s3, endpoint: proxy.endpoint }, cache.folder);
    try {
      await counted.sql('CREATE TABLE warm (id BIGINT)');
      await counted.sql('INSERT INTO warm SELECT range FROM range(1000)');
      const query = 'SELECT sum(id) FROM warm WHERE id > 10';
      await counted.sql(query);
      proxy.requests.length = 0;
      await counted.sql(query);
      // Besides the log: whether the table is there, and whether the catalog's names have changed.
      const lists = proxy.requests.filter((one) => /^GET .*list-type=2/.test(one));
      const ofLog = lists.filter((one) => one.includes('_delta_log'));
      assert.equal(ofLog.length, 1, proxy.requests.join('\n'));
      const others = proxy.requests.filter((one) => !ofLog.includes(one));
      assert.ok(others.length <= 3, others.join('\n'));
      assert.ok(
        others.every((one) => one.startsWith('HEAD ') || /list-type=2.*_levee/.test(one)),
        others.join('\n'),
      );
      proxy.requests.length = 0;
      await counted.sql(query, '1h');
      assert.deepEqual(proxy.requests, []);
      assert.equal(await counted.sql(query).then((rows) => rows[0]?.[0]), '499445');
    } finally {
      await counted.close();
      await proxy.close();
    }
  });

  test('delta-rs reads the tables', { skip: skipWithout('delta-rs') }, async () => {
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: s3.endpoint,
      AWS_ALLOW_HTTP: 'true',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
    const deltaRs = new OtherEngine('delta-rs');
    try {
      const { rows } = await deltaRs.read('s3://lake/house/default/long');
      assert.equal(rows.length, 12);
      await deltaRs.call('write', {
        path: 's3://lake/house/default/long',
        query: 'SELECT 99 AS id',
      });
      assert.deepEqual(await levee.sql('SELECT count(*), max(id) FROM long'), [[13, 99]]);
    } finally {
      await deltaRs.close();
    }
  });

  test('a dropped table is gone, and its name is free', async () => {
    const sql = (text: string) => levee.sql(text);
    await sql('CREATE TABLE gone (id BIGINT)');
    await sql('INSERT INTO gone VALUES (1)');
    await sql('DROP TABLE gone');
    await assert.rejects(() => sql('SELECT * FROM gone'), /TABLE_OR_VIEW_NOT_FOUND/);
    await sql('CREATE TABLE gone (name STRING)');
    assert.deepEqual(await sql('SELECT * FROM gone'), []);
    await assert.rejects(
      () => sql(`COPY INTO gone FROM 's3://lake/house/x' FILEFORMAT = CSV`),
      /UNSUPPORTED/,
    );
    await assert.rejects(() => sql('ALTER TABLE gone RENAME TO moved'), /UNSUPPORTED_STATEMENT/);
  });

  test('pulling the store’s plug gives a typed error, and the server lives on', async () => {
    await levee.sql('CREATE TABLE plug (id BIGINT)');
    await s3.kill();
    await assert.rejects(() => levee.sql('SELECT * FROM plug'), /STORE_UNREACHABLE|STORE_TIMEOUT/);
    assert.deepEqual(await levee.sql('SELECT 1'), [[1]]);
  });
});

async function openLevee(s3: Pick<S3Server, 'endpoint'>, cacheDirectory: string): Promise<Levee> {
  const config = testConfig({
    config: {
      warehouse: 's3://lake/house',
      s3Endpoint: s3.endpoint,
      s3Region: 'us-east-1',
      s3AccessKeyId: accessKeyId,
      s3SecretAccessKey: secretAccessKey,
      cacheDirectory,
    },
  });
  const server: LeveeServer = await buildServer(config, {
    ...(await openParts(config)),
    docsPage: false,
  });
  await server.http.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.http.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    close: () => server.close(),
    async sql(text, maxStaleness) {
      const answer = await fetch(`${url}/v1/sql`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ sql: text, maxStaleness }),
      });
      const body = await answer.text();
      if (!answer.ok) throw new Error(`${text}: ${body}`);
      const parsed = JSON.parse(body) as {
        readonly rows: readonly (readonly unknown[])[];
        readonly error?: unknown;
      };
      if (parsed.error !== undefined) throw new Error(body);
      return parsed.rows;
    },
  };
}
