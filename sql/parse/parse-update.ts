/** UPDATE and DELETE. */
import { parseAssignments } from './parse-assignments.ts';
import { parseWriteTarget } from './parse-write-target.ts';
import type { SourceSlice } from './source-slice.ts';
import type { Delete, Update } from './statement.ts';
import { takeExpression } from './take-expression.ts';
import type { TokenCursor } from './token-cursor.ts';

/** At UPDATE. */
export function parseUpdate(cursor: TokenCursor): Update {
  cursor.expectWords('update');
  const { target, alias } = parseWriteTarget(cursor, 'UPDATE', 'set');
  cursor.expectWords('set');
  const assignments = parseAssignments(cursor, endsCondition);
  refuseForeign(cursor, 'UPDATE');
  const condition = parseCondition(cursor, 'UPDATE');
  return { kind: 'update', target, alias, assignments, condition };
}

/** At DELETE. */
export function parseDelete(cursor: TokenCursor): Delete {
  cursor.expectWords('delete', 'from');
  const { target, alias } = parseWriteTarget(cursor, 'DELETE', 'where');
  refuseForeign(cursor, 'DELETE');
  return { kind: 'delete', target, alias, condition: parseCondition(cursor, 'DELETE') };
}

function parseCondition(cursor: TokenCursor, statement: string): SourceSlice | undefined {
  if (cursor.isAtEnd()) return undefined;
  if (!cursor.takeWords('where')) throw cursor.unexpected('WHERE or the end of the statement');
  const condition = takeExpression(cursor, 'a condition', endsCondition);
  refuseForeign(cursor, statement);
  return condition;
}

/** Words of other databases' UPDATE and DELETE, none of which an expression can hold. */
const foreignClauses = ['using', 'returning', 'order', 'limit'];

/** FROM, unless it is that of IS DISTINCT FROM. */
function isFrom(at: TokenCursor): boolean {
  return at.isWord('from') && !at.isWord('distinct', -1);
}

function endsCondition(at: TokenCursor): boolean {
  return at.isWord('where') || isFrom(at) || at.isAnyWord(...foreignClauses);
}

function refuseForeign(cursor: TokenCursor, statement: string): void {
  if (!isFrom(cursor) && !cursor.isAnyWord(...foreignClauses)) return;
  const word = cursor.peek().value.toUpperCase();
  const joins = word === 'FROM' || word === 'USING';
  throw cursor.unsupported(`${statement} ... ${word}`, joins ? 'Use MERGE INTO.' : undefined);
}
