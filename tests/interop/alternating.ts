/**
 * Tables written in turn by Levee and by another engine. After every step both read the table, and
 * must see the same rows; of a step that is refused, the rows of before.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { anonymous } from '../../sql/session.ts';
import type { SqlEngine } from '../../sql/sql-engine.ts';
import { rowText, sortAndHash } from '../support/canonical-json.ts';
import { makeScratch, openEngine } from '../support/open-engine.ts';
import { newSession } from '../support/sql-client.ts';
import { OtherEngine, skipWithout, type EngineName } from './other-engine.ts';

export type Step =
  | { readonly by: 'levee'; readonly sql: string }
  | {
      readonly by: 'other';
      readonly op: string;
      readonly [argument: string]: unknown;
    };

export interface InteropCase {
  readonly name: string;
  /** `{t}` in the SQL of Levee is the table, and `{p}` its folder. */
  readonly steps: readonly Step[];
  /** Rows at the end: that both agree is not enough when both could be wrong. */
  readonly rowCount: number;
}

/** A test for each case, all in one warehouse; they are left out where the engine is not installed. */
export function testInterop(name: EngineName, cases: readonly InteropCase[]): void {
  const skip = skipWithout(name);
  let engine: SqlEngine;
  let other: OtherEngine;
  let warehouse = '';
  let remove: (() => Promise<void>) | undefined;

  before(async () => {
    if (skip !== false) return;
    ({ folder: warehouse, remove } = await makeScratch());
    engine = await openEngine({ warehouse });
    other = new OtherEngine(name, join(warehouse, '.other'));
  });
  after(async () => {
    if (skip !== false) return;
    await other.close();
    await engine.close();
    await remove?.();
  });

  for (const interop of cases) {
    test(`${name} and Levee see the same: ${interop.name}`, { skip }, async () => {
      await runInterop(interop, engine, other, warehouse);
    });
  }
}

async function runInterop(
  { name, steps, rowCount }: InteropCase,
  engine: SqlEngine,
  other: OtherEngine,
  warehouse: string,
): Promise<void> {
  const table = name.replaceAll(/\W+/g, '_');
  const path = join(warehouse, 'default', table);
  const fill = (text: string): string => text.replaceAll('{t}', table).replaceAll('{p}', path);
  let rows: readonly string[] = [];
  for (const [index, step] of steps.entries()) {
    const label = `${name}, step ${index}: ${step.by === 'levee' ? step.sql : JSON.stringify(step)}`;
    if (step.by === 'levee') {
      await leveeRows(engine, fill(step.sql)).catch((cause: unknown) => {
        throw new Error(label, { cause });
      });
    } else {
      const { by: _, op, ...request } = step;
      const filled = JSON.parse(fill(JSON.stringify(request))) as Record<string, unknown>;
      await other.call(op, op === 'run' ? filled : { path, ...filled }).catch((cause: unknown) => {
        throw new Error(label, { cause });
      });
    }
    rows = await leveeRows(engine, `SELECT * FROM ${table}`);
    assert.deepEqual(rows, (await other.read(path)).rows, label);
  }
  assert.equal(rows.length, rowCount, name);
}

/** The rows of a statement in canonical form, sorted; statements are in the dialect of Spark. */
export async function leveeRows(engine: SqlEngine, sql: string): Promise<readonly string[]> {
  const result = await engine.run({
    sql,
    session: newSession('spark'),
    identity: anonymous,
    signal: AbortSignal.timeout(120_000),
  });
  const types = result.columns.map(({ type }) => type);
  const rows: string[] = [];
  try {
    for await (const batch of result.batches) {
      for (let row = 0; row < batch.rowCount; row++) rows.push(rowText(batch, types, row));
    }
  } finally {
    await result.close();
  }
  return sortAndHash(rows).rows;
}
