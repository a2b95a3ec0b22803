import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CodedError } from '../../catalog/coded-error.ts';
import type { JsonValue } from '../../catalog/data-type.ts';
import { anonymous } from '../../sql/session.ts';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { rowText, sortAndHash } from '../support/canonical-json.ts';
import { corpusType, prepareCorpus } from '../support/corpus.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { requireShared, skipWithoutShared } from '../support/shared-folder.ts';
import { newSession } from '../support/sql-client.ts';

/** What Spark's change feed gives for a range of versions: `expected-changes` of the corpus. */
interface ExpectedFeed {
  readonly source: string;
  readonly table: string;
  readonly from: number;
  readonly to: number;
  readonly schema: readonly { readonly name: string; readonly type: JsonValue }[] | null;
  readonly row_count: number | null;
  readonly rows_sha256: string | null;
  readonly rows: readonly (readonly JsonValue[])[] | null;
  /** `must_fail: CODE`, or null. */
  readonly error: string | null;
}

const skip = skipWithoutShared('corpus');
const folder = skip === false ? join(requireShared('corpus'), 'expected-changes') : '';
const files = skip === false ? readdirSync(folder).sort() : [];

let engine: SqlEngine;
let scratch = '';
let removeScratch: (() => Promise<void>) | undefined;

before(async () => {
  if (skip !== false) return;
  ({ folder: scratch, remove: removeScratch } = await makeScratch());
  await prepareCorpus(requireShared('corpus'), scratch);
  engine = await openEngine({ warehouse: scratch });
});
after(async () => {
  if (skip !== false) return;
  await engine.close();
  await removeScratch?.();
});

interface Feed {
  readonly schema: ExpectedFeed['schema'];
  readonly texts: readonly string[];
}

async function readFeed({ source, table, from, to }: ExpectedFeed): Promise<Feed> {
  const path = join(scratch, source, table).replaceAll("'", "''");
  const result = await engine.run({
    sql: `SELECT * EXCLUDE (_commit_timestamp) FROM table_changes('delta.\`${path}\`', ${from}, ${to})`,
    session: newSession(),
    identity: anonymous,
    signal: AbortSignal.timeout(30_000),
  });
  try {
    const types = result.columns.map(({ type }) => type);
    const texts: string[] = [];
    for await (const batch of result.batches) {
      for (let row = 0; row < batch.rowCount; row++) texts.push(rowText(batch, types, row));
    }
    const schema = result.columns.map(({ name, type }) => ({ name, type: corpusType(type) }));
    return { schema, texts };
  } finally {
    await result.close();
  }
}

test('there are feeds to compare with', { skip }, () => assert.ok(files.length > 40));

for (const file of files) {
  const expected = JSON.parse(readFileSync(join(folder, file), 'utf8')) as ExpectedFeed;
  test(`gives the changes of ${file.replace(/\.json$/, '')} as Spark does`, async () => {
    if (expected.error !== null) {
      const code = expected.error.replace('must_fail: ', '');
      await assert.rejects(readFeed(expected), (error) => {
        assert.ok(error instanceof CodedError, String(error));
        assert.equal(error.code, code, error.message);
        return true;
      });
      return;
    }
    const { schema, texts } = await readFeed(expected);
    assert.deepEqual(schema, expected.schema);
    const { rows, sha256 } = sortAndHash([...texts]);
    if (expected.rows !== null) {
      const wanted = sortAndHash(expected.rows.map((row) => JSON.stringify(row)));
      assert.deepEqual(rows, wanted.rows);
    }
    assert.equal(rows.length, expected.row_count);
    assert.equal(sha256, expected.rows_sha256);
  });
}
