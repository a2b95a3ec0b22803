/** VACUUM, whose options stand in any order. */
import { syntaxErrorAt } from '../errors.ts';
import type { Vacuum } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** At VACUUM. */
export function parseVacuum(cursor: TokenCursor): Vacuum {
  cursor.expectWords('vacuum');
  const target = cursor.expectNameOrPath('the name or path of a table');
  let mode: Vacuum['mode'];
  let retainHours: number | undefined;
  let dryRun = false;
  const seen = new Set<string>();
  while (!cursor.isAtEnd()) {
    const { start } = cursor.peek();
    const option = ['lite', 'full', 'retain', 'dry', 'using'].find((word) => cursor.isWord(word));
    if (option === undefined) throw cursor.unexpected('LITE, FULL, RETAIN or DRY RUN');
    if (option === 'using') throw cursor.unsupported('VACUUM ... USING INVENTORY');
    const name = option === 'full' ? 'lite' : option;
    if (seen.has(name)) {
      throw syntaxErrorAt(cursor.source, start, `${option.toUpperCase()} is one option too many`);
    }
    seen.add(name);
    cursor.next();
    if (option === 'lite' || option === 'full') mode = option;
    else if (option === 'retain') retainHours = parseHours(cursor);
    else {
      cursor.expectWords('run');
      dryRun = true;
    }
  }
  return { kind: 'vacuum', target, mode, retainHours, dryRun };
}

/** `168 HOURS`. */
function parseHours(cursor: TokenCursor): number {
  const isNegative = cursor.takeOperator('-');
  const { kind, value } = cursor.peek();
  const digits = value.replace(/(?:BD|[YSLFD])$/i, '');
  if (kind !== 'number' || !/^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(digits)) {
    throw cursor.unexpected('a number of hours');
  }
  cursor.next();
  cursor.expectWords('hours');
  return Number(digits) * (isNegative ? -1 : 1);
}
