/**
 * Which column of a query an INSERT writes to which column of the table: by name, by the statement's
 * list, or by position; and the table's columns as they will be, where the statement may add some.
 */
import type { CodedError } from '../../catalog/coded-error.ts';
import { didYouMean } from '../../catalog/closest-name.ts';
import type { StructField } from '../../catalog/data-type.ts';
import type { NewId } from '../../catalog/ports.ts';
import { errorAt } from '../errors.ts';
import type { Insert } from '../parse/statement.ts';
import type { ResultColumn } from '../sql-engine.ts';
import { evolveSchema, type EvolvedTable } from './evolve-schema.ts';
import { generationExpression } from './generated-columns.ts';
import { hasDefault } from './column-defaults.ts';
import { identityOf } from './identity-columns.ts';
import type { WriteTarget } from './write-target.ts';

export interface InsertedColumns {
  /** The table as it will be. */
  readonly table: EvolvedTable;
  /** By the name of the table's column: the index of the query's. */
  readonly sources: ReadonlyMap<string, number>;
}

export interface InsertColumnsInput {
  readonly statement: Insert;
  /** The whole text of the statement, for positions. */
  readonly text: string;
  readonly target: WriteTarget;
  readonly columns: readonly ResultColumn[];
  /** Columns of the table that PARTITION gives a value, by their name in the schema. */
  readonly fixed: ReadonlySet<string>;
  /** Indexes of the query's columns that hold nothing but DEFAULT. */
  readonly defaulted: ReadonlySet<number>;
  readonly evolves: boolean;
  readonly newId: NewId;
}

/**
 * Throws DELTA_INSERT_COLUMN_ARITY_MISMATCH, INSERT_COLUMN_ARITY_MISMATCH, DELTA_METADATA_MISMATCH,
 * COLUMN_NOT_FOUND, COLUMN_ALREADY_EXISTS, DELTA_MISSING_NOT_NULL_COLUMN_VALUE,
 * DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED, and what `evolveSchema` throws.
 */
export function insertColumns(input: InsertColumnsInput): InsertedColumns {
  const { target, columns, statement, evolves, newId } = input;
  const names = namesOf(input);
  const incoming = columns.map(({ type }, index) => ({ name: names[index] ?? '', type }));
  refuseTwice(incoming, input);
  const known = { schema: target.schema, metadata: target.metadata, isChanged: false };
  const table = evolves ? evolveSchema(target, incoming, newId) : known;
  const sources = new Map<string, number>();
  incoming.forEach(({ name }, index) => {
    const field = findField(table.schema.fields, name);
    if (field === undefined) throw unknownColumn(name, input);
    if (input.fixed.has(field.name)) {
      throw errorAt(input.text, statement.target.start, {
        code: 'COLUMN_ALREADY_EXISTS',
        message: `The column "${field.name}" is given by PARTITION and by the query.`,
      });
    }
    if (input.defaulted.has(index) && isComputed(field)) return;
    refuseExplicitIdentity(field, input);
    sources.set(field.name, index);
  });
  refuseMissing(table.schema.fields, sources, input);
  return { table, sources };
}

/** The column of the table that each column of the query is for. */
function namesOf(input: InsertColumnsInput): readonly string[] {
  const { statement, target, columns, fixed, evolves } = input;
  if (statement.byName) return columns.map(({ name }) => name);
  const listed = statement.columns;
  if (listed !== undefined) {
    if (listed.length === columns.length) return listed;
    throw errorAt(input.text, statement.target.start, {
      code: 'INSERT_COLUMN_ARITY_MISMATCH',
      message: `The statement lists ${listed.length} columns, but its query gives ${columns.length}.`,
      hint: `The columns are ${listed.join(', ')}.`,
    });
  }
  const own = target.schema.fields.map(({ name }) => name).filter((name) => !fixed.has(name));
  if (own.length === columns.length) return own;
  if (evolves && columns.length > own.length) {
    return columns.map(({ name }, index) => own[index] ?? name);
  }
  throw errorAt(input.text, statement.target.start, {
    code: 'DELTA_INSERT_COLUMN_ARITY_MISMATCH',
    message: `The table has ${own.length} columns to write, but the query gives ${columns.length}.`,
    hint: `The columns are ${own.join(', ')}.`,
  });
}

function refuseTwice(
  incoming: readonly { readonly name: string }[],
  { text, statement }: InsertColumnsInput,
): void {
  const seen = new Set<string>();
  for (const { name } of incoming) {
    if (seen.has(name.toLowerCase())) {
      throw errorAt(text, statement.target.start, {
        code: 'COLUMN_ALREADY_EXISTS',
        message: `The column "${name}" is given twice.`,
      });
    }
    seen.add(name.toLowerCase());
  }
}

function unknownColumn(name: string, { statement, text, target }: InsertColumnsInput): CodedError {
  const isListed = statement.columns !== undefined;
  return errorAt(text, statement.target.start, {
    code: isListed ? 'COLUMN_NOT_FOUND' : 'DELTA_METADATA_MISMATCH',
    message: `The table has no column "${name}".`,
    hint: didYouMean(
      name,
      target.schema.fields.map((field) => field.name),
    ),
  });
}

/** Columns whose DEFAULT is what the table computes. */
function isComputed(field: StructField): boolean {
  return generationExpression(field) !== undefined || identityOf(field) !== undefined;
}

function refuseExplicitIdentity(field: StructField, { text, statement }: InsertColumnsInput): void {
  const identity = identityOf(field);
  if (identity === undefined || identity.allowsExplicit) return;
  throw errorAt(text, statement.target.start, {
    code: 'DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED',
    message: `The column "${field.name}" is GENERATED ALWAYS AS IDENTITY: its values cannot be given.`,
  });
}

function refuseMissing(
  fields: readonly StructField[],
  sources: ReadonlyMap<string, number>,
  { text, statement, fixed }: InsertColumnsInput,
): void {
  const missing = fields.find(
    (field) =>
      !field.nullable &&
      !sources.has(field.name) &&
      !fixed.has(field.name) &&
      !hasDefault(field) &&
      !isComputed(field),
  );
  if (missing === undefined) return;
  throw errorAt(text, statement.target.start, {
    code: 'DELTA_MISSING_NOT_NULL_COLUMN_VALUE',
    message: `Column "${missing.name}" is NOT NULL, and the statement gives it no value.`,
  });
}

export function findField(fields: readonly StructField[], name: string): StructField | undefined {
  return fields.find((field) => field.name.toLowerCase() === name.toLowerCase());
}
