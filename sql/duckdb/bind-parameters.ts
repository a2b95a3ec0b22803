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
 * INVALID_PARAMETER_VALUE for a value too many or one that would lose digits.
 */
export function bindParameters(prepared: DuckDBPreparedStatement, parameters: Parameters): void {
  const count = prepared.parameterCount;
  const byPosition = isPositional(parameters);
  const given = byPosition ? parameters.length : Object.keys(parameters).length;
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
  if (given > count) {
    throw new CodedError(
      'INVALID_PARAMETER_VALUE',
      `The statement has ${count} parameters, but ${given} values were given.`,
    );
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

function typedValue(name: string, value: ParameterValue): { value: DuckDBValue; type: DuckDBType } {
  if (value === null) return { value, type: SQLNULL };
  switch (typeof value) {
    case 'boolean':
      return { value, type: BOOLEAN };
    case 'string':
      return { value, type: VARCHAR };
    case 'bigint':
      if (value <= int64Max && value >= -int64Max - 1n) return { value, type: BIGINT };
      if (value <= int128Max && value >= -int128Max - 1n) return { value, type: HUGEINT };
      throw new CodedError(
        'INVALID_PARAMETER_VALUE',
        `The value of parameter ${name} does not fit in 128 bits.`,
      );
    case 'number':
      if (!Number.isInteger(value)) return { value, type: DOUBLE };
      if (Math.abs(value) <= int32Max) return { value, type: INTEGER };
      if (Number.isSafeInteger(value)) return { value: BigInt(value), type: BIGINT };
      throw new CodedError(
        'INVALID_PARAMETER_VALUE',
        `The value of parameter ${name} is a whole number beyond 2^53, which JSON numbers do not hold exactly.`,
        { hint: 'Send it as a string.' },
      );
  }
}
