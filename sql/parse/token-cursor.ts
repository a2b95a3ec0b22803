/**
 * Walks over the tokens of one statement, for recursive descent. All parsers of `sql/parse/` share its
 * words: `take` moves on if the token is there, `expect` throws if it is not.
 */
import type { CodedError } from '../../catalog/coded-error.ts';
import { errorAt, syntaxErrorAt } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import type { SourceSlice } from './source-slice.ts';
import type { ColumnName, ObjectName } from './object-name.ts';
import { closingBracket, isName, isOperator, isWord } from './table-reference.ts';
import type { Token } from './tokenize.ts';

export class TokenCursor {
  readonly source: string;
  readonly dialect: Dialect;
  readonly #tokens: readonly Token[];
  readonly #eof: Token;
  #at = 0;
  /** How many angle brackets of the current token are taken. */
  #angles = 0;

  /** `tokens` without semicolons; `end` is where the statement ends. */
  constructor(source: string, tokens: readonly Token[], end: number, dialect: Dialect) {
    this.source = source;
    this.dialect = dialect;
    this.#tokens = tokens;
    this.#eof = { kind: 'eof', start: end, end, value: '' };
  }

  /** The token `ahead` places further on; `eof` past the end. */
  peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? this.#eof;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  isAtEnd(): boolean {
    return this.peek().kind === 'eof';
  }

  isWord(word: string, ahead = 0): boolean {
    return isWord(this.peek(ahead), word);
  }

  /** Whether these words follow one another from here. */
  areWords(...words: readonly string[]): boolean {
    return words.every((word, index) => this.isWord(word, index));
  }

  isAnyWord(...words: readonly string[]): boolean {
    return words.some((word) => this.isWord(word));
  }

  takeWords(...words: readonly string[]): boolean {
    if (!this.areWords(...words)) return false;
    this.#at += words.length;
    return true;
  }

  /** The first of `words` that is here, taken. */
  takeAnyWord(...words: readonly string[]): string | undefined {
    const word = words.find((candidate) => this.isWord(candidate));
    if (word !== undefined) this.#at++;
    return word;
  }

  expectWords(...words: readonly string[]): void {
    for (const word of words) {
      if (!this.takeWords(word)) throw this.unexpected(word.toUpperCase());
    }
  }

  isOperator(operator: string, ahead = 0): boolean {
    return isOperator(this.peek(ahead), operator);
  }

  takeOperator(operator: string): boolean {
    if (!this.isOperator(operator)) return false;
    this.#at++;
    return true;
  }

  expectOperator(operator: string): void {
    if (!this.takeOperator(operator)) throw this.unexpected(`"${operator}"`);
  }

  /** Whether an angle bracket of a type is next; `>>` holds two of them. */
  isAngle(bracket: '<' | '>'): boolean {
    const { kind, value } = this.peek();
    return kind === 'operator' && value.charAt(this.#angles) === bracket && /^[<>]+$/.test(value);
  }

  takeAngle(bracket: '<' | '>'): boolean {
    if (!this.isAngle(bracket)) return false;
    this.#angles++;
    if (this.#angles === this.peek().value.length) {
      this.#angles = 0;
      this.#at++;
    }
    return true;
  }

  /** The value of a string literal. */
  expectString(what: string): string {
    if (this.peek().kind !== 'string') throw this.unexpected(what);
    return this.next().value;
  }

  /** A single name, plain or quoted. */
  expectName(what: string): Token {
    if (!isName(this.peek())) throw this.unexpected(what);
    return this.next();
  }

  /** `a.b.c`. */
  expectObjectName(what: string): ObjectName {
    const { start } = this.peek();
    const parts = this.expectDottedName(what);
    if (parts.length > 3) {
      throw syntaxErrorAt(
        this.source,
        start,
        `The name ${parts.join('.')} has ${parts.length} parts; at most three are possible`,
        'Write catalog.schema.table; quote a part that holds a dot.',
      );
    }
    return { parts, start };
  }

  /** A name, or the path of a Delta table as a string. */
  expectNameOrPath(what: string): ObjectName {
    const token = this.peek();
    if (token.kind !== 'string') return this.expectObjectName(what);
    this.#at++;
    return { parts: ['delta', token.value], start: token.start };
  }

  expectDottedName(what: string): readonly string[] {
    const parts = [this.expectName(what).value];
    while (this.takeOperator('.')) parts.push(this.expectName('a name after "."').value);
    return parts;
  }

  /** `a.b.c`, of any depth. */
  expectColumnName(what: string): ColumnName {
    const { start } = this.peek();
    return { parts: this.expectDottedName(what), start };
  }

  /** `a, b.c`, at least one. */
  expectColumnNames(what: string): readonly ColumnName[] {
    const names: ColumnName[] = [];
    do names.push(this.expectColumnName(what));
    while (this.takeOperator(','));
    return names;
  }

  /** `(a, b.c)`, at least one. */
  expectColumnList(what: string): readonly ColumnName[] {
    this.expectOperator('(');
    const names = this.expectColumnNames(what);
    this.expectOperator(')');
    return names;
  }

  /** `(a, b)`, at least one. */
  expectNameList(what: string): readonly string[] {
    const names: string[] = [];
    this.expectOperator('(');
    do names.push(this.expectName(what).value);
    while (this.takeOperator(','));
    this.expectOperator(')');
    return names;
  }

  /** What lies in the brackets that open here, taken with them. */
  takeBrackets(): SourceSlice {
    const close = closingBracket(this.#tokens, this.#at);
    const start = this.peek().end;
    const end = this.#tokens[close]?.start ?? this.#eof.start;
    this.#at = close + 1;
    return { source: this.source, start, end };
  }

  /** How far away the token is that follows the brackets opening `ahead` places further on. */
  aheadOfBrackets(ahead: number): number {
    return closingBracket(this.#tokens, this.#at + ahead) + 1 - this.#at;
  }

  /** From `start` to the end of the token that was taken last. */
  sliceFrom(start: number): SourceSlice {
    return { source: this.source, start, end: this.peek(-1).end };
  }

  /** Takes what `read` finds among the tokens from here; it gives the index of the token after it. */
  takeWith<T extends { readonly next: number }>(
    read: (tokens: readonly Token[], at: number) => T | undefined,
  ): T | undefined {
    const found = read(this.#tokens, this.#at);
    if (found !== undefined) this.#at = found.next;
    return found;
  }

  /** Everything from here to the end of the statement. */
  takeRest(): SourceSlice {
    const { start } = this.peek();
    const end = this.#tokens.at(-1)?.end ?? start;
    this.#at = this.#tokens.length;
    return { source: this.source, start, end };
  }

  /** Takes tokens, whole brackets at a time, until one for which `isEnd` holds, or the end. */
  takeUntil(isEnd: (cursor: TokenCursor) => boolean): SourceSlice {
    const { start } = this.peek();
    let end = start;
    while (!this.isAtEnd() && !isEnd(this)) {
      const { value, kind } = this.peek();
      if (kind === 'operator' && ')]}'.includes(value)) break;
      const opens = kind === 'operator' && '([{'.includes(value);
      this.#at = opens ? closingBracket(this.#tokens, this.#at) + 1 : this.#at + 1;
      end = this.peek(-1).end;
    }
    return { source: this.source, start, end };
  }

  expectEnd(): void {
    if (!this.isAtEnd()) throw this.unexpected('the end of the statement');
  }

  /** The error for a token that is not what the grammar asks for. */
  unexpected(expected: string): CodedError {
    const token = this.peek();
    const text = this.source.slice(token.start, token.end);
    const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    const found = token.kind === 'eof' ? 'the statement ends' : `found ${JSON.stringify(short)}`;
    return syntaxErrorAt(this.source, token.start, `Expected ${expected}, but ${found}`);
  }

  /** The error for a part of a statement that is understood but not run. */
  unsupported(feature: string, hint?: string, start = this.peek().start): CodedError {
    return errorAt(this.source, start, {
      code: 'UNSUPPORTED_FEATURE',
      message: `${feature} is not supported`,
      hint,
    });
  }
}
