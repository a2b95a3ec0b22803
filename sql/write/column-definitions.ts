/**
 * The columns of a CREATE TABLE -> fields of a schema: with their defaults, generation expressions and
 * identities in the metadata, where every engine looks for them. The expressions are kept as Spark's
 * SQL, and must be ones that Levee evaluates itself: a table that it could not write is not made.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, JsonValue, StructField } from '../../catalog/data-type.ts';
import type { Protocol } from '../../catalog/log/actions.ts';
import { supportsFeature } from '../../catalog/log/protocol.ts';
import { errorAt } from '../errors.ts';
import type { CheckConstraint, ColumnDefinition, CreateTable } from '../parse/statement.ts';
import type { Dialect } from '../parse/dialect.ts';
import { sliceText, type SourceSlice } from '../parse/source-slice.ts';
import { tokenize } from '../parse/tokenize.ts';
import { typeName } from '../types.ts';
import { defaultValueSql } from './column-defaults.ts';
import { generatedValueSql } from './generated-columns.ts';
import { identityOf } from './identity-columns.ts';

/** Throws what is wrong with a column's expressions, with the column's place. */
export function fieldsOf(
  definitions: readonly ColumnDefinition[],
  dialect: Dialect,
  text: string,
): readonly StructField[] {
  const fields = definitions.map((definition) => fieldOf(definition, dialect));
  definitions.forEach((definition, index) => {
    const field = fields[index];
    if (field === undefined) return;
    try {
      checkField(definition, field, fields);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      const { code, message, hint, cause } = error;
      throw errorAt(text, definition.start, { code, message, hint, cause });
    }
  });
  return fields;
}

function fieldOf(definition: ColumnDefinition, dialect: Dialect): StructField {
  const { name, type, notNull, comment, defaultValue, generated } = definition;
  const metadata: Record<string, JsonValue> = {};
  if (comment !== undefined) metadata['comment'] = comment;
  if (defaultValue !== undefined) {
    metadata['CURRENT_DEFAULT'] = sparkText(defaultValue, dialect);
  }
  if (generated?.kind === 'expression') {
    metadata['delta.generationExpression'] = sparkText(generated.expression, dialect);
  }
  if (generated?.kind === 'identity') {
    metadata['delta.identity.start'] = jsonNumber(generated.startWith, name);
    metadata['delta.identity.step'] = jsonNumber(generated.incrementBy, name);
    metadata['delta.identity.allowExplicitInsert'] = !generated.always;
  }
  return { name, type, nullable: !notNull, metadata };
}

function checkField(
  { defaultValue, generated }: ColumnDefinition,
  field: StructField,
  fields: readonly StructField[],
): void {
  if (defaultValue !== undefined) defaultValueSql(field);
  if (generated?.kind === 'identity') identityOf(field);
  const text = field.metadata['delta.generationExpression'];
  if (typeof text === 'string') generatedValueSql(field, text, fields);
}

function jsonNumber(value: bigint, column: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new CodedError(
    'INVALID_PARAMETER_VALUE',
    `The identity column "${column}" begins at or goes by ${value}, which is beyond 2^53.`,
  );
}

/** By name, as the properties of the table hold them. */
export function constraintProperties(
  constraints: readonly CheckConstraint[],
  dialect: Dialect,
  text: string,
): { readonly [key: string]: string } {
  const properties = constraints.map(({ name, condition, start }) => {
    if (name === undefined) {
      throw errorAt(text, start, {
        code: 'UNSUPPORTED_FEATURE',
        message: 'A CHECK constraint without a name is not supported.',
        hint: 'Write CONSTRAINT name CHECK (...).',
      });
    }
    return [`delta.constraints.${name.toLowerCase()}`, sparkText(condition, dialect)] as const;
  });
  return Object.fromEntries(properties);
}

/**
 * The text of an expression as the log keeps it. Where the two dialects read a literal differently, it
 * is not taken from one into the other.
 */
export function sparkText(slice: SourceSlice, dialect: Dialect): string {
  const text = sliceText(slice).trim();
  if (dialect === 'spark') return text;
  const differs = tokenize(text, 'duckdb').some(({ kind, start, end }) => {
    const written = text.slice(start, end);
    if (kind === 'quoted') return written.startsWith('"');
    return kind === 'string' && !/^'[^'\\]*'$/.test(written);
  });
  if (!differs) return text;
  throw errorAt(slice.source, slice.start, {
    code: 'UNSUPPORTED_FEATURE',
    message: `The expression ${text} has quotes that mean something else in the Spark dialect, in which tables keep expressions.`,
    hint: 'SET dialect = spark and write it in that dialect.',
  });
}

/** As in Delta, the feature is not taken on for a DEFAULT: it must be asked for. */
export function requireDefaultsAllowed(
  fields: readonly StructField[],
  wanted: readonly string[],
  replaced: Protocol | undefined,
): void {
  const column = fields.find(({ metadata }) => Object.hasOwn(metadata, 'CURRENT_DEFAULT'));
  if (column === undefined || wanted.includes('allowColumnDefaults')) return;
  if (replaced !== undefined && supportsFeature(replaced, 'allowColumnDefaults')) return;
  throw new CodedError(
    'WRONG_COLUMN_DEFAULTS_FOR_DELTA_FEATURE_NOT_ENABLED',
    `The column "${column.name}" cannot have a DEFAULT: the table has not the feature allowColumnDefaults.`,
  );
}

/** The columns that the statement lists must be those that the table at its LOCATION has. */
export function requireSameColumns(
  { columns, location }: Pick<CreateTable, 'columns' | 'location'>,
  fields: readonly StructField[],
): void {
  if (columns === undefined) return;
  const text = (list: readonly { name: string; type: DataType }[]) =>
    list.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ');
  if (text(columns).toLowerCase() === text(fields).toLowerCase()) return;
  throw new CodedError(
    'DELTA_CREATE_TABLE_SCHEME_MISMATCH',
    `The table at ${location ?? 'this place'} has other columns: ${text(fields)}.`,
  );
}
