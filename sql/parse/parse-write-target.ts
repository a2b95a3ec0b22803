/** The table that UPDATE, DELETE and MERGE change, and aliases. */
import { errorAt, syntaxErrorAt } from '../errors.ts';
import { parseVersionedTable } from './parse-table-version.ts';
import type { ObjectName } from './statement.ts';
import { isBareAlias } from './table-reference.ts';
import type { TokenCursor } from './token-cursor.ts';

export interface WriteTarget {
  readonly target: ObjectName;
  readonly alias: string | undefined;
}

/**
 * A name and its alias. `follower` is the word that the statement goes on with: it is neither of them
 * unless quoted. Column aliases are refused, as Spark does.
 */
export function parseWriteTarget(
  cursor: TokenCursor,
  statement: string,
  follower: string,
): WriteTarget {
  if (cursor.isWord(follower) && !cursor.isOperator('.', 1)) {
    throw cursor.unexpected('the name of a table');
  }
  const target = parseNewest(cursor);
  const alias = parseAlias(cursor, follower);
  if (alias !== undefined && cursor.isOperator('(')) throw columnAliases(cursor, statement);
  return { target, alias };
}

/** The name of a table, without time travel: only the newest version can be changed. */
export function parseNewest(cursor: TokenCursor): ObjectName {
  const { name, version } = parseVersionedTable(cursor, 'the name of a table');
  if (version === undefined) return name;
  throw syntaxErrorAt(
    cursor.source,
    version.start,
    'Only the newest version of a table can be changed',
    'Leave out the version; RESTORE brings an old one back.',
  );
}

/** `AS a` or `a`. */
export function parseAlias(cursor: TokenCursor, follower: string): string | undefined {
  if (cursor.takeWords('as')) return cursor.expectName('an alias').value;
  if (cursor.isWord(follower)) return undefined;
  return cursor.takeWith((tokens, at) =>
    isBareAlias(tokens, at) ? { next: at + 1, name: tokens[at]?.value } : undefined,
  )?.name;
}

export function columnAliases(cursor: TokenCursor, statement: string) {
  return errorAt(cursor.source, cursor.peek().start, {
    code: 'COLUMN_ALIASES_NOT_ALLOWED',
    message: `Column aliases are not allowed in ${statement}`,
  });
}
