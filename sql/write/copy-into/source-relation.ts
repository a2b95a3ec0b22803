/**
 * Files to load -> a SELECT over them in DuckDB's dialect. No value is changed on the way: texts of CSV
 * files, and JSON values for the table's columns, stay texts until they are assigned to a column, which
 * refuses what does not fit.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { DataType } from '../../../catalog/data-type.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import { quoteFileName, quoteString } from '../../quote.ts';
import type { StatementContext } from '../../statement-context.ts';
import { findField } from '../insert-columns.ts';
import type { SourceFormat } from './source-format.ts';
import type { SourceFile } from './source-files.ts';

/** A format that no text has: strings that look like dates stay strings. */
const noFormat = '%Y%%levee';

export async function sourceRelationSql(
  files: readonly SourceFile[],
  format: SourceFormat,
  /** The table, where its columns are read as they are, without a list of expressions. */
  table: Snapshot | undefined,
  context: StatementContext,
): Promise<string> {
  const list = `[${files.map(({ location }) => quoteFileName(location)).join(', ')}]`;
  switch (format.kind) {
    case 'parquet':
      await refuseOldCalendars(files, context);
      return `SELECT * FROM read_parquet(${list}, union_by_name = true, hive_partitioning = false)`;
    case 'csv': {
      const options = [
        `header = ${format.header}`,
        `all_varchar = ${!format.inferSchema}`,
        `delim = ${quoteString(format.delimiter)}`,
        `quote = ${quoteString(format.quote)}`,
        `escape = ${quoteString(format.escape ?? format.quote)}`,
        `nullstr = ${quoteString(format.nullValue)}`,
        'allow_quoted_nulls = false',
        'strict_mode = true',
        // No line is left out, and none is filled up.
        'skip = 0',
        `comment = ''`,
        'null_padding = false',
        'ignore_errors = false',
        'union_by_name = true',
        'hive_partitioning = false',
        'sample_size = -1',
        // What is guessed may be numbers and booleans.
        `dateformat = ${quoteString(noFormat)}`,
        `timestampformat = ${quoteString(noFormat)}`,
        `auto_type_candidates = ['NULL', 'BOOLEAN', 'BIGINT', 'DOUBLE', 'VARCHAR']`,
      ];
      return `SELECT * FROM read_csv(${list}, ${options.join(', ')})`;
    }
    case 'json': {
      const options = [
        `format = '${format.multiLine ? 'auto' : 'newline_delimited'}'`,
        `records = true`,
        'hive_partitioning = false',
      ];
      const guess = [
        ...options,
        'union_by_name = true',
        'sample_size = -1',
        'maximum_depth = -1',
        `dateformat = ${quoteString(noFormat)}`,
        `timestampformat = ${quoteString(noFormat)}`,
      ];
      const guessed = `SELECT * FROM read_json(${list}, ${guess.join(', ')})`;
      if (table === undefined) return guessed;
      const types = await context.services.duckdb.withConnection((connection) =>
        connection.columnTypes(guessed),
      );
      const columns = [...types].map(([name, type]) => {
        const own = findField(table.schema.fields, name)?.type;
        const isPlain = own !== undefined && !nestedKinds.has(own.kind);
        if (isPlain) requireDigits(name, own, type.toString());
        const text = isPlain ? 'VARCHAR' : type.toString();
        return `${quoteString(name)}: ${quoteString(text)}`;
      });
      return `SELECT * FROM read_json(${list}, ${options.join(', ')}, columns = {${columns.join(', ')}})`;
    }
  }
}

/** DuckDB reads a JSON number that is no integer as a DOUBLE, which has some 15 digits. */
function requireDigits(name: string, own: DataType, guessed: string): void {
  const needsMore = own.kind === 'long' || (own.kind === 'decimal' && own.precision > 15);
  if (!needsMore || !/^(DOUBLE|FLOAT|JSON)$/.test(guessed)) return;
  throw new CodedError(
    'UNSUPPORTED_FEATURE',
    `JSON numbers with fractions or exponents cannot fill the column "${name}": they would lose digits.`,
    { hint: 'Write them as strings in the files, or select an expression.' },
  );
}

const nestedKinds: ReadonlySet<string> = new Set(['struct', 'array', 'map', 'variant']);

/** Files of old Spark versions count days before 1582 in another way. */
export async function refuseOldCalendars(
  files: readonly SourceFile[],
  { services, signal }: StatementContext,
): Promise<void> {
  const { fileShapes } = services;
  const unknown = files.filter(({ location }) => fileShapes.shapeOf(location) === undefined);
  await fileShapes.learn(
    unknown.map(({ location }) => ({ location, isRequired: true })),
    signal,
  );
  for (const { location } of files) {
    const shape = fileShapes.shapeOf(location);
    if (shape === undefined) continue;
    const { dates, timestamps } = shape.calendar;
    const hasTimes = [...shape.columns.values()].some(({ typeText }) =>
      /DATE|TIMESTAMP/.test(typeText),
    );
    if (!hasTimes || (dates === 'proleptic' && timestamps === 'proleptic')) continue;
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      `${location} was written with the hybrid calendar of an old version of Spark: it is not taken.`,
    );
  }
}
