/**
 * `_metadata` in a query: which references have to give the hidden column, and how it is kept out of
 * every `*` that covers them.
 *
 * DuckDB's derived tables have no hidden columns. A reference that `_metadata` may mean gets the
 * column behind those of the table, and each star over it is given an EXCLUDE. What else would show
 * the column - a row as a value, columns by number or pattern, NATURAL JOIN, PIVOT - is refused.
 *
 * 1. `_metadata` alone means the tables of the innermost FROM clause that has any; `t._metadata` the
 *    references called `t`. No other reference gets the column: there it costs nothing.
 * 2. A table with a column of that name keeps its own, and so does a reference whose columns are
 *    renamed to have one.
 * 3. Subqueries, views and common table expressions have the columns they select, and no hidden one.
 */
import { metadataColumn, metadataFields, type MetadataField } from '../file-metadata.ts';
import type { ByteOffsets } from '../parse/byte-offsets.ts';
import {
  isName,
  isOperator,
  isWord,
  readTableName,
  tokenIndexAt,
} from '../parse/table-reference.ts';
import type { TextEdit } from '../parse/text-edits.ts';
import type { Token } from '../parse/tokenize.ts';
import { quoteIdentifier } from '../quote.ts';
import type { BoundReference } from './bound-query.ts';
import type { TableReference } from './query-references.ts';
import {
  readQueryScopes,
  type QueryScopes,
  type Scope,
  type ScopeColumn,
  type ScopeJoin,
  type ScopeStar,
  type ScopeTable,
} from './query-scopes.ts';

export interface MetadataColumnInput {
  /** The answer of `json_serialize_sql` for `text`. */
  readonly syntaxTree: string;
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly offsets: ByteOffsets;
  readonly tables: readonly TableReference[];
  /** One for each of `tables`; there may be more behind them. */
  readonly bound: readonly BoundReference[];
  /** Makes the error of a query whose answer would show the hidden column. */
  readonly refusal: (byteOffset: number | undefined, what: string, hint: string) => Error;
}

/** The references with their hidden columns, and the edits that keep those out of the stars. */
export function addMetadataColumns(input: MetadataColumnInput): {
  readonly references: readonly BoundReference[];
  readonly edits: readonly TextEdit[];
} {
  const { bound, text, syntaxTree } = input;
  // Nothing of this costs a query that does not name it; a string may, at the price of a look.
  if (!text.toLowerCase().includes(metadataColumn)) return { references: bound, edits: [] };
  const scopes = readQueryScopes(syntaxTree);
  const query = new MetadataQuery(input, scopes);
  if (query.isUnused) return { references: bound, edits: [] };
  query.refuseShown();
  return { references: query.references(), edits: query.starEdits() };
}

/** A reference to a table that can have the hidden column. */
interface Candidate {
  readonly index: number;
  readonly alias: string;
}

class MetadataQuery {
  readonly #input: MetadataColumnInput;
  readonly #scopes: QueryScopes;
  readonly #candidates = new Map<ScopeTable, Candidate>();
  /** The references that get the column. */
  readonly #wanted = new Set<ScopeTable>();
  /** The fields that are asked for by name; `undefined` when the whole column is, or may be. */
  #fields: Set<string> | undefined = new Set();

  constructor(input: MetadataColumnInput, scopes: QueryScopes) {
    this.#input = input;
    this.#scopes = scopes;
    const indexes = new Map(input.tables.map(({ byteOffset }, index) => [byteOffset, index]));
    for (const table of scopes.scopes.flatMap(({ tables }) => tables)) {
      const index = table.byteOffset === undefined ? undefined : indexes.get(table.byteOffset);
      const reference = index === undefined ? undefined : input.bound[index];
      if (index === undefined || reference === undefined || !canHide(reference, table)) continue;
      const alias = table.alias === '' ? (reference.addedAlias ?? '') : table.alias;
      this.#candidates.set(table, { index, alias });
    }
    for (const column of scopes.columns) this.#mention(column);
    for (const star of scopes.stars) {
      // `_metadata.*` unfolds the column.
      if (isMetadata(star.relation)) this.#want(this.#innermost(star.scope), undefined);
    }
  }

  get isUnused(): boolean {
    return this.#wanted.size === 0;
  }

  #mention({ names, scope }: ScopeColumn): void {
    names.forEach((name, at) => {
      if (!isMetadata(name)) return;
      const qualifier = names[at - 1];
      const tables = qualifier === undefined ? this.#innermost(scope) : this.#called(qualifier);
      this.#want(tables, names[at + 1]);
    });
  }

  #innermost(scope: Scope | undefined): readonly ScopeTable[] {
    for (let at = scope; at !== undefined; at = at.outer) {
      const found = at.tables.filter((table) => this.#candidates.has(table));
      if (found.length > 0) return found;
    }
    return [];
  }

  #called(alias: string): readonly ScopeTable[] {
    const found = [...this.#candidates].filter(([, candidate]) => isSame(candidate.alias, alias));
    return found.map(([table]) => table);
  }

  #want(tables: readonly ScopeTable[], field: string | undefined): void {
    for (const table of tables) this.#wanted.add(table);
    if (field === undefined) this.#fields = undefined;
    else this.#fields?.add(field.toLowerCase());
  }

  references(): readonly BoundReference[] {
    const references = [...this.#input.bound];
    for (const table of this.#wanted) {
      const index = this.#candidates.get(table)?.index ?? -1;
      const reference = references[index];
      if (reference?.relation.kind !== 'table') continue;
      const { relation } = reference;
      const all = metadataFields(relation.table.snapshot);
      const fields = fieldsAsked(all, this.#fields);
      references[index] = {
        ...reference,
        relation: { ...relation, table: { ...relation.table, metadataFields: fields } },
      };
    }
    return references;
  }

  /** Throws for everything but stars that would show the column. */
  refuseShown(): void {
    const { refusal } = this.#input;
    for (const join of this.#scopes.scopes.flatMap(({ joins }) => joins)) this.#refuseJoin(join);
    for (const { scope, byteOffset } of this.#scopes.numbers) {
      if (scope.tables.some((table) => this.#wanted.has(table))) {
        throw refusal(byteOffset, 'columns by number', 'Name the column.');
      }
    }
    for (const column of this.#scopes.columns) {
      if (!this.#isWholeRow(column)) continue;
      const hint = 'Select the columns, or pack them with struct_pack.';
      throw refusal(column.byteOffset, `${column.names.join('.')} as a value, its whole row`, hint);
    }
  }

  #refuseJoin({ kind, byteOffset, left, right, columns }: ScopeJoin): void {
    const { refusal } = this.#input;
    const isHidden = (table: ScopeTable): boolean => this.#wanted.has(table);
    const [onLeft, onRight] = [left.tables.some(isHidden), right.tables.some(isHidden)];
    if (!onLeft && !onRight) return;
    switch (kind) {
      case 'pivot':
        throw refusal(byteOffset, 'PIVOT or UNPIVOT', 'Select the columns in a subquery first.');
      case 'using':
        if (columns.some(isMetadata)) {
          throw refusal(byteOffset, `USING (${metadataColumn})`, 'Compare its fields with ON.');
        }
        return;
      case 'natural': {
        const other = onLeft ? right : left;
        const isPlain = !other.hasOthers && other.tables.every((t) => this.#candidates.has(t));
        if ((onLeft && onRight) || !isPlain) {
          throw refusal(byteOffset, 'NATURAL JOIN', 'Name the columns with USING.');
        }
      }
    }
  }

  /** Whether a name is an alias, and stands for the row. A column of that name comes first. */
  #isWholeRow({ names, scope }: ScopeColumn): boolean {
    const [name] = names;
    if (name === undefined || names.length > 1) return false;
    for (let at = scope; at !== undefined; at = at.outer) {
      for (const table of at.tables) {
        const candidate = this.#candidates.get(table);
        if (candidate === undefined || !this.#wanted.has(table)) continue;
        if (isSame(candidate.alias, name) && !this.#hasColumn(candidate, table, name)) return true;
      }
    }
    return false;
  }

  #hasColumn({ index }: Candidate, { columnAliases }: ScopeTable, name: string): boolean {
    const relation = this.#input.bound[index]?.relation;
    if (relation?.kind !== 'table') return false;
    const names = relation.table.snapshot.schema.fields.map((field) => field.name);
    return names.some((column, at) => isSame(columnAliases[at] ?? column, name));
  }

  starEdits(): readonly TextEdit[] {
    return this.#scopes.stars.flatMap((star) => this.#editsOf(star));
  }

  #editsOf(star: ScopeStar): readonly TextEdit[] {
    const { scope, relation, byteOffset } = star;
    if (star.isAround) return [];
    const hidden = scope.starTables
      .filter((table) => this.#wanted.has(table))
      .map((table) => this.#candidates.get(table)?.alias ?? '')
      .filter((alias) => relation === '' || isSame(alias, relation));
    if (hidden.length === 0) return [];
    const { refusal } = this.#input;
    if (star.isByName) {
      const hint = 'Take the columns of a subquery: COLUMNS over SELECT * FROM (...).';
      throw refusal(byteOffset, 'COLUMNS with a pattern or list', hint);
    }
    const list = hidden
      .map((alias) => `${quoteIdentifier(alias)}.${quoteIdentifier(metadataColumn)}`)
      .join(', ');
    const edits = byteOffset === 0 ? this.#unwritten(scope, list) : this.#written(star, list);
    if (edits !== undefined) return edits;
    const hint = 'Write SELECT * and what it is taken from in full.';
    throw refusal(
      byteOffset ?? scope.firstByteOffset,
      'columns that no * in the text stands for',
      hint,
    );
  }

  /** `* EXCLUDE (...)`, or more names in the EXCLUDE that is there; `undefined` for no star. */
  #written({ byteOffset, hasExclude }: ScopeStar, list: string): readonly TextEdit[] | undefined {
    const { tokens, offsets } = this.#input;
    const first =
      byteOffset === undefined ? undefined : tokenIndexAt(tokens, offsets.toUtf16(byteOffset));
    if (first === undefined) return undefined;
    // `t.*`, `COLUMNS(*)`, `COLUMNS(t.* EXCLUDE (a))`
    let at = first;
    while (isName(tokens[at]) || isOperator(tokens[at], '.') || isOperator(tokens[at], '(')) at++;
    const [star, exclude, open] = [tokens[at], tokens[at + 1], tokens[at + 2]];
    if (star === undefined || !isOperator(star, '*')) return undefined;
    if (!hasExclude) return [insertion(star.end, ` EXCLUDE (${list})`)];
    if (!isWord(exclude, 'exclude') || open === undefined) return undefined;
    if (isOperator(open, '(')) return [insertion(open.end, `${list}, `)];
    const name = readTableName(tokens, at + 2);
    const end = name === undefined ? undefined : tokens[name.next - 1]?.end;
    if (end === undefined) return undefined;
    return [insertion(open.start, `(${list}, `), insertion(end, ')')];
  }

  /** The star that is not there in `FROM t` and `TABLE t`. */
  #unwritten({ firstByteOffset }: Scope, list: string): readonly TextEdit[] | undefined {
    const { tokens, offsets } = this.#input;
    if (firstByteOffset === undefined) return undefined;
    let at = tokenIndexAt(tokens, offsets.toUtf16(firstByteOffset));
    if (at === undefined) return undefined;
    at--;
    // `FROM a: t`
    if (isOperator(tokens[at], ':')) at -= 2;
    while (isOperator(tokens[at], '(')) at--;
    const word = tokens[at];
    if (word === undefined) return undefined;
    const select = `SELECT * EXCLUDE (${list})`;
    if (isWord(word, 'from')) return [insertion(word.start, `${select} `)];
    if (!isWord(word, 'table')) return undefined;
    return [{ start: word.start, end: word.end, text: `${select} FROM` }];
  }
}

/** Whether the reference's own columns leave the name free. */
function canHide({ relation }: BoundReference, { columnAliases }: ScopeTable): boolean {
  if (relation.kind !== 'table') return false;
  const { fields } = relation.table.snapshot.schema;
  const names = fields.map(({ name }, at) => columnAliases[at] ?? name);
  // With more names than columns DuckDB must find fault, and not name the hidden one.
  return columnAliases.length <= fields.length && !names.some(isMetadata);
}

/** With a field that there is none of all are given, so that DuckDB's error can name them. */
function fieldsAsked(
  all: readonly MetadataField[],
  asked: ReadonlySet<string> | undefined,
): readonly MetadataField[] {
  if (asked === undefined) return all;
  const fields = all.filter(({ name }) => asked.has(name));
  return fields.length === asked.size ? fields : all;
}

function insertion(at: number, text: string): TextEdit {
  return { start: at, end: at, text };
}

function isMetadata(name: string): boolean {
  return isSame(name, metadataColumn);
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
