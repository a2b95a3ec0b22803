/**
 * The one way to a table's rows: what a statement gives for its columns -> a SELECT that gives all of
 * them, in order, with the values the table computes, and that fails on the first row that breaks a
 * rule of the table. INSERT, COPY INTO, UPDATE, MERGE and CREATE TABLE AS go through it; `stage-rows.ts`
 * takes its result.
 *
 * The checks are part of the list of the outermost SELECT: a condition in WHERE could be moved below a
 * join and fail for rows that are not written.
 */
import { quoteIdentifier } from '../quote.ts';
import { defaultValueSql } from './column-defaults.ts';
import { generatedRule, generatedValueSql, generationExpression } from './generated-columns.ts';
import { identityOf, nextIdentitySql } from './identity-columns.ts';
import { rowRules, type RowRule } from './row-rules.ts';
import type { WriteTarget } from './write-target.ts';

export interface TableRowsInput {
  readonly target: WriteTarget;
  /**
   * By the column's name in the schema: an expression over `from`, of the column's type (see
   * `assignment.ts`). A column without one is computed: by its generation expression, as the next
   * identity value, as its DEFAULT, or NULL.
   */
  readonly values: ReadonlyMap<string, string>;
  /** What follows FROM, WHERE included: `(SELECT ...) AS source(c0, c1)`. */
  readonly from: string;
  /** Columns of the files beside the table's: expressions over `from`. */
  readonly extra?: readonly { readonly name: string; readonly sql: string }[] | undefined;
  /** Rules of the statement, over the table's columns. */
  readonly rules?: readonly RowRule[] | undefined;
  /** What the rows are called in `rules`. */
  readonly alias?: string | undefined;
}

export interface TableRows {
  readonly sql: string;
  /** The identity columns that values were taken of: see `identityHighWaterMarks`. */
  readonly identityColumns: readonly string[];
}

/** Throws UNSUPPORTED_FEATURE for a rule or an expression of the table that is not understood. */
export function tableRows(input: TableRowsInput): TableRows {
  const { target, values, from, extra = [] } = input;
  const { fields } = target.schema;
  const identityColumns: string[] = [];
  const generated = new Map<string, string>();
  const rules: RowRule[] = [];
  const given: string[] = [];
  for (const field of fields) {
    const name = quoteIdentifier(field.name);
    const value = values.get(field.name);
    const expression = generationExpression(field);
    if (expression !== undefined) {
      if (value === undefined) {
        generated.set(field.name, generatedValueSql(field, expression, fields));
        continue;
      }
      rules.push(generatedRule(field, expression, fields));
    }
    if (value !== undefined) {
      given.push(`${value} AS ${name}`);
      continue;
    }
    const identity = identityOf(field);
    if (identity !== undefined) identityColumns.push(field.name);
    const computed = identity === undefined ? defaultValueSql(field) : nextIdentitySql(identity);
    given.push(`${computed} AS ${name}`);
  }
  const extraNames = extra.map(({ name }) => quoteIdentifier(name));
  const list = [...given, ...extra.map(({ name, sql }) => `${sql} AS ${quoteIdentifier(name)}`)];
  let sql = `SELECT ${list.join(', ')} FROM ${from}`;
  if (generated.size > 0) {
    const all = fields.map(({ name }) => {
      const value = generated.get(name);
      const quoted = quoteIdentifier(name);
      return value === undefined ? quoted : `${value} AS ${quoted}`;
    });
    sql = `SELECT ${[...all, ...extraNames].join(', ')} FROM (${sql}) AS given`;
  }
  const allRules = [...rowRules(target), ...rules, ...(input.rules ?? [])];
  const alias = quoteIdentifier(input.alias ?? 'checked');
  return {
    sql: checkedSql(`(${sql}) AS ${alias}`, sql, target, extraNames, allRules),
    identityColumns,
  };
}

function checkedSql(
  from: string,
  rows: string,
  { schema }: WriteTarget,
  extraNames: readonly string[],
  rules: readonly RowRule[],
): string {
  const [first = '', ...rest] = schema.fields.map(({ name }) => quoteIdentifier(name));
  if (rules.length === 0) return rows;
  const whens = rules.map(
    ({ holds, failure }) => `WHEN NOT coalesce(${holds}, false) THEN ${failure}`,
  );
  const checked = `CASE ${whens.join(' ')} ELSE ${first} END AS ${first}`;
  return `SELECT ${[checked, ...rest, ...extraNames].join(', ')} FROM ${from}`;
}
