/** Finds the items of VALUES that are DEFAULT, which no query could hold. */
import type { DefaultItem } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** At VALUES; takes its rows. A row without brackets, as Spark has it, is one column. */
export function takeValueRows(cursor: TokenCursor): readonly DefaultItem[] {
  const defaults: DefaultItem[] = [];
  const takeItem = (row: number, column: number, isEnd: (at: TokenCursor) => boolean) => {
    const { start, end } = cursor.peek();
    const isDefault = cursor.isWord('default');
    if (isDefault) cursor.next();
    const rest = cursor.takeUntil(isEnd);
    if (isDefault && rest.start === rest.end) defaults.push({ row, column, start, end });
  };
  const isComma = (at: TokenCursor) => at.isOperator(',');
  const endsRow = (at: TokenCursor) => at.isOperator(',') || at.isAnyWord('returning', 'on');
  cursor.expectWords('values');
  let row = 0;
  do {
    if (cursor.takeOperator('(')) {
      let column = 0;
      do takeItem(row, column++, isComma);
      while (cursor.takeOperator(','));
      cursor.expectOperator(')');
      cursor.takeUntil(endsRow);
    } else {
      takeItem(row, 0, endsRow);
    }
    row++;
  } while (cursor.takeOperator(','));
  return defaults;
}
