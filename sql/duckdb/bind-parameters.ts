/** Values of a request -> the parameters of a prepared statement. */
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  HUGEINT,
  INTEGER,
  SQLNULL,
  VARCHAR,
  type DuckDBPreparedStatement,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { CodedError } from '../../catalog/coded-error.ts';
import type { Parameters, ParameterValue } from '../sql-engine.ts';

const int32Max = 2 ** 31 - 1;
const int64Max = 2n ** 63n - 1n;
const int128Max = 2n ** 127n - 1n;

/**
 * Binds every parameter of the statement. Throws UNBOUND_SQL_PARAMETER when one has no value, and
 * INVALID_PARAMETER_VALUE for a value that would lose digits.
 */
export function bindParameters(prepared: DuckDBPreparedStatement, parameters: Parameters): void {
  const count = prepared.parameterCount;
  const byPosition = isPositional(parameters);
  for (let index = 1; index <= count; index++) {
    const name = prepared.parameterName(index);
    const value = byPosition ? parameters[Number(name) - 1] : own(parameters, name);
    if (value === undefined) {
      throw new CodedError(
        'UNBOUND_SQL_PARAMETER',
        `The parameter ${byPosition ? `$${name}` : `:${name}`} has no value.`,
      );
    }
    const typed = typedValue(name, value);
    prepared.bindValue(index, typed.value, typed.type);
  }
}

function isPositional(parameters: Parameters): parameters is readonly ParameterValue[] {
  return Array.isArray(parameters);
}

function own(
  values: { readonly [name: string]: ParameterValue },
  name: string,
): ParameterValue | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

interface TypedValue {
  readonly value: DuckDBValue;
  readonly type: DuckDBType;
}

function typedValue(name: string, value: ParameterValue): TypedValue {
  if (value === null) return { value, type: SQLNULL };
  if (typeof value === 'boolean') return { value, type: BOOLEAN };
  if (typeof value === 'string') return { value, type: VARCHAR };
  return typeof value === 'bigint' ? typedBigInt(name, value) : typedNumber(name, value);
}

function typedBigInt(name: string, value: bigint): TypedValue {
  if (value <= int64Max && value >= -int64Max - 1n) return { value, type: BIGINT };
  if (value <= int128Max && value >= -int128Max - 1n) return { value, type: HUGEINT };
  throw new CodedError(
    'INVALID_PARAMETER_VALUE',
    `The value of parameter ${name} does not fit in 128 bits.`,
  );
}

function typedNumber(name: string, value: number): TypedValue {
  if (!Number.isInteger(value)) return { value, type: DOUBLE };
  if (Math.abs(value) <= int32Max) return { value, type: INTEGER };
  if (Number.isSafeInteger(value)) return { value: BigInt(value), type: BIGINT };
  throw new CodedError(
    'INVALID_PARAMETER_VALUE',
    `The value of parameter ${name} is a whole number beyond 2^53, which JSON numbers do not hold exactly.`,
    { hint: 'Send it as a string.' },
  );
}
