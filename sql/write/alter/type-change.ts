/**
 * ALTER COLUMN ... TYPE: which changes of a type Delta's type widening allows, and what refuses the
 * others. Pure. https://github.com/delta-io/delta/blob/master/PROTOCOL.md#type-widening
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { DataType, JsonValue, StructField } from '../../../catalog/data-type.ts';
import { isSameType } from '../../spark-expression/spark-cast.ts';
import { typeName } from '../../types.ts';
import { editType } from './schema-edit.ts';

const integers = ['byte', 'short', 'integer', 'long'];
const numbers = [...integers, 'float', 'double'];

/** @throws NOT_SUPPORTED_CHANGE_COLUMN, DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP */
export function changeType(
  field: StructField,
  inner: readonly string[],
  to: DataType,
  widens: boolean,
): StructField {
  let change: { readonly [key: string]: JsonValue } | undefined;
  const type = editType(field.type, inner, (from) => {
    if (areEqual(from, to)) return from;
    requireWidening(from, to, [field.name, ...inner].join('.'), widens);
    change = {
      fromType: jsonName(from),
      toType: jsonName(to),
      ...(inner.length === 0 ? {} : { fieldPath: inner.join('.') }),
    };
    return to;
  });
  if (change === undefined) return field;
  const before = field.metadata['delta.typeChanges'];
  const recorded = [...(Array.isArray(before) ? (before as readonly JsonValue[]) : []), change];
  return { ...field, type, metadata: { ...field.metadata, 'delta.typeChanges': recorded } };
}

/** Also of nested types, whose NOT NULLs count. */
export function areEqual(a: DataType, b: DataType): boolean {
  if (isSameType(a, b)) return true;
  if (a.kind === 'struct' && b.kind === 'struct') {
    return (
      a.fields.length === b.fields.length &&
      a.fields.every((field, index) => {
        const other = b.fields[index];
        return (
          other !== undefined &&
          field.name.toLowerCase() === other.name.toLowerCase() &&
          field.nullable === other.nullable &&
          areEqual(field.type, other.type)
        );
      })
    );
  }
  if (a.kind === 'array' && b.kind === 'array') return areEqual(a.elementType, b.elementType);
  if (a.kind === 'map' && b.kind === 'map') {
    return areEqual(a.keyType, b.keyType) && areEqual(a.valueType, b.valueType);
  }
  return false;
}

function requireWidening(from: DataType, to: DataType, column: string, widens: boolean): void {
  const isWidening = isWider(from, to);
  if (isWidening && widens) return;
  const what = `The column "${column}" cannot be changed from ${typeName(from)} to ${typeName(to)}`;
  if (!isWidening && !canUpCast(from, to)) {
    throw new CodedError('NOT_SUPPORTED_CHANGE_COLUMN', `${what}: values could be lost.`);
  }
  throw new CodedError(
    'DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP',
    isWidening ? `${what} without type widening.` : `${what}: type widening does not allow it.`,
    isWidening
      ? { hint: "SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true') first." }
      : { hint: 'Add a column of the new type and copy the values.' },
  );
}

/** The changes that the protocol lists. */
function isWider(from: DataType, to: DataType): boolean {
  const [low, high] = [integers.indexOf(from.kind), integers.indexOf(to.kind)];
  if (low >= 0 && high > low) return true;
  if (to.kind === 'double') return from.kind === 'float' || (low >= 0 && low < 3);
  if (from.kind === 'date') return to.kind === 'timestamp_ntz';
  if (to.kind !== 'decimal') return false;
  const whole = to.precision - to.scale;
  if (low >= 0) return whole >= (from.kind === 'long' ? 20 : 10);
  if (from.kind !== 'decimal') return false;
  return (
    whole >= from.precision - from.scale && to.scale >= from.scale && to.precision > from.precision
  );
}

/** Spark's `canUpCast`, of primitive types. */
function canUpCast(from: DataType, to: DataType): boolean {
  const isNested = [from, to].some(({ kind }) => ['struct', 'array', 'map'].includes(kind));
  if (isNested) return false;
  if (to.kind === 'string') return true;
  const [low, high] = [numbers.indexOf(from.kind), numbers.indexOf(to.kind)];
  if (low >= 0 && high > low) return true;
  if (from.kind === 'date') return to.kind === 'timestamp';
  const times = ['timestamp', 'timestamp_ntz'];
  return times.includes(from.kind) && times.includes(to.kind);
}

function jsonName(type: DataType): string {
  return type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind;
}
