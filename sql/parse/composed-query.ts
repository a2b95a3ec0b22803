/**
 * A query of ours around pieces of the user's statement: his conditions, values and queries, each
 * translated like a query of his own, with our text in between. Every offset of the whole leads back
 * into the statement, so that errors of DuckDB's point at what the user wrote.
 */
import type { Dialect } from './dialect.ts';
import type { QueryParameters } from './lexical-edits.ts';
import type { ObjectName } from './object-name.ts';
import { toDuckdbQuery, type DuckdbQuery } from './query-text.ts';
import type { SourceSlice } from './source-slice.ts';
import { quoteIdentifier } from '../quote.ts';

interface Piece {
  readonly start: number;
  toSource(offset: number): number;
}

export class ComposedQuery {
  readonly #dialect: Dialect;
  readonly #pieces: Piece[] = [];
  #text = '';
  #parameters: QueryParameters = { kind: 'none' };

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** Text of ours, in DuckDB's dialect; an error in it is shown at `place` of the user's statement. */
  own(text: string, place: number): this {
    this.#add(text, () => place);
    return this;
  }

  /** A piece of the user's, in brackets: whatever it is, it ends where it ends. */
  user(slice: SourceSlice): this {
    this.own('(', slice.start);
    this.#translated(slice);
    return this.own(')', slice.end);
  }

  /** What stands in a FROM clause: a name with its time travel, the call of a table function. */
  reference(slice: SourceSlice): this {
    return this.#translated(slice);
  }

  /** A name, and the offset in the text at which it stands. */
  name({ parts, start }: ObjectName): number {
    const offset = this.#text.length;
    this.own(parts.map(quoteIdentifier).join('.'), start);
    return offset;
  }

  /** @throws what `toDuckdbQuery` throws */
  #translated(slice: SourceSlice): this {
    const { edited, parameters } = toDuckdbQuery(slice, this.#dialect);
    this.#parameters = mergeParameters(this.#parameters, parameters);
    this.#add(edited.text, (offset) => edited.toSource(offset));
    return this;
  }

  #add(text: string, toSource: (offset: number) => number): void {
    if (text === '') return;
    this.#pieces.push({ start: this.#text.length, toSource });
    this.#text += text;
  }

  finish(): DuckdbQuery {
    const text = this.#text;
    const pieces = [...this.#pieces];
    return {
      text,
      edited: { text, toSource: (offset) => toSource(pieces, offset) },
      parameters: this.#parameters,
    };
  }
}

function toSource(pieces: readonly Piece[], offset: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pieces[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const piece = pieces[low];
  return piece === undefined ? 0 : piece.toSource(Math.max(0, offset - piece.start));
}

/** Those of a whole statement out of those of its pieces. */
export function mergeParameters(a: QueryParameters, b: QueryParameters): QueryParameters {
  if (a.kind === 'none') return b;
  if (b.kind === 'none') return a;
  if (a.kind === 'positional' && b.kind === 'positional') {
    return { kind: 'positional', count: Math.max(a.count, b.count) };
  }
  if (a.kind === 'named' && b.kind === 'named') {
    const seen = new Set(a.names.map((name) => name.toLowerCase()));
    const more = b.names.filter((name) => !seen.has(name.toLowerCase()));
    return { kind: 'named', names: [...a.names, ...more] };
  }
  // Both kinds in one statement: the binder of either piece has refused it, or will.
  return a;
}

/** The parameters in pieces of a statement. */
export function parametersOf(pieces: readonly SourceSlice[], dialect: Dialect): QueryParameters {
  const query = new ComposedQuery(dialect);
  for (const piece of pieces) query.user(piece);
  return query.finish().parameters;
}
