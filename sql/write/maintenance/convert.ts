/**
 * ``CONVERT TO DELTA parquet.`path` ``: a folder of Parquet files becomes a Delta table; its files stay
 * where and as they are, and version 0 lists them.
 *
 * 1. A column has one type in all files, and one that the table can have as it is: nothing is cast, and
 *    a file that would need it keeps the folder from being converted.
 * 2. Partition columns are named by the statement, and every file's folders give all of them, in order.
 * 3. What looks like data and is no Parquet file is not passed over.
 *
 * Source: ConvertToDeltaCommand.scala of Delta.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { StructField, StructType } from '../../../catalog/data-type.ts';
import type { AddFile, Metadata, PartitionValues } from '../../../catalog/log/actions.ts';
import { encodePath } from '../../../catalog/log/file-path.ts';
import {
  formatPartitionValue,
  parsePartitionValue,
} from '../../../catalog/log/partition-values.ts';
import { checkWritable, enforcedFeatures } from '../../../catalog/log/protocol.ts';
import { protocolFor } from '../../../catalog/log/protocol-upgrade.ts';
import { serializeSchema } from '../../../catalog/log/schema.ts';
import { errorAt, positionAt } from '../../errors.ts';
import type { ConvertToDelta } from '../../parse/statement.ts';
import { quoteFileName } from '../../quote.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { emptyResult } from '../../static-result.ts';
import { duckdbType, typeName } from '../../types.ts';
import { fieldsOf } from '../column-definitions.ts';
import { sourceFiles } from '../copy-into/source-files.ts';
import { refuseOldCalendars } from '../copy-into/source-relation.ts';
import { fileStatsJson, reportedPath } from '../file-stats-json.ts';
import { dataFields, partitionFields, type WriteTarget } from '../write-target.ts';
import { boundedColumns, reportedOf, statisticsSql } from './analyze.ts';

/** Files whose rows one query looks at for their statistics. */
const filesAtOnceMax = 200;

export async function convertToDelta(
  statement: ConvertToDelta,
  context: StatementContext,
): Promise<StatementResult> {
  const { source } = context;
  const { parts, start } = statement.source;
  const [format, path] = parts;
  if (parts.length !== 2 || format?.toLowerCase() !== 'parquet' || path === undefined) {
    throw errorAt(source, start, {
      code: 'DELTA_CONVERT_NON_PARQUET_TABLE',
      message: `CONVERT TO DELTA takes a folder of Parquet files, and not ${parts.join('.')}.`,
    });
  }
  try {
    await convert(statement, path, context);
    return emptyResult();
  } catch (error) {
    throw error instanceof CodedError ? error.at(positionAt(source, start)) : error;
  }
}

async function convert(
  statement: ConvertToDelta,
  path: string,
  context: StatementContext,
): Promise<void> {
  const { services, signal, session, source } = context;
  const location = await services.catalog.checkLocation(path);
  // As Delta does: there is nothing to convert any more.
  if (await services.catalog.isTable(location, { signal })) return;
  const partitions = fieldsOf(statement.partitionedBy, session.dialect, source);
  const files = await sourceFiles(
    { path, pathStart: statement.source.start, files: undefined, pattern: undefined },
    true,
    context,
  );
  const locations = files.map((file) => file.location);
  const strange = locations.find(
    (file) => !file.startsWith(`${location}/`) || !/\.parq(uet)?$/i.test(file),
  );
  if (strange !== undefined || locations.length === 0) {
    throw refused(
      strange === undefined ? 'there are no files' : `${strange} is no Parquet file of it`,
      location,
    );
  }
  await refuseOldCalendars(files, context);
  const target = await newTarget(location, locations, partitions, context);
  const adds: AddFile[] = [];
  for (const file of locations) {
    const stored = await services.store.stat(file, { signal });
    if (stored === undefined) throw refused(`${file} is gone`, location);
    const relative = file.slice(location.length + 1);
    adds.push({
      kind: 'add',
      path: encodePath(relative),
      partitionValues: partitionValues(relative, target),
      size: stored.sizeBytes,
      modificationTime: Math.round(stored.modifiedMs),
      dataChange: true,
    });
  }
  const listed = statement.noStatistics
    ? adds
    : await withStatistics(adds, locations, target, context);
  const transaction = services.transactions.beginNew(location);
  transaction.setMetadata(target.metadata);
  transaction.setProtocol(target.protocol);
  transaction.enforces(enforcedFeatures);
  transaction.add(listed);
  await transaction.commit(
    {
      operation: 'CONVERT',
      operationParameters: {
        numFiles: String(adds.length),
        partitionedBy: JSON.stringify(target.metadata.partitionColumns),
        collectStats: String(!statement.noStatistics),
        sourceFormat: 'parquet',
      },
      operationMetrics: { numConvertedFiles: String(adds.length) },
    },
    signal,
  );
}

/** The table with the columns of all files, and those that folders give behind them. */
async function newTarget(
  location: string,
  files: readonly string[],
  partitions: readonly StructField[],
  { services }: StatementContext,
): Promise<WriteTarget> {
  const list = `[${files.map(quoteFileName).join(', ')}]`;
  const columns = await services.duckdb.withConnection((connection) =>
    connection.describe(
      `SELECT * FROM read_parquet(${list}, union_by_name = true, hive_partitioning = false)`,
      undefined,
    ),
  );
  const data = columns.map(({ name, type }): StructField => ({
    name,
    type,
    nullable: true,
    metadata: {},
  }));
  for (const { name, type } of data) {
    if (partitions.some((one) => one.name.toLowerCase() === name.toLowerCase())) {
      throw refused(`the partition column "${name}" is in the files as well`, location);
    }
    if (/[ ,;{}()\n\t=]/.test(name)) {
      throw new CodedError(
        'DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES',
        `The column name "${name}" has a character that columns of Delta tables cannot have.`,
      );
    }
    // INT96 and texts of local times look alike to the reader of footers.
    if (/timestamp_ntz|variant|void/.test(JSON.stringify(type))) {
      throw refused(`the column "${name}" is of type ${typeName(type)}`, location);
    }
  }
  requireOneType(data, files, location, services.fileShapes);
  const schema: StructType = { kind: 'struct', fields: [...data, ...partitions] };
  const metadata: Metadata = {
    kind: 'metaData',
    id: services.newId(),
    format: { provider: 'parquet', options: {} },
    schemaString: serializeSchema(schema),
    partitionColumns: partitions.map(({ name }) => name),
    createdTime: services.clock.nowMs(),
    configuration: {},
  };
  const protocol = protocolFor(undefined, metadata, schema);
  const target: WriteTarget = { location, protocol, metadata, schema };
  checkWritable(location, protocol, metadata, schema, enforcedFeatures);
  partitionFields(target);
  return target;
}

/** Files with another type for a column would have to be cast by every reader, in its own way. */
function requireOneType(
  fields: readonly StructField[],
  files: readonly string[],
  location: string,
  shapes: StatementContext['services']['fileShapes'],
): void {
  const types = new Map(fields.map(({ name, type }) => [name, duckdbType(type)]));
  for (const file of files) {
    const shape = shapes.shapeOf(file);
    if (shape === undefined || shape.ambiguousNames.size > 0) {
      throw refused(`${file} has columns of one name`, location);
    }
    for (const [name, { typeText }] of shape.columns) {
      if (types.get(name) === typeText) continue;
      throw refused(
        `the column "${name}" is ${typeText} in ${file}, and ${types.get(name) ?? 'spelled otherwise'} elsewhere or for Delta`,
        location,
      );
    }
  }
}

/** What the folders `a=1/b=x` say, in the spelling of the log. */
function partitionValues(relative: string, target: WriteTarget): PartitionValues {
  const fields = partitionFields(target);
  const folders = relative.split('/').slice(0, -1);
  const wrong = (): CodedError =>
    refused(
      `the folders of ${relative} do not name the partition columns [${fields.map(({ name }) => name).join(', ')}], and no others`,
      target.location,
    );
  const pairs = folders.filter((folder) => folder.includes('='));
  if (pairs.length !== fields.length) throw wrong();
  return Object.fromEntries(
    fields.map((field, index) => {
      const pair = pairs[index] ?? '';
      const at = pair.indexOf('=');
      if (unescaped(pair.slice(0, at)).toLowerCase() !== field.name.toLowerCase()) throw wrong();
      const text = unescaped(pair.slice(at + 1));
      const value = text === '__HIVE_DEFAULT_PARTITION__' || text === '' ? null : text;
      return [field.name, formatPartitionValue(field, parsePartitionValue(field, value))];
    }),
  );
}

/** Hive writes awkward characters of a value as `%2F`. */
function unescaped(text: string): string {
  try {
    return text.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (codes) => decodeURIComponent(codes));
  } catch {
    return text;
  }
}

async function withStatistics(
  adds: readonly AddFile[],
  locations: readonly string[],
  target: WriteTarget,
  { services, signal }: StatementContext,
): Promise<readonly AddFile[]> {
  const columns = boundedColumns(target);
  const fields = dataFields(target);
  const indexed = new Set(columns.map(({ physicalPath }) => reportedPath(physicalPath)));
  const listed: AddFile[] = [];
  for (let start = 0; start < adds.length; start += filesAtOnceMax) {
    const some = locations.slice(start, start + filesAtOnceMax);
    const list = `[${some.map(quoteFileName).join(', ')}]`;
    const rows = await services.duckdb.withConnection((connection) =>
      connection.rows(
        `SELECT file_index, count(*)${statisticsSql(columns)
          .map((item) => `, ${item}`)
          .join('')} ` +
          `FROM read_parquet(${list}, union_by_name = true, hive_partitioning = false) AS t GROUP BY 1`,
        signal,
      ),
    );
    const found = new Map(rows.map((row) => [Number(row[0]), row]));
    for (const [index, add] of adds.slice(start, start + filesAtOnceMax).entries()) {
      const row = found.get(index);
      const stats = fileStatsJson({
        rowCount: Number(row?.[1] ?? 0),
        fields,
        reported: reportedOf(row, columns),
        indexed,
        tightBounds: false,
      });
      listed.push({ ...add, stats });
    }
  }
  return listed;
}

function refused(why: string, location: string): CodedError {
  return new CodedError('UNSUPPORTED_FEATURE', `${location} is not converted: ${why}.`);
}
