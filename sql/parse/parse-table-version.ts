/** Time travel outside queries: RESTORE, CLONE, the source of a MERGE. */
import type { ObjectName, TableVersion } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';
import { readAsOf, readTravelSpec, type TravelSpec } from './time-travel.ts';

/** `VERSION AS OF 3`, which must be there. */
export function parseTableVersion(cursor: TokenCursor): TableVersion {
  const { start } = cursor.peek();
  const spec = cursor.takeWith((tokens, at) => readAsOf(tokens, at, cursor.source));
  if (spec === undefined) throw cursor.unexpected('VERSION AS OF or TIMESTAMP AS OF');
  return versionOf(cursor, spec, start);
}

export interface VersionedTable {
  readonly name: ObjectName;
  readonly version: TableVersion | undefined;
}

/** A name, and the time travel after it or in its path. */
export function parseVersionedTable(cursor: TokenCursor, what: string): VersionedTable {
  const name = cursor.expectObjectName(what);
  const { start } = cursor.peek();
  const spec = cursor.takeWith((tokens, at) =>
    readTravelSpec(tokens, at - 2 * name.parts.length + 1, at, cursor.source),
  );
  if (spec === undefined) return { name, version: undefined };
  const parts = spec.name === undefined ? name.parts : [...name.parts.slice(0, -1), spec.name];
  const place = spec.name === undefined ? start : spec.start;
  return { name: { ...name, parts }, version: versionOf(cursor, spec, place) };
}

function versionOf(cursor: TokenCursor, { unit, value }: TravelSpec, start: number): TableVersion {
  const { source } = cursor;
  return { unit, value: typeof value === 'string' ? value : { source, ...value }, start };
}
