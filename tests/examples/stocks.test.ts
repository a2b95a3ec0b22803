import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lastVersions, loadExample } from '../../examples/load-example.ts';
import { splitStatements } from '../../examples/sql-files.ts';
import { stocksExample } from '../../examples/stocks/stocks.ts';
import { openServer } from '../support/open-server.ts';
import { repositoryRoot } from '../support/shared-folder.ts';
import { httpClient } from '../support/sql-client.ts';
import { parseSltFile } from '../support/slt-file.ts';
import { runSltFile } from '../support/slt-runner.ts';
import { stocksCheck } from './write-stocks-check.ts';

const checkPath = 'examples/stocks/check.test';

test('the stocks example loads over HTTP, gives its answers, and is loaded only once', async () => {
  const server = await openServer();
  try {
    const { url, warehouse } = server;
    assert.equal(await loadExample(stocksExample(), { url }), 'loaded');
    const client = await httpClient(url);
    const text = readFileSync(join(repositoryRoot, checkPath), 'utf8');
    await runSltFile(checkPath, parseSltFile(checkPath, text), { client, warehouse });
    assert.equal(await loadExample(stocksExample(), { url }), 'already there');
    await runSltFile(checkPath, parseSltFile(checkPath, text), { client, warehouse });

    const story = readFileSync(join(repositoryRoot, 'examples/stocks/investigate.sql'), 'utf8');
    await client.run({ sql: 'USE stocks', dialect: 'spark' });
    const answers = [];
    for (const sql of splitStatements(story))
      answers.push(await client.run({ sql, dialect: 'spark' }));
    assert.deepEqual(
      answers.map(({ rows }) => rows.length),
      [1, 20, 1, 2, 3, 1, 2, 42],
    );
    await client.close();
  } finally {
    await server.close();
  }
});

test('a load that was cut off is continued at the first write that is missing', async () => {
  const server = await openServer();
  try {
    const { url } = server;
    const stop = new AbortController();
    const onProgress = (done: number): void => {
      if (done === 37) stop.abort();
    };
    const cutOff = loadExample(stocksExample(), { url, signal: stop.signal, onProgress });
    await assert.rejects(cutOff, { name: 'AbortError' });
    assert.equal(await loadExample(stocksExample(), { url }), 'continued');
    const client = await httpClient(url);
    for (const [table, version] of lastVersions(stocksExample())) {
      const { rows } = await client.run({ sql: `DESCRIBE HISTORY stocks.${table}` });
      assert.equal(rows.length, version + 1, table);
    }
    const { rows } = await client.run({ sql: 'SELECT count(*) FROM stocks.priceWithFundamentals' });
    assert.deepEqual(rows, [[480]]);
    await client.close();
  } finally {
    await server.close();
  }
});

test('every table of the example has at least 25 versions of prices', () => {
  const versions = lastVersions(stocksExample());
  assert.ok((versions.get('stocksDailyPrices') ?? 0) >= 25);
  assert.ok((versions.get('stocksDailyPricesWFund') ?? 0) >= 25);
});

test('check.test is what write-stocks-check.ts writes', () => {
  assert.equal(readFileSync(join(repositoryRoot, checkPath), 'utf8'), stocksCheck());
});

test('an SQL file is split at the ; that end a line, comments between statements left out', () => {
  assert.deepEqual(splitStatements("-- a;\n\nSELECT ';' -- why\nFROM t;\n-- b\nSELECT 2;\n"), [
    "SELECT ';' -- why\nFROM t",
    'SELECT 2',
  ]);
});
