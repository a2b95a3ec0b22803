/**
 * Finds where statements end in text that arrives line by line, and where a backslash command
 * begins. It knows just enough of the language for that: strings, quoted names, backticks,
 * comments (nested), dollar quotes and parentheses. Whether a statement is right is for the server.
 *
 * Quoting differs by dialect: in `spark` both quotes make strings with backslash escapes (none in
 * `r'...'`); in `duckdb` a double quote makes a name and only `e'...'` has escapes.
 */
import type { Dialect } from '../sql/parse/dialect.ts';

/** Where something begins in its source: both counted from 1, columns in UTF-16 units. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

export interface ScannedStatement {
  readonly kind: 'statement';
  /** Without the `;`; begins with its first character that is no space. */
  readonly text: string;
  readonly start: SourcePosition;
}

export interface ScannedCommand {
  readonly kind: 'command';
  /** From the backslash to the end of the line. */
  readonly text: string;
  readonly line: number;
}

/** What is open at the end of the text so far; it decides the prompt. */
export type OpenState =
  | 'nothing'
  | 'statement'
  | 'parenthesis'
  | 'single quote'
  | 'double quote'
  | 'backtick'
  | 'dollar quote'
  | 'comment';

const promptMarks: Readonly<Record<OpenState, string>> = {
  nothing: '=',
  statement: '-',
  parenthesis: '(',
  'single quote': "'",
  'double quote': '"',
  backtick: '`',
  'dollar quote': '$',
  comment: '*',
};

/**
 * `levee=> ` when a statement may begin, otherwise one that shows what is still open; with `*` in a
 * transaction, with `!` in one that has failed, as in psql.
 */
export function promptFor(state: OpenState, transaction?: 'open' | 'failed'): string {
  const mark = transaction === undefined ? '' : transaction === 'open' ? '*' : '!';
  return `levee${promptMarks[state]}${mark}> `;
}

type Mode =
  | { readonly kind: 'plain' }
  | { readonly kind: 'quoted'; readonly quote: "'" | '"' | '`'; readonly hasEscapes: boolean }
  | { readonly kind: 'dollar'; readonly tag: string }
  | { readonly kind: 'comment'; readonly depth: number };

const plain: Mode = { kind: 'plain' };
const plainRun = /[^'"`;\\()$/-]+/y;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const wordBefore = /[A-Za-z0-9_\u0080-\uffff]$/;
const stringPrefix = /(?:^|[^A-Za-z0-9_$\u0080-\uffff])([eErR])$/;

/**
 * Give it a line with `feed`, then take what it found with `next` until that is `undefined`; only
 * then comes the next line. What was taken may change `dialect` for the text that follows.
 */
export class StatementScanner {
  dialect: Dialect;
  #buffer = '';
  #start: SourcePosition | undefined;
  #hasToken = false;
  #mode: Mode = plain;
  #parentheses = 0;
  #line = '';
  #at = 0;
  #lineNumber = 0;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  /** The statement so far, without the space around it; empty if there is none. */
  get buffer(): string {
    return this.#hasToken ? this.#buffer.trim() : '';
  }

  get bufferStart(): SourcePosition {
    return this.#start ?? { line: this.#lineNumber, column: 1 };
  }

  get state(): OpenState {
    switch (this.#mode.kind) {
      case 'comment':
        return 'comment';
      case 'dollar':
        return 'dollar quote';
      case 'quoted':
        if (this.#mode.quote === '`') return 'backtick';
        return this.#mode.quote === '"' ? 'double quote' : 'single quote';
      case 'plain':
        if (this.#parentheses > 0) return 'parenthesis';
        return this.#hasToken ? 'statement' : 'nothing';
    }
  }

  /** Adds a line, given without its line end. */
  feed(line: string): void {
    this.#line = line;
    this.#at = 0;
    this.#lineNumber += 1;
  }

  next(): ScannedStatement | ScannedCommand | undefined {
    while (this.#at < this.#line.length) {
      const found = this.#mode.kind === 'plain' ? this.#scanPlain() : this.#scanInside(this.#mode);
      if (found !== undefined) return found;
    }
    if (this.#line !== '' || this.#buffer !== '') this.#endLine();
    return undefined;
  }

  /** The statement that the end of the text leaves without its `;`. */
  finish(): ScannedStatement | undefined {
    const found = this.#takeStatement();
    this.clear();
    return found;
  }

  /** Forgets the statement so far, not the rest of the line. */
  clear(): void {
    this.#buffer = '';
    this.#start = undefined;
    this.#hasToken = false;
    this.#mode = plain;
    this.#parentheses = 0;
  }

  /** Forgets the statement so far and the rest of the line. */
  reset(): void {
    this.clear();
    this.#line = '';
    this.#at = 0;
  }

  /** Puts a text (from an editor, say) in place of the statement so far. */
  replace(text: string): (ScannedStatement | ScannedCommand)[] {
    this.clear();
    const rest = { line: this.#line, at: this.#at };
    const found: (ScannedStatement | ScannedCommand)[] = [];
    for (const line of text.replace(/\r?\n$/, '').split(/\r?\n/)) {
      this.feed(line);
      for (let item = this.next(); item !== undefined; item = this.next()) found.push(item);
    }
    this.#line = rest.line;
    this.#at = rest.at;
    return found;
  }

  #takeStatement(): ScannedStatement | undefined {
    if (!this.#hasToken) return undefined;
    return { kind: 'statement', text: this.#buffer.trimEnd(), start: this.bufferStart };
  }

  #endLine(): void {
    if (this.#buffer !== '') this.#buffer += '\n';
    this.#line = '';
    this.#at = 0;
  }

  /** Moves `length` characters of the line into the statement. */
  #take(length: number, isToken: boolean): void {
    let text = this.#line.slice(this.#at, this.#at + length);
    let column = this.#at + 1;
    this.#at += length;
    if (this.#buffer === '') {
      const trimmed = text.trimStart();
      if (trimmed === '') return;
      column += text.length - trimmed.length;
      text = trimmed;
      this.#start = { line: this.#lineNumber, column };
    }
    this.#buffer += text;
    if (isToken && !this.#hasToken && text.trim() !== '') this.#hasToken = true;
  }

  #scanPlain(): ScannedStatement | ScannedCommand | undefined {
    plainRun.lastIndex = this.#at;
    if (plainRun.test(this.#line)) {
      this.#take(plainRun.lastIndex - this.#at, true);
      return undefined;
    }
    const character = this.#line.charAt(this.#at);
    switch (character) {
      case ';':
        return this.#scanSemicolon();
      case '\\': {
        const text = this.#line.slice(this.#at).trimEnd();
        this.#at = this.#line.length;
        return { kind: 'command', text, line: this.#lineNumber };
      }
      case "'":
      case '"':
      case '`':
        this.#mode = { kind: 'quoted', quote: character, hasEscapes: this.#hasEscapes(character) };
        break;
      case '(':
        this.#parentheses += 1;
        break;
      case ')':
        this.#parentheses = Math.max(0, this.#parentheses - 1);
        break;
      case '-':
        if (this.#line[this.#at + 1] !== '-') break;
        this.#take(this.#line.length - this.#at, false);
        return undefined;
      case '/':
        if (this.#line[this.#at + 1] !== '*') break;
        this.#mode = { kind: 'comment', depth: 1 };
        this.#take(2, false);
        return undefined;
      case '$':
        if (this.#openDollarQuote()) return undefined;
        break;
    }
    this.#take(1, true);
    return undefined;
  }

  #scanSemicolon(): ScannedStatement | undefined {
    if (this.#parentheses > 0) {
      this.#take(1, true);
      return undefined;
    }
    const found = this.#takeStatement();
    this.#at += 1;
    this.clear();
    return found;
  }

  #hasEscapes(quote: "'" | '"' | '`'): boolean {
    if (quote === '`') return false;
    const prefix = stringPrefix
      .exec(this.#line.slice(Math.max(0, this.#at - 2), this.#at))?.[1]
      ?.toLowerCase();
    return this.dialect === 'spark' ? prefix !== 'r' : quote === "'" && prefix === 'e';
  }

  #openDollarQuote(): boolean {
    if (wordBefore.test(this.#line.slice(Math.max(0, this.#at - 1), this.#at))) return false;
    dollarTag.lastIndex = this.#at;
    const tag = dollarTag.exec(this.#line)?.[0];
    if (tag === undefined) return false;
    this.#take(tag.length, true);
    this.#mode = { kind: 'dollar', tag };
    return true;
  }

  /** Inside a string, name, dollar quote or comment: takes all up to its end or the line's. */
  #scanInside(mode: Exclude<Mode, { readonly kind: 'plain' }>): undefined {
    switch (mode.kind) {
      case 'quoted': {
        const end = this.#findQuote(mode.quote, mode.hasEscapes);
        if (end !== undefined) this.#mode = plain;
        this.#take((end ?? this.#line.length) - this.#at, true);
        return undefined;
      }
      case 'dollar': {
        const end = this.#line.indexOf(mode.tag, this.#at);
        if (end >= 0) this.#mode = plain;
        this.#take((end < 0 ? this.#line.length : end + mode.tag.length) - this.#at, true);
        return undefined;
      }
      case 'comment': {
        const mark = /\/\*|\*\//g;
        mark.lastIndex = this.#at;
        const found = mark.exec(this.#line);
        if (found !== null) {
          const depth = mode.depth + (found[0] === '/*' ? 1 : -1);
          this.#mode = depth === 0 ? plain : { kind: 'comment', depth };
        }
        this.#take((found === null ? this.#line.length : mark.lastIndex) - this.#at, false);
        return undefined;
      }
    }
  }

  /** The offset after the closing quote, or `undefined` if it is not on this line. */
  #findQuote(quote: string, hasEscapes: boolean): number | undefined {
    // In Spark two adjacent quotes are two strings: the second has its own prefix, or none.
    const isDoubled = this.dialect === 'duckdb' || quote === '`';
    for (let at = this.#at; at < this.#line.length; at += 1) {
      const character = this.#line[at];
      if (hasEscapes && character === '\\') at += 1;
      else if (character === quote) {
        if (!isDoubled || this.#line[at + 1] !== quote) return at + 1;
        at += 1;
      }
    }
    return undefined;
  }
}
