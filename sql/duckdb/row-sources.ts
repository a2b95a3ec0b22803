/**
 * Rows that JavaScript makes, as a table of DuckDB: `FROM __levee_rows('<id>')` asks a `RowSource`
 * for its next rows whenever DuckDB wants some. The call runs on the main thread while DuckDB's
 * waits; nothing is held but the rows under way.
 *
 * The name begins with `__levee`, which no client may call (`bind/function-allow-list.ts`), and a
 * source is known by a random id for as long as it is read.
 */
import { randomUUID } from 'node:crypto';
import duckdb from '@duckdb/node-bindings';
import { DuckDBTableFunction, VARCHAR, type DuckDBConnection } from '@duckdb/node-api';
import { CodedError } from '../../catalog/coded-error.ts';
import type { RowSource } from '../../catalog/ports.ts';
import { quoteString } from '../quote.ts';
import { raisedText } from '../raise.ts';
import { vectorType, writeVector } from './vector-writer.ts';

const functionName = '__levee_rows';

export class RowSources {
  readonly #sources = new Map<string, RowSource>();

  /** Registers the function in the whole instance. */
  register(connection: DuckDBConnection): void {
    const definition = DuckDBTableFunction.create({
      name: functionName,
      parameterTypes: [VARCHAR],
      bindFunction: (info) => {
        const source = this.#sources.get(String(info.getParameter(0)));
        if (source === undefined) {
          info.setError('There are no such rows.');
          return;
        }
        for (const { name, type } of source.schema.fields) {
          info.addResultColumn(name, vectorType(type));
        }
        info.setBindData(source);
      },
      initFunction: () => undefined,
      mainFunction: (info, output) => {
        try {
          fillChunk(output.chunk, info.getBindData() as RowSource);
        } catch (failure) {
          const error =
            failure instanceof CodedError
              ? failure
              : new CodedError('INTERNAL_ERROR', 'Making rows failed.', { cause: failure });
          info.setError(raisedText(error.code, error.message));
        }
      },
    });
    try {
      connection.registerTableFunction(definition);
    } finally {
      definition.destroySync();
    }
  }

  /** Runs `use` with SQL that reads the rows, once and in order. */
  async reading<T>(rows: RowSource, use: (table: string) => Promise<T>): Promise<T> {
    const id = randomUUID();
    this.#sources.set(id, rows);
    try {
      return await use(`${functionName}(${quoteString(id)})`);
    } finally {
      this.#sources.delete(id);
    }
  }
}

function fillChunk(chunk: duckdb.DataChunk, source: RowSource): void {
  const batch = source.next(duckdb.vector_size());
  duckdb.data_chunk_set_size(chunk, batch?.rowCount ?? 0);
  if (batch === undefined) return;
  for (const [i, field] of source.schema.fields.entries()) {
    const column = batch.columns[i];
    if (column?.length !== batch.rowCount) {
      throw new CodedError('INTERNAL_ERROR', `Rows came without all of column "${field.name}".`);
    }
    writeVector(duckdb.data_chunk_get_vector(chunk, i), column, field.type);
  }
}
