/** `a.b = expression, c = DEFAULT`, of UPDATE and of MERGE; and the values of MERGE's INSERT. */
import type { AssignedValue, Assignment } from './statement.ts';
import { takeExpression } from './take-expression.ts';
import type { TokenCursor } from './token-cursor.ts';

type Ends = (at: TokenCursor) => boolean;

/** At least one. `isEnd` tells what follows the last. */
export function parseAssignments(cursor: TokenCursor, isEnd: Ends): readonly Assignment[] {
  const assignments: Assignment[] = [];
  do {
    if (cursor.isOperator('(')) throw cursor.unsupported('SET (a, b) = (...)', 'Set each column.');
    const isColumn = ['=', '==', '.'].some((operator) => cursor.isOperator(operator, 1));
    if (isEnd(cursor) && !isColumn) throw cursor.unexpected('the name of a column');
    const column = cursor.expectColumnName('the name of a column');
    if (!cursor.takeOperator('==')) cursor.expectOperator('=');
    assignments.push({ column, value: parseValue(cursor, isEnd) });
  } while (cursor.takeOperator(','));
  return assignments;
}

/** `(expression, DEFAULT)`. */
export function parseValueList(cursor: TokenCursor): readonly AssignedValue[] {
  const values: AssignedValue[] = [];
  cursor.expectOperator('(');
  do values.push(parseValue(cursor, () => false));
  while (cursor.takeOperator(','));
  cursor.expectOperator(')');
  return values;
}

function parseValue(cursor: TokenCursor, isEnd: Ends): AssignedValue {
  const { start } = cursor.peek();
  if (cursor.takeWords('default')) return { kind: 'default', start };
  const expression = takeExpression(cursor, 'an expression or DEFAULT', isEnd);
  return { kind: 'expression', expression };
}
