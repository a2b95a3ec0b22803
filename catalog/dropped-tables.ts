/**
 * The tables of the warehouse that were dropped and can be brought back. Each lies in a folder of its own,
 * with a note that was written before the table was moved there:
 *
 *     <warehouse>/_levee/dropped/<id>/dropped.json     what it was, and when it was dropped
 *     <warehouse>/_levee/dropped/<id>/folder           the table's folder
 *
 * A note without a table means nothing: a drop ended before the move, or an undrop after it. Schemas that
 * were dropped with what was in them have notes of another kind, and are not looked at.
 */
import { childLocation } from './location.ts';
import type { CallOptions, ObjectStore } from './ports.ts';
import type { RelationLookup } from './relation-lookup.ts';

export interface DroppedTable {
  readonly schema: string;
  readonly name: string;
  readonly droppedMs: number;
  /** Holds the note and the table. */
  readonly trash: string;
}

export function droppedFolder(warehouse: string): string {
  return `${warehouse}/_levee/dropped`;
}

export function noteLocation(trash: string): string {
  return `${trash}/dropped.json`;
}

export function tableLocation(trash: string): string {
  return `${trash}/folder`;
}

/** Those of a schema, the latest first. */
export async function readDroppedTables(
  ports: {
    readonly store: ObjectStore;
    readonly lookup: RelationLookup;
    readonly warehouse: string;
  },
  schema: string,
  options: CallOptions = {},
): Promise<readonly DroppedTable[]> {
  const { store, lookup, warehouse } = ports;
  const folder = droppedFolder(warehouse);
  const found: DroppedTable[] = [];
  for (const id of await store.listFolders(folder, options)) {
    const trash = childLocation(folder, id);
    const bytes = await store.read(noteLocation(trash), options);
    const note = bytes === undefined ? undefined : parseNote(new TextDecoder().decode(bytes));
    if (note?.schema !== schema) continue;
    if (await lookup.isTable(tableLocation(trash), options)) found.push({ ...note, trash });
  }
  return found.sort((one, other) => other.droppedMs - one.droppedMs);
}

/** `undefined` for the note of something else, and for what is no note. */
function parseNote(text: string): Omit<DroppedTable, 'trash'> | undefined {
  let note: unknown;
  try {
    note = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof note !== 'object' || note === null) return undefined;
  const { kind, schema, name, droppedMs } = note as { readonly [key: string]: unknown };
  if (kind !== 'table' || typeof schema !== 'string' || typeof name !== 'string') return undefined;
  if (typeof droppedMs !== 'number' || !Number.isSafeInteger(droppedMs)) return undefined;
  return { schema, name, droppedMs };
}
