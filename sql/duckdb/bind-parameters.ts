/** Values of a request -> the parameters of a prepared statement. */
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  HUGEINT,
  INTEGER,
  SQLNULL,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { CodedError } from '../../catalog/coded-error.ts';
import { namePositions, positionNamed } from '../parse/sparse-parameters.ts';
import type { Parameters, ParameterValue } from '../sql-engine.ts';

const int32Max = 2 ** 31 - 1;
const int64Max = 2n ** 63n - 1n;
const int128Max = 2n ** 127n - 1n;

/**
 * Prepares a statement and binds every parameter of it; nothing is bound where there are no values.
 * Destroy the statement when done. Throws what DuckDB says of the statement, UNBOUND_SQL_PARAMETER
 * when a parameter has no value, and INVALID_PARAMETER_VALUE for a value that would lose digits.
 */
export async function prepareBound(
  connection: DuckDBConnection,
  sql: string,
  parameters: Parameters | undefined,
): Promise<DuckDBPreparedStatement> {
  const prepared = await connection.prepare(sql);
  if (parameters === undefined) return prepared;
  if (isPositional(parameters) && isSparse(prepared)) {
    prepared.destroySync();
    const named = await connection.prepare(namePositions(sql));
    return bound(named, (name) => {
      const position = positionNamed(name);
      return { shown: `$${position}`, value: parameters[position - 1] };
    });
  }
  return bound(prepared, (name) =>
    isPositional(parameters)
      ? { shown: `$${name}`, value: parameters[Number(name) - 1] }
      : { shown: `:${name}`, value: own(parameters, name) },
  );
}

/** Whether positions are missing, of which DuckDB then does not know the names either. */
function isSparse(prepared: DuckDBPreparedStatement): boolean {
  try {
    for (let index = 1; index <= prepared.parameterCount; index++) {
      if (prepared.parameterName(index) !== String(index)) return true;
    }
    return false;
  } catch {
    return true;
  }
}

function bound(
  prepared: DuckDBPreparedStatement,
  valueOf: (name: string) => {
    readonly shown: string;
    readonly value: ParameterValue | undefined;
  },
): DuckDBPreparedStatement {
  try {
    for (let index = 1; index <= prepared.parameterCount; index++) {
      const { shown, value } = valueOf(prepared.parameterName(index));
      if (value === undefined) {
        throw new CodedError('UNBOUND_SQL_PARAMETER', `The parameter ${shown} has no value.`);
      }
      const typed = typedValue(shown, value);
      prepared.bindValue(index, typed.value, typed.type);
    }
    return prepared;
  } catch (error) {
    prepared.destroySync();
    throw error;
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
