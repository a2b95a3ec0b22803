/**
 * Spark's ways of writing values that DuckDB writes otherwise: constructors (`array`, `map`,
 * `named_struct`), casts by a type's name, typed literals, and `range` as a table. Only what means the
 * same for every value is here; whatever else Spark has and DuckDB does not is left for DuckDB to
 * refuse by name.
 *
 * `int('1.9')` and its like are not here: DuckDB rounds where Spark cuts off.
 */
import type { Token } from './tokenize.ts';
import { closingBracket, isOperator, isWord } from './table-reference.ts';
import { quoteIdentifier } from '../quote.ts';

/** By index of the token, the text that stands for it. */
export type Replacements = ReadonlyMap<number, string>;

export function sparkCalls(tokens: readonly Token[]): Replacements {
  const found = new Map<number, string>();
  tokens.forEach((token, index) => {
    if (token.kind !== 'word' || isOperator(tokens[index - 1], '.')) return;
    const name = token.value.toLowerCase();
    const next = tokens[index + 1];
    if (isOperator(tokens[index - 1], '::')) {
      const type = castTypes[name];
      if (type !== undefined && !isOperator(next, '(')) found.set(index, type);
    } else if (next?.kind === 'string') {
      const type = literalTypes[name];
      if (type !== undefined) found.set(index, type);
    } else if (isOperator(next, '(')) {
      replaceCall(name, { name: index, close: closingBracket(tokens, index + 1) }, tokens, found);
    }
  });
  return found;
}

const literalTypes: { readonly [name: string]: string | undefined } = {
  timestamp: 'TIMESTAMPTZ',
  timestamp_ltz: 'TIMESTAMPTZ',
  timestamp_ntz: 'TIMESTAMP',
};

/** The types of casts whose names alone mean something else to DuckDB. */
const castTypes: { readonly [name: string]: string | undefined } = {
  ...literalTypes,
  decimal: 'DECIMAL(10, 0)',
  dec: 'DECIMAL(10, 0)',
  numeric: 'DECIMAL(10, 0)',
};

const castFunctions: { readonly [name: string]: string | undefined } = {
  boolean: 'BOOLEAN',
  float: 'FLOAT',
  double: 'DOUBLE',
  decimal: 'DECIMAL(10, 0)',
};

interface Call {
  /** Indexes of tokens; the opening bracket follows the name. */
  readonly name: number;
  readonly close: number;
}

function replaceCall(
  name: string,
  call: Call,
  tokens: readonly Token[],
  found: Map<number, string>,
): void {
  const commas = commasOf(call, tokens);
  const isEmpty = call.close === call.name + 2;
  switch (name) {
    case 'array':
      found.set(call.name, 'list_value');
      return;
    case 'map':
      if (!isEmpty && commas.length % 2 === 1) replaceMap(call, commas, found);
      return;
    case 'named_struct':
      replaceStruct(call, commas, tokens, found);
      return;
    case 'cast':
    case 'try_cast':
      replaceCastType(call, tokens, found);
      return;
    case 'range': {
      const before = tokens[call.name - 1];
      if (isEmpty || !(isWord(before, 'from') || isWord(before, 'join'))) return;
      found.set(call.name, '(SELECT range AS id FROM range');
      found.set(call.close, '))');
      return;
    }
  }
  const type = castFunctions[name];
  if (type === undefined || isEmpty || commas.length > 0 || isTypeOfCast(call, tokens)) return;
  found.set(call.name, 'CAST');
  found.set(call.close, ` AS ${type})`);
}

/** `CAST(x AS decimal(10, 2))` and `x::float(24)` have a type there, not a call. */
function isTypeOfCast({ name }: Call, tokens: readonly Token[]): boolean {
  return isWord(tokens[name - 1], 'as') || isOperator(tokens[name - 1], '::');
}

/** The commas between a call's arguments. */
function commasOf({ name, close }: Call, tokens: readonly Token[]): readonly number[] {
  const commas: number[] = [];
  for (let at = name + 2; at < close; at++) {
    const token = tokens[at];
    if (isOperator(token, '(') || isOperator(token, '[') || isOperator(token, '{')) {
      at = closingBracket(tokens, at);
    } else if (isOperator(token, ',')) commas.push(at);
  }
  return commas;
}

function replaceMap(
  { name, close }: Call,
  commas: readonly number[],
  found: Map<number, string>,
): void {
  found.set(name, 'MAP');
  found.set(name + 1, ' {');
  commas.forEach((comma, i) => {
    if (i % 2 === 0) found.set(comma, ':');
  });
  found.set(close, '}');
}

function replaceStruct(
  { name }: Call,
  commas: readonly number[],
  tokens: readonly Token[],
  found: Map<number, string>,
): void {
  if (commas.length % 2 === 0) return;
  const names = [name + 2, ...commas.filter((_, i) => i % 2 === 1).map((comma) => comma + 1)];
  const isNamed = names.every((at, i) => {
    const followedBy = commas[2 * i];
    return tokens[at]?.kind === 'string' && followedBy === at + 1;
  });
  if (!isNamed) return;
  found.set(name, 'struct_pack');
  for (const at of names) {
    found.set(at, quoteIdentifier(tokens[at]?.value ?? ''));
    found.set(at + 1, ' := ');
  }
}

function replaceCastType({ close }: Call, tokens: readonly Token[], found: Map<number, string>) {
  const type = tokens[close - 1];
  if (type?.kind !== 'word' || !isWord(tokens[close - 2], 'as')) return;
  const known = castTypes[type.value.toLowerCase()];
  if (known !== undefined) found.set(close - 1, known);
}
