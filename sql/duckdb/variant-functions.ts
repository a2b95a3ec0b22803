/**
 * Functions of Levee's own in DuckDB, written in JavaScript. Their names begin with `__levee`, which
 * no client may call (`bind/function-allow-list.ts`).
 *
 * DuckDB calls them with 2048 rows at a time; the call runs on the main thread while DuckDB's waits.
 */
import duckdb from '@duckdb/node-bindings';
import { BLOB, DuckDBScalarFunction, type DuckDBConnection } from '@duckdb/node-api';
import { CodedError } from '../../catalog/coded-error.ts';
import { raisedText } from '../raise.ts';
import { VariantColumnBuilder } from '../variant/decode-variant.ts';
import { readVariantKeys, type VariantKeys } from '../variant/variant-keys.ts';
import { readBytes, readValidity } from './raw-vector.ts';
import { writeVariantVector } from './variant-vector.ts';

/** Registers `__levee_variant(metadata BLOB, value BLOB) -> VARIANT` in the whole instance. */
export async function registerVariantFunction(connection: DuckDBConnection): Promise<void> {
  // The type by itself lacks what DuckDB knows of a VARIANT's insides; that of a column has it.
  const result = await connection.run('SELECT NULL::VARIANT');
  const definition = new DuckDBScalarFunction();
  try {
    definition.setName('__levee_variant');
    definition.addParameter(BLOB);
    definition.addParameter(BLOB);
    const { scalar_function: handle } = definition;
    const variant = result.columnLogicalType(0).logical_type;
    duckdb.scalar_function_set_return_type(handle, variant);
    duckdb.scalar_function_set_function(handle, decodeRows);
    connection.registerScalarFunction(definition);
  } finally {
    definition.destroySync();
  }
}

function decodeRows(
  info: duckdb.ScalarFunctionInfo,
  input: duckdb.DataChunk,
  output: duckdb.Vector,
): void {
  try {
    const rowCount = duckdb.data_chunk_get_size(input);
    const metadata = blobs(duckdb.data_chunk_get_vector(input, 0), rowCount);
    const values = blobs(duckdb.data_chunk_get_vector(input, 1), rowCount);
    const builder = new VariantColumnBuilder(rowCount);
    let keys: VariantKeys | undefined;
    for (let row = 0; row < rowCount; row++) {
      const keyBytes = metadata(row);
      const valueBytes = values(row);
      if (keyBytes === undefined || valueBytes === undefined) {
        builder.addNull();
        continue;
      }
      // Rows of one file mostly have the same keys.
      if (keys === undefined || !sameBytes(keys.bytes, keyBytes)) keys = readVariantKeys(keyBytes);
      builder.add(keys, valueBytes);
    }
    writeVariantVector(output, builder.finish());
  } catch (failure) {
    const error =
      failure instanceof CodedError
        ? failure
        : new CodedError('INTERNAL_ERROR', 'The variant decoder failed.', { cause: failure });
    duckdb.scalar_function_set_error(info, raisedText(error.code, error.message));
  }
}

function blobs(vector: duckdb.Vector, rowCount: number): (row: number) => Uint8Array | undefined {
  const validity = readValidity(vector, rowCount);
  const { bytes, offsets } = readBytes(vector, rowCount, validity);
  return (row) =>
    validity !== undefined && ((validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0
      ? undefined
      : bytes.subarray(offsets[row] ?? 0, offsets[row + 1] ?? 0);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || Buffer.compare(a, b) === 0;
}
