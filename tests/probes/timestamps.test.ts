/** Why the engine computes in UTC (`docs/decisions/accepted/0002-everything-in-utc.md`). */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { quoteFileName } from '../../sql/quote.ts';
import { openRawDuckdb } from '../support/raw-duckdb.ts';
import { requireShared, skipWithoutShared } from '../support/shared-folder.ts';

const skip = skipWithoutShared('corpus');

function dataFile(table: string, part: string): string {
  const folder = join(requireShared('corpus'), 'delta-golden', table);
  const found = readdirSync(folder, { recursive: true })
    .map(String)
    .find((name) => name.includes(part) && name.endsWith('.parquet'));
  assert.ok(found !== undefined, `${table} has no file with ${part}`);
  return join(folder, found);
}

/** 1969-01-01T00:00:00Z, in a file written as INT96. */
const expectedMicros = '-31536000000000';
const zones = ['UTC', 'America/Los_Angeles', 'Asia/Tokyo'];

for (const zone of zones) {
  test(
    `INT96 ${zone === 'UTC' ? 'keeps its value' : 'shifts'} in ${zone}`,
    { skip },
    async (context) => {
      const duckdb = await openRawDuckdb(context, [`SET TimeZone = '${zone}'`]);
      const file = dataFile('kernel-timestamp-INT96', 'part=1969');
      const [[micros] = []] = await duckdb.rows(
        `SELECT epoch_us(time) FROM read_parquet(${quoteFileName(file)},
         schema = MAP {'time': {name: 'time', type: 'TIMESTAMP WITH TIME ZONE', default_value: NULL}})`,
      );
      if (zone === 'UTC') assert.equal(micros, expectedMicros);
      else
        assert.notEqual(micros, expectedMicros, 'DuckDB no longer shifts: zones could be allowed');
    },
  );

  test(`INT64 timestamps keep their value in ${zone}`, { skip }, async (context) => {
    const duckdb = await openRawDuckdb(context, [`SET TimeZone = '${zone}'`]);
    const file = dataFile('kernel-timestamp-TIMESTAMP_MICROS', 'part=1969');
    const [[micros] = []] = await duckdb.rows(
      `SELECT epoch_us(time) FROM read_parquet(${quoteFileName(file)},
         schema = MAP {'time': {name: 'time', type: 'TIMESTAMP WITH TIME ZONE', default_value: NULL}})`,
    );
    assert.equal(micros, expectedMicros);
  });
}
