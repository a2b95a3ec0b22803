/** `[CONSTRAINT name] CHECK (condition)`; other constraints are refused by name. */
import type { CodedError } from '../../catalog/coded-error.ts';
import type { CheckConstraint } from './statement.ts';
import { takeBracketed } from './take-expression.ts';
import type { TokenCursor } from './token-cursor.ts';

export const constraintWords = [
  'constraint',
  'primary',
  'foreign',
  'unique',
  'check',
  'references',
] as const;

/** Where one is to stand among columns; a column may be called `check` all the same. */
export function startsConstraint(cursor: TokenCursor): boolean {
  return (
    cursor.isWord('constraint') ||
    cursor.areWords('primary', 'key') ||
    cursor.areWords('foreign', 'key') ||
    ((cursor.isWord('unique') || cursor.isWord('check')) && cursor.isOperator('(', 1))
  );
}

/** At CONSTRAINT, or at the kind of a constraint without a name. */
export function parseCheck(cursor: TokenCursor): CheckConstraint {
  const { start } = cursor.peek();
  const name = cursor.takeWords('constraint')
    ? cursor.expectName('the name of the constraint').value
    : undefined;
  if (!cursor.takeWords('check')) throw notCheck(cursor);
  const condition = takeBracketed(cursor, 'a condition');
  if (cursor.areWords('not', 'enforced')) throw cursor.unsupported('NOT ENFORCED');
  cursor.takeWords('enforced');
  return { name, condition, start };
}

function notCheck(cursor: TokenCursor): CodedError {
  const word = constraintWords.find((candidate) => cursor.isWord(candidate));
  if (word === undefined || word === 'constraint') return cursor.unexpected('CHECK');
  const isKey = word === 'primary' || word === 'foreign';
  return cursor.unsupported(`A constraint ${word.toUpperCase()}${isKey ? ' KEY' : ''}`);
}
