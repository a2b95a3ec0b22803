/** The table that UPDATE, DELETE and MERGE change, and aliases. */
import { errorAt } from '../errors.ts';
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
  const target = cursor.expectObjectName('the name of a table');
  const alias = parseAlias(cursor, follower);
  if (alias !== undefined && cursor.isOperator('(')) throw columnAliases(cursor, statement);
  return { target, alias };
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
