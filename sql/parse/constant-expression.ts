/**
 * Where the expression after TIMESTAMP AS OF ends. It is followed by an alias or a clause without any
 * mark between, so it is read operand by operand: the first token that can continue neither an
 * operand nor an operation ends it.
 */
import { closingBracket, isName, isOperator, isWord } from './table-reference.ts';
import { reservedWords } from './keywords.ts';
import type { Token } from './tokenize.ts';

const binaryOperators = new Set(['+', '-', '*', '/', '%', '||', '//']);

const intervalUnit =
  /^(?:microsecond|millisecond|second|minute|hour|day|week|month|quarter|year|decade|century|centurie|millennium|millennia)s?$/i;

/** Index of the first token after the expression; `undefined` when none starts at `from`. */
export function constantExpressionEnd(tokens: readonly Token[], from: number): number | undefined {
  let next = operandEnd(tokens, from);
  while (next !== undefined) {
    const operator = tokens[next];
    if (operator?.kind !== 'operator' || !binaryOperators.has(operator.value)) return next;
    next = operandEnd(tokens, next + 1);
  }
  return undefined;
}

function operandEnd(tokens: readonly Token[], from: number): number | undefined {
  let at = from;
  while (isOperator(tokens[at], '-') || isOperator(tokens[at], '+')) at++;
  const primary = primaryEnd(tokens, at);
  return primary === undefined ? undefined : postfixEnd(tokens, primary);
}

function primaryEnd(tokens: readonly Token[], at: number): number | undefined {
  const token = tokens[at];
  if (token === undefined) return undefined;
  if (token.kind === 'string' || token.kind === 'number' || token.kind === 'parameter')
    return at + 1;
  if (isOperator(token, '(')) return closingBracket(tokens, at) + 1;
  if (isWord(token, 'interval')) return intervalEnd(tokens, at + 1);
  if (isWord(token, 'cast'))
    return isOperator(tokens[at + 1], '(') ? closingBracket(tokens, at + 1) + 1 : undefined;
  if (!isName(token)) return undefined;
  if (token.kind === 'word' && reservedWords.has(token.value.toLowerCase())) return undefined;
  // TIMESTAMP '2020-01-01', DATE '2020-01-01'.
  if (token.kind === 'word' && tokens[at + 1]?.kind === 'string') return at + 2;
  let next = at + 1;
  while (isOperator(tokens[next], '.') && isName(tokens[next + 1])) next += 2;
  return isOperator(tokens[next], '(') ? closingBracket(tokens, next) + 1 : next;
}

/** `'1 day'`, `1 DAY`, `'1' DAY`, `1 DAY 2 HOURS`, `'1-2' YEAR TO MONTH`, `(n) DAY`. */
function intervalEnd(tokens: readonly Token[], from: number): number | undefined {
  let at = from;
  for (;;) {
    let value = at;
    if (isOperator(tokens[value], '-') || isOperator(tokens[value], '+')) value++;
    const token = tokens[value];
    const isValue =
      token?.kind === 'string' || token?.kind === 'number' || token?.kind === 'parameter';
    const next = isValue
      ? value + 1
      : isOperator(token, '(')
        ? closingBracket(tokens, value) + 1
        : undefined;
    if (next === undefined || (at > from && !isUnit(tokens[next])))
      return at > from ? at : undefined;
    at = next;
    if (!isUnit(tokens[at])) return at;
    at++;
    if (isWord(tokens[at], 'to') && isUnit(tokens[at + 1])) at += 2;
  }
}

function isUnit(token: Token | undefined): boolean {
  return token?.kind === 'word' && intervalUnit.test(token.value);
}

/** `::TIMESTAMP(3)`, `::TIMESTAMP WITH TIME ZONE`, `[1]`, `.field`, `AT TIME ZONE 'UTC'`. */
function postfixEnd(tokens: readonly Token[], from: number): number | undefined {
  let at = from;
  for (;;) {
    if (isOperator(tokens[at], '::')) {
      if (!isName(tokens[at + 1])) return undefined;
      at += 2;
      if (isOperator(tokens[at], '(')) at = closingBracket(tokens, at) + 1;
      const zoned = isWord(tokens[at], 'with') || isWord(tokens[at], 'without');
      if (zoned && isWord(tokens[at + 1], 'time') && isWord(tokens[at + 2], 'zone')) at += 3;
    } else if (isOperator(tokens[at], '[')) {
      at = closingBracket(tokens, at) + 1;
    } else if (isOperator(tokens[at], '.') && isName(tokens[at + 1])) {
      at += 2;
      if (isOperator(tokens[at], '(')) at = closingBracket(tokens, at) + 1;
    } else if (
      isWord(tokens[at], 'at') &&
      isWord(tokens[at + 1], 'time') &&
      isWord(tokens[at + 2], 'zone')
    ) {
      const zone = primaryEnd(tokens, at + 3);
      if (zone === undefined) return undefined;
      at = zone;
    } else {
      return at;
    }
  }
}
