/**
 * Column names that carry their table's schema, `stocks.prices.close`. A reference becomes a derived
 * table with a plain alias, which has no schema; so the qualifier is shortened to the alias.
 */
import type { ByteOffsets } from '../parse/byte-offsets.ts';
import { tokenIndexAt } from '../parse/table-reference.ts';
import type { TextEdit } from '../parse/text-edits.ts';
import type { Token } from '../parse/tokenize.ts';
import { quoteIdentifier } from '../quote.ts';
import type { BoundReference } from './bound-query.ts';
import type { QueryReferences } from './query-references.ts';

export interface QualifiedColumnsInput {
  readonly references: QueryReferences;
  /** One for each of `references.tables`. */
  readonly bound: readonly BoundReference[];
  readonly tokens: readonly Token[];
  readonly offsets: ByteOffsets;
}

/**
 * The references, with an alias that is unique where two tables of one name are told apart by their
 * schemas, and the edits that shorten the columns.
 */
export function shortenQualifiedColumns(input: QualifiedColumnsInput): {
  readonly references: readonly BoundReference[];
  readonly edits: readonly TextEdit[];
} {
  const { references, bound, tokens, offsets } = input;
  const qualifiers = new Map<string, { readonly depth: number; readonly indexes: number[] }>();
  references.tables.forEach(({ name }, index) => {
    if (bound[index]?.addedAlias === undefined || name.length < 2) return;
    for (let from = 0; from <= name.length - 2; from++) {
      const key = qualifierKey(name.slice(from));
      const known = qualifiers.get(key);
      if (known === undefined) qualifiers.set(key, { depth: name.length - from, indexes: [index] });
      else known.indexes.push(index);
    }
  });
  if (qualifiers.size === 0) return { references: bound, edits: [] };

  const aliases = new Map<number, string>();
  const edits: TextEdit[] = [];
  for (const column of references.columns) {
    if (column.byteOffset === undefined || column.names.length < 3) continue;
    const [first] = column.names;
    // An alias of that name wins: then the rest is a column and its fields.
    if (first === undefined || references.aliases.has(first.toLowerCase())) continue;
    const match = [3, 2]
      .map((depth) => qualifiers.get(qualifierKey(column.names.slice(0, depth))))
      .find((found) => found !== undefined && found.depth < column.names.length);
    if (match === undefined) continue;
    const alias = aliasFor(match.indexes, references, aliases);
    const edit = qualifierEdit(offsets.toUtf16(column.byteOffset), match.depth, alias, tokens);
    if (edit !== undefined) edits.push(edit);
  }
  const renamed = bound.map((reference, index) => {
    const alias = aliases.get(index);
    return alias === undefined ? reference : { ...reference, addedAlias: alias };
  });
  return { references: renamed, edits };
}

function qualifierKey(parts: readonly string[]): string {
  return parts.map((part) => part.toLowerCase()).join('\0');
}

/** The table's own name, unless another table without an alias has the same. */
function aliasFor(
  indexes: readonly number[],
  references: QueryReferences,
  aliases: Map<number, string>,
): string {
  const name = references.tables[indexes[0] ?? 0]?.name ?? [];
  const last = name.at(-1) ?? '';
  const rivals = references.tables.filter(
    (table) =>
      table.name.at(-1)?.toLowerCase() === last.toLowerCase() &&
      qualifierKey(table.name.slice(-2)) !== qualifierKey(name.slice(-2)),
  );
  if (rivals.length === 0) return last;
  const alias = name.slice(-2).join('.');
  for (const index of indexes) aliases.set(index, alias);
  return alias;
}

/** Replaces the first `depth` parts of the dotted name that starts at `start`. */
function qualifierEdit(
  start: number,
  depth: number,
  alias: string,
  tokens: readonly Token[],
): TextEdit | undefined {
  const first = tokenIndexAt(tokens, start);
  if (first === undefined) return undefined;
  const last = tokens[first + 2 * (depth - 1)];
  return last === undefined ? undefined : { start, end: last.end, text: quoteIdentifier(alias) };
}
