/**
 * Protocols, properties and refusals as real Spark with Delta printed them: `spark-protocols.json` is
 * made by `tests/interop/record_protocols.py`. Where Levee goes another way, the case says why.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openWritePlace, type WritePlace } from './write-place.ts';

interface Step {
  readonly sql: string;
  /** The class, or null for an error without one. */
  readonly error?: string | null;
  readonly protocol: { readonly [name: string]: unknown } | null;
  readonly properties: { readonly [key: string]: string };
  readonly operations: readonly string[];
}

const { cases } = JSON.parse(
  readFileSync(new URL('spark-protocols.json', import.meta.url), 'utf8'),
) as { readonly cases: { readonly [name: string]: readonly Step[] } };

/** Cases that go another way, and why. */
const sqlRefuses = 'Spark takes such columns through its API alone, Levee in SQL';
const noVariant = 'Levee does not write variants';
const kept = 'Levee keeps the property itself and lets nobody set it';
const notDone = 'refused, since Levee does not do what it asks for';
const newer = 'a property of Delta after 4.0, which Levee has';
const otherwise: { readonly [name: string]: string } = {
  'set: row tracking': 'one commit, where Delta writes one more for the protocol',
  'new: generated column': sqlRefuses,
  'new: identity column': sqlRefuses,
  'new: change feed and generated column': sqlRefuses,
  'new: variant': noVariant,
  'new: feature variantType': noVariant,
  'set: feature variantType': noVariant,
  'alter: added variant': noVariant,
  'drop: feature variantType': noVariant,
  'set: mapping off again': 'refused: DROP FEATURE columnMapping takes the mapping away',
  'set: property delta.requireCheckpointProtectionBeforeVersion': kept,
  'set: property delta.inCommitTimestampEnablementVersion': kept,
  'set: property delta.enableFullRetentionRollback': notDone,
  'set: property delta.castIcebergTimeType': notDone,
  'set: property delta.universalFormat.enabledFormats': notDone,
  'set: property delta.compatibility.symlinkFormatManifest.enabled': notDone,
  'set: property delta.enableVariantShredding': notDone,
  'set: property delta.parquet.compression.codec': newer,
  'set: property delta.targetFileSize': newer,
  'set: property delta.rowTrackingSuspended': newer,
};

let place: WritePlace;
before(async () => {
  place = await openWritePlace('spark');
});
after(() => place.close());

/** The classes that say nothing: an error of the JVM without a name of its own. */
function expectedOutcome({ error }: Step): string {
  if (error === undefined) return 'ok';
  return error ?? 'refused';
}

async function outcomeOf(sql: string, expected: string): Promise<string> {
  const outcome = (await place.outcome(sql)).split(' ')[0] ?? '';
  return expected === 'refused' && outcome !== 'ok' ? 'refused' : outcome;
}

function logOf(table: string): Omit<Step, 'sql' | 'error'> {
  let protocol: { readonly [name: string]: unknown } | null = null;
  let properties: { readonly [key: string]: string } = {};
  const operations: string[] = [];
  for (let version = 0; version < place.versions(table); version++) {
    for (const action of place.actions(table, version)) {
      if (action['protocol'] !== undefined) protocol = sorted(action['protocol']);
      const metadata = action['metaData'] as { configuration: typeof properties } | undefined;
      properties = metadata?.configuration ?? properties;
      const info = action['commitInfo'] as { readonly operation: string } | undefined;
      if (info !== undefined) operations.push(info.operation);
    }
  }
  const isStable = ([key]: readonly [string, string]): boolean =>
    !/^delta\.(?:inCommitTimestampEnablementTimestamp|rowTracking\.materialized)/.test(key);
  const kept = Object.entries(properties).filter(isStable);
  return { protocol, properties: Object.fromEntries(kept.sort()), operations };
}

function sorted(protocol: unknown): { readonly [name: string]: unknown } {
  const entries = Object.entries(protocol as { readonly [name: string]: unknown });
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      Array.isArray(value) ? (value as string[]).toSorted() : value,
    ]),
  );
}

for (const [number, [name, steps]] of Object.entries(cases).entries()) {
  const why = otherwise[name];
  test(why === undefined ? `${name}: as in Spark` : `${name}: ${why}`, async () => {
    const table = `t${number}`;
    const compare = async (): Promise<void> => {
      for (const { sql, ...step } of steps) {
        const expected = expectedOutcome({ sql, ...step });
        const outcome = await outcomeOf(sql.replace('{t}', table), expected);
        assert.equal(outcome, expected, sql);
        if (step.protocol === null) continue;
        const { protocol, properties, operations } = step;
        assert.deepEqual(logOf(table), { protocol, properties, operations }, sql);
      }
    };
    if (why === undefined) await compare();
    else await assert.rejects(compare, assert.AssertionError, 'as in Spark by now');
  });
}
