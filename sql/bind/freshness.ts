/**
 * How new the tables of a statement have to be: `maxStaleness` and `minVersion` of the request, or
 * the session's `max_staleness`. Names are looked up as in a FROM clause; a table that the statement
 * does not read may be among them, so that a client can send all it ever wrote.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { splitName } from '../parse/split-name.ts';
import type { StatementRequest } from '../sql-engine.ts';
import type { EngineServices } from '../statement-context.ts';

export interface Freshness {
  /** An answer this old is new enough; 0 for the newest. */
  readonly maxStalenessMs: number;
  /** By location: the version a table must have reached. */
  readonly minVersions: ReadonlyMap<string, number>;
}

/** Throws TABLE_OR_VIEW_NOT_FOUND, WRONG_OBJECT_TYPE for a view, and what names and paths throw. */
export async function requestedFreshness(
  request: StatementRequest,
  services: EngineServices,
): Promise<Freshness> {
  const { session } = request;
  const maxStalenessMs = request.maxStalenessMs ?? session.maxStalenessMs ?? 0;
  const minVersions = new Map<string, number>();
  for (const [name, version] of Object.entries(request.minVersions ?? {})) {
    const location = await locationOf(name, request, services);
    // Two spellings of one table: both have to hold.
    minVersions.set(location, Math.max(version, minVersions.get(location) ?? 0));
  }
  return { maxStalenessMs, minVersions };
}

async function locationOf(
  name: string,
  { session, signal }: StatementRequest,
  { catalog }: EngineServices,
): Promise<string> {
  const parts = splitName(name);
  const [first, path] = parts;
  if (parts.length === 2 && first?.toLowerCase() === 'delta' && path !== undefined) {
    return (await catalog.tablePath(path, { signal })).location;
  }
  const relation = await catalog.resolveTable(parts, {
    currentSchema: session.currentSchema,
    signal,
  });
  if (relation.kind === 'table') return relation.location;
  throw new CodedError(
    'WRONG_OBJECT_TYPE',
    `minVersion names ${name}, which is a view and has no versions.`,
    { hint: 'Name the tables that the view reads.' },
  );
}
