/**
 * Where a table reference lies among the tokens: its name, its alias, DuckDB's AT clause. DuckDB's
 * AST gives only the place where a name starts; this gives the ends, for splicing.
 */
import { reservedWords, typeOrFunctionWords } from './keywords.ts';
import type { Token } from './tokenize.ts';

/** UTF-16 offsets, the end exclusive. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export interface TableReference {
  /** The name's parts, unquoted: `['main', 's', 't']`. A file name in quotes is one part. */
  readonly parts: readonly string[];
  readonly nameEnd: number;
  /** The alias itself, without AS; before the name (`a: t`) or after it. */
  readonly alias?: (TextRange & { readonly text: string; readonly isPrefix: boolean }) | undefined;
  /** From AS, if there, to the end of the alias and of its column names. */
  readonly aliasClause?: TextRange | undefined;
  /** The bracketed names in `t AS x(a, b)`, brackets included. */
  readonly columnAliases?: TextRange | undefined;
  /** `AT (VERSION => 3)`, all of it. */
  readonly atClause?: TextRange | undefined;
  /** The end of name, alias and AT; TABLESAMPLE and what else follows is not part of it. */
  readonly end: number;
}

/**
 * The table reference whose name starts at `offset`, in a text that DuckDB accepts. `undefined` when
 * no name starts there.
 */
export function tableReferenceAt(
  tokens: readonly Token[],
  offset: number,
): TableReference | undefined {
  const first = tokenIndexAt(tokens, offset);
  const name = first === undefined ? undefined : readTableName(tokens, first);
  if (first === undefined || name === undefined) return undefined;
  // `t *` is PostgreSQL's word for "with the tables that inherit from it": the same as `t`.
  const afterName = isOperator(tokens[name.next], '*') ? name.next + 1 : name.next;

  const prefix = prefixAlias(tokens, first);
  const alias = prefix === undefined ? readAlias(tokens, afterName) : undefined;
  const afterAlias = alias?.next ?? afterName;
  const at = readAtClause(tokens, afterAlias);
  return {
    parts: name.parts,
    nameEnd: endOf(tokens, afterName),
    alias: prefix ?? (alias && { ...range(alias.name), text: alias.name.value, isPrefix: false }),
    aliasClause: alias && { start: startOf(tokens, afterName), end: endOf(tokens, alias.next) },
    columnAliases: alias?.columns,
    atClause:
      at === undefined ? undefined : { start: startOf(tokens, afterAlias), end: endOf(tokens, at) },
    end: endOf(tokens, at ?? afterAlias),
  };
}

export function tokenIndexAt(tokens: readonly Token[], offset: number): number | undefined {
  let low = 0;
  let high = tokens.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const start = startOf(tokens, middle);
    if (start === offset) return middle;
    if (start < offset) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

export function isOperator(token: Token | undefined, value: string): boolean {
  return token?.kind === 'operator' && token.value === value;
}

/** `word` in lower case. */
export function isWord(token: Token | undefined, word: string): boolean {
  return (
    token?.kind === 'word' &&
    token.value.length === word.length &&
    token.value.toLowerCase() === word
  );
}

/** `a`, `a.b`, `a.b.c`, each part plain or quoted; `next` is the index of the token after it. */
export function readTableName(
  tokens: readonly Token[],
  first: number,
): { readonly parts: readonly string[]; readonly next: number } | undefined {
  const start = tokens[first];
  if (start?.kind === 'string') return { parts: [start.value], next: first + 1 };
  if (!isName(start) || isReserved(start)) return undefined;
  const parts = [start.value];
  let next = first + 1;
  for (;;) {
    // After a dot even a reserved word is a name.
    const part = tokens[next + 1];
    if (!isOperator(tokens[next], '.') || !isName(part)) return { parts, next };
    parts.push(part.value);
    next += 2;
  }
}

export interface Alias {
  readonly name: Token;
  readonly columns?: TextRange | undefined;
  /** Index of the token after the alias. */
  readonly next: number;
}

/** `AS x`, `x`, `AS x(a, b)`, `x(a, b)`. */
export function readAlias(tokens: readonly Token[], from: number): Alias | undefined {
  const hasAs = isWord(tokens[from], 'as');
  const at = hasAs ? from + 1 : from;
  const name = tokens[at];
  if (hasAs ? !isName(name) && name?.kind !== 'string' : !isBareAlias(tokens, at)) return undefined;
  if (name === undefined) return undefined;
  if (!isOperator(tokens[at + 1], '(')) return { name, next: at + 1 };
  const close = closingBracket(tokens, at + 1);
  return {
    name,
    columns: { start: startOf(tokens, at + 1), end: endOf(tokens, close + 1) },
    next: close + 1,
  };
}

/** Whether the token can be an alias without AS. */
export function isBareAlias(tokens: readonly Token[], at: number): boolean {
  const name = tokens[at];
  if (name?.kind === 'quoted') return true;
  if (name?.kind !== 'word') return false;
  const word = name.value.toLowerCase();
  if (reservedWords.has(word) || typeOrFunctionWords.has(word)) return false;
  // Clauses of Spark whose words are free in DuckDB.
  const startsClause = word === 'distribute' || word === 'sort' || word === 'cluster';
  return !(startsClause && isWord(tokens[at + 1], 'by')) && word !== 'minus';
}

/** Index of the bracket that closes the one at `open`; the tokens are balanced. */
export function closingBracket(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind !== 'operator') continue;
    if (token.value === '(' || token.value === '[' || token.value === '{') depth++;
    else if (token.value === ')' || token.value === ']' || token.value === '}') {
      depth--;
      if (depth === 0) return at;
    }
  }
  return tokens.length - 1;
}

/** Index of the token after `AT (...)`. */
function readAtClause(tokens: readonly Token[], from: number): number | undefined {
  if (!isWord(tokens[from], 'at') || !isOperator(tokens[from + 1], '(')) return undefined;
  return closingBracket(tokens, from + 1) + 1;
}

/** The alias in `a: t`, given the index of `t`. */
function prefixAlias(tokens: readonly Token[], name: number): TableReference['alias'] {
  const alias = tokens[name - 2];
  if (!isOperator(tokens[name - 1], ':') || alias === undefined) return undefined;
  if (!isName(alias) && alias.kind !== 'string') return undefined;
  return { ...range(alias), text: alias.value, isPrefix: true };
}

export function isName(token: Token | undefined): token is Token & { kind: 'word' | 'quoted' } {
  return token?.kind === 'word' || token?.kind === 'quoted';
}

function isReserved(token: Token): boolean {
  if (token.kind !== 'word') return false;
  const word = token.value.toLowerCase();
  return reservedWords.has(word) || typeOrFunctionWords.has(word);
}

function range(token: Token): TextRange {
  return { start: token.start, end: token.end };
}

function startOf(tokens: readonly Token[], index: number): number {
  return tokens[index]?.start ?? 0;
}

/** Where the token before `next` ends. */
function endOf(tokens: readonly Token[], next: number): number {
  return tokens[next - 1]?.end ?? 0;
}
