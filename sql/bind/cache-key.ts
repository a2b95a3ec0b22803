/**
 * A short text that is the same for two statements exactly when their rows are: made of what the
 * statement was bound to, so that it is known before anything runs.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Identity } from '../session.ts';
import type { Parameters } from '../sql-engine.ts';
import type { BoundQuery, BoundRelation } from './bound-query.ts';

/**
 * `undefined` for a volatile query. The time zone is not part of it, being UTC always; the dialect and
 * the schema are, in what the text and its names came to mean.
 */
export function cacheKey(
  query: BoundQuery,
  parameters: Parameters | undefined,
  identity: Identity,
): string | undefined {
  if (query.isVolatile) return undefined;
  const hash = createHash('sha256');
  add(hash, identity.name, [...identity.groups].sort().join('\0'));
  add(hash, parametersText(parameters));
  addQuery(hash, query);
  return hash.digest('base64url').slice(0, 32);
}

function addQuery(hash: Hash, query: BoundQuery): void {
  add(hash, query.text.text, String(query.references.length));
  for (const { relation, addedAlias } of query.references) {
    add(hash, addedAlias ?? '');
    addRelation(hash, relation);
  }
}

function addRelation(hash: Hash, relation: BoundRelation): void {
  switch (relation.kind) {
    case 'table': {
      const { snapshot } = relation.table;
      // A table that was dropped and made again repeats its version numbers, but not its id.
      add(hash, 'table', snapshot.location, snapshot.metadata.id, String(snapshot.version));
      return;
    }
    case 'view':
      add(hash, 'view', (relation.columnNames ?? []).join('\0'));
      addQuery(hash, relation.query);
      return;
    case 'constant':
      add(hash, 'constant', relation.sql);
      return;
    case 'temporary':
      // Only statements that change something have any, and those are never answered from a cache.
      add(hash, 'temporary', relation.name);
  }
}

function parametersText(parameters: Parameters | undefined): string {
  return JSON.stringify(parameters ?? null, (_key, value: unknown) =>
    typeof value === 'bigint' ? { bigint: String(value) } : value,
  );
}

/** Each text with its length, so that no two lists of texts run into each other. */
function add(hash: Hash, ...texts: readonly string[]): void {
  for (const text of texts) hash.update(`${text.length}:${text};`);
}
