/** The actions of one commit of a table in a folder, each under its name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function readLog(
  table: string,
  version: number,
): readonly { readonly [name: string]: Record<string, unknown> }[] {
  const name = `${String(version).padStart(20, '0')}.json`;
  return readFileSync(join(table, '_delta_log', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly [name: string]: Record<string, unknown> });
}
