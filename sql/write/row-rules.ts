/**
 * What a table demands of every row: NOT NULL at any depth, CHECK constraints, column invariants and
 * the lengths of char(n) and varchar(n). A constraint that gives NULL is violated, as in Delta.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#check-constraints
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#column-invariants
 */
import { checkConstraints } from './constraints.ts';
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import { quoteIdentifier, quoteString } from '../quote.ts';
import { raiseSql, type MessagePart } from '../raise.ts';
import type { Expression } from '../spark-expression/expression.ts';
import { forEachColumn } from '../spark-expression/translate-expression.ts';
import { storedExpression } from './stored-expression.ts';
import type { WriteTarget } from './write-target.ts';

export interface RowRule {
  /** An expression over the table's columns; the row is good when it is true. */
  readonly holds: string;
  /** What a row that is not good does: an expression that fails. */
  readonly failure: string;
}

/** Throws UNSUPPORTED_FEATURE for a rule that is not understood, naming it. */
export function rowRules(target: WriteTarget): readonly RowRule[] {
  const { fields } = target.schema;
  return [
    ...fields.flatMap((field) => notNullRules(field)),
    ...fields.flatMap((field) => lengthRules(field)),
    ...fields.flatMap((field) => invariantRules(field, fields)),
    ...constraintRules(target),
  ];
}

function notNullRules(field: StructField): readonly RowRule[] {
  const sql = quoteIdentifier(field.name);
  const { path, violation } = firstNull(sql, field.type, [field.name], 0);
  const rules: RowRule[] = [];
  if (!field.nullable) rules.push(notNull(`${sql} IS NOT NULL`, field.name));
  if (violation !== undefined) rules.push(notNull(`NOT coalesce(${violation}, false)`, path));
  return rules;
}

function notNull(holds: string, column: string): RowRule {
  const message = `Column "${column}" is NOT NULL, and the statement gives it NULL.`;
  return { holds, failure: raiseSql('DELTA_NOT_NULL_CONSTRAINT_VIOLATED', message) };
}

interface NestedNull {
  /** True of a value that holds a NULL where none may be; `undefined` where any may be. */
  readonly violation: string | undefined;
  readonly path: string;
}

/** What lies in a value that is NULL itself is not missing. */
function firstNull(
  sql: string,
  type: DataType,
  names: readonly string[],
  depth: number,
): NestedNull {
  const parts = nestedParts(sql, type, depth).flatMap(({ value, name, inner, nullable, wrap }) => {
    const path = [...names, name];
    const deeper = firstNull(value, inner, path, depth + 1);
    const tests = [
      ...(nullable ? [] : [{ test: `${value} IS NULL`, path: path.join('.') }]),
      ...(deeper.violation === undefined ? [] : [{ test: deeper.violation, path: deeper.path }]),
    ];
    return tests.map(({ test, path: where }) => ({ test: wrap(test), path: where }));
  });
  if (parts.length === 0) return { violation: undefined, path: names.join('.') };
  const any = parts.map(({ test }) => `coalesce(${test}, false)`).join(' OR ');
  return {
    violation: `(${sql} IS NOT NULL AND (${any}))`,
    path: [...new Set(parts.map(({ path }) => path))].join('" or "'),
  };
}

interface NestedPart {
  readonly value: string;
  readonly name: string;
  readonly inner: DataType;
  readonly nullable: boolean;
  /** A test of the part -> one of the whole. */
  readonly wrap: (test: string) => string;
}

function nestedParts(sql: string, type: DataType, depth: number): readonly NestedPart[] {
  const element = `__levee_n${depth}`;
  const anyOf = (list: string) => (test: string) =>
    `len(list_filter(${list}, lambda ${element}: coalesce(${test}, false))) > 0`;
  switch (type.kind) {
    case 'struct':
      return type.fields.map((field) => ({
        value: `struct_extract(${sql}, ${quoteString(field.name)})`,
        name: field.name,
        inner: field.type,
        nullable: field.nullable,
        wrap: (test) => test,
      }));
    case 'array': {
      const { elementType: inner, containsNull: nullable } = type;
      return [{ value: element, name: 'element', inner, nullable, wrap: anyOf(sql) }];
    }
    case 'map': {
      const values = anyOf(`map_values(${sql})`);
      const keys = anyOf(`map_keys(${sql})`);
      const { valueType, valueContainsNull: nullable, keyType } = type;
      return [
        // A key is never NULL: DuckDB sees to it.
        { value: element, name: 'key', inner: keyType, nullable: true, wrap: keys },
        { value: element, name: 'value', inner: valueType, nullable, wrap: values },
      ];
    }
    default:
      return [];
  }
}

const lengthKey = '__CHAR_VARCHAR_TYPE_STRING';

function lengthRules(field: StructField): readonly RowRule[] {
  const written = field.metadata[lengthKey];
  if (typeof written !== 'string') return [];
  const length = /^(?:var)?char\(\s*(\d+)\s*\)$/i.exec(written.trim())?.[1];
  if (length === undefined || field.type.kind !== 'string') {
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      `Column "${field.name}" is ${written}: lengths of nested texts are not checked by Levee.`,
    );
  }
  const sql = quoteIdentifier(field.name);
  const failure = raiseSql(
    'DELTA_EXCEED_CHAR_VARCHAR_LIMIT',
    'The value "',
    { sql },
    `" is too long for column "${field.name}" of type ${written}.`,
  );
  return [{ holds: `${sql} IS NULL OR length(${sql}) <= ${length}`, failure }];
}

function invariantRules(field: StructField, fields: readonly StructField[]): readonly RowRule[] {
  refuseNestedInvariants(field);
  const rule = field.metadata['delta.invariants'];
  if (rule === undefined) return [];
  const text = invariantText(rule);
  if (text === undefined) {
    throw new CodedError(
      'DELTA_UNRECOGNIZED_INVARIANT',
      `The invariant of column "${field.name}" is not known: ${JSON.stringify(rule)}.`,
    );
  }
  // The name that Delta gives an invariant.
  return [
    checkRule(`EXPRESSION(${text})`, text, `The invariant of column "${field.name}"`, fields),
  ];
}

/** `{"expression": {"expression": "x > 3"}}`, as text. */
function invariantText(rule: unknown): string | undefined {
  if (typeof rule !== 'string') return undefined;
  try {
    const parsed = JSON.parse(rule) as { readonly expression?: { readonly expression?: unknown } };
    const text = parsed.expression?.expression;
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

/** An invariant of a nested field names it from the top, but whose it is decides nothing here. */
function refuseNestedInvariants(field: StructField): void {
  const inner = nestedFields(field.type).find(({ metadata }) => 'delta.invariants' in metadata);
  if (inner === undefined) return;
  throw new CodedError(
    'UNSUPPORTED_FEATURE',
    `The field "${inner.name}" in column "${field.name}" has an invariant; Levee checks those of columns only.`,
  );
}

function nestedFields(type: DataType): readonly StructField[] {
  switch (type.kind) {
    case 'struct':
      return type.fields.flatMap((field) => [field, ...nestedFields(field.type)]);
    case 'array':
      return nestedFields(type.elementType);
    case 'map':
      return [...nestedFields(type.keyType), ...nestedFields(type.valueType)];
    default:
      return [];
  }
}

function constraintRules({ metadata, schema }: WriteTarget): readonly RowRule[] {
  return checkConstraints(metadata).map(([name, text]) =>
    checkRule(name, text, `The CHECK constraint "${name}"`, schema.fields),
  );
}

function checkRule(
  name: string,
  text: string,
  subject: string,
  fields: readonly StructField[],
): RowRule {
  const { expression, value } = storedExpression(text, subject, { fields, allowClock: false });
  if (value.type.kind !== 'boolean' && value.type.kind !== 'void') {
    throw new CodedError(
      'DELTA_NON_BOOLEAN_CHECK_CONSTRAINT',
      `${subject}, ${text}, is not a condition.`,
    );
  }
  return violationRule(value.sql, `CHECK constraint ${name} (${text})`, expression, fields);
}

/** A rule whose failure shows the values of the columns that it names. */
export function violationRule(
  holds: string,
  subject: string,
  expression: Expression,
  fields: readonly StructField[],
): RowRule {
  const shown = new Set<StructField>();
  forEachColumn(expression, ([first = '']) => {
    const field = fields.find(({ name }) => name.toLowerCase() === first.toLowerCase());
    if (field !== undefined) shown.add(field);
  });
  const sorted = [...shown].sort((a, b) => (a.name < b.name ? -1 : 1));
  const values = sorted.flatMap(({ name }): MessagePart[] => [
    `\n - ${name} : `,
    { sql: quoteIdentifier(name) },
  ]);
  return {
    holds,
    failure: raiseSql(
      'DELTA_VIOLATE_CONSTRAINT_WITH_VALUES',
      `${subject} violated by row with values:`,
      ...values,
    ),
  };
}
