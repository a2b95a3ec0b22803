/** Rows as JSON objects: one array of them, or one on each line. Numbers keep their digits. */
import { writeJson } from '../lossless-json.ts';
import type { Batches, Column, Row } from '../result.ts';

/**
 * Keys for the columns, all different: an object cannot hold one key twice, so the second `a`
 * becomes `a_1`.
 */
export function objectKeys(columns: readonly Column[]): readonly string[] {
  const names = new Set(columns.map(({ name }) => name));
  const used = new Set<string>();
  return columns.map(({ name }) => {
    let key = name;
    for (let count = 1; used.has(key); count += 1) {
      const candidate = `${name}_${count}`;
      if (!names.has(candidate)) key = candidate;
    }
    used.add(key);
    return key;
  });
}

function rowWriter(columns: readonly Column[]): (row: Row) => string {
  const keys = objectKeys(columns).map((key) => JSON.stringify(key));
  return (row) =>
    `{${keys.map((key, index) => `${key}:${writeJson(row[index] ?? null)}`).join(',')}}`;
}

export async function* renderJson(
  columns: readonly Column[],
  batches: Batches,
): AsyncGenerator<string> {
  const write = rowWriter(columns);
  const between = ',\n ';
  let before = '[';
  for await (const rows of batches) {
    if (rows.length === 0) continue;
    yield before + rows.map(write).join(between);
    before = between;
  }
  yield before === '[' ? '[]\n' : ']\n';
}

export async function* renderNdjson(
  columns: readonly Column[],
  batches: Batches,
): AsyncGenerator<string> {
  const write = rowWriter(columns);
  for await (const rows of batches) yield rows.map((row) => `${write(row)}\n`).join('');
}
