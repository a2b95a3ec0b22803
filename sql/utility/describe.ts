/** `DESCRIBE ...`, with Spark's and Delta's column names. */
import { clusteringColumns, clusteringDomain } from '../../catalog/log/clustering.ts';
import { earliestVersion, type CommitRecord } from '../../catalog/commit-history.ts';
import type { DataType, JsonValue } from '../../catalog/data-type.ts';
import { featuresOf } from '../../catalog/log/protocol-upgrade.ts';
import { catalogName } from '../../catalog/relation.ts';
import { errorAt } from '../errors.ts';
import type {
  DescribeDetail,
  DescribeHistory,
  DescribeQuery,
  DescribeSchema,
  DescribeTable,
} from '../parse/statement.ts';
import { describeQuery } from '../run-query.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import {
  booleanType,
  integerType,
  longType,
  staticResult,
  stringMapType,
  stringsType,
  stringType,
  timestampType,
  type StaticColumn,
  type StaticValue,
} from '../static-result.ts';
import { typeName } from '../types.ts';
import { describedTable, describedTarget, type DescribedTarget } from './described-target.ts';

const columnColumns: readonly StaticColumn[] = [
  { name: 'col_name', type: stringType },
  { name: 'data_type', type: stringType },
  { name: 'comment', type: stringType },
];

export async function describeTable(
  statement: DescribeTable,
  context: StatementContext,
): Promise<StatementResult> {
  const target = await describedTarget(statement.table, context);
  const { column } = statement;
  if (column !== undefined) return describeColumn(target, column, statement.table.start, context);
  const rows: StaticValue[][] = target.columns.map(({ name, type, comment }) => [
    name,
    typeName(type),
    comment,
  ]);
  const partitions = target.columns.filter(({ isPartition }) => isPartition);
  if (partitions.length > 0) {
    rows.push(['# Partition Information', '', ''], ['# col_name', 'data_type', 'comment']);
    rows.push(...partitions.map(({ name, type, comment }) => [name, typeName(type), comment]));
  }
  if (statement.extended)
    rows.push(['', '', ''], ['# Detailed Table Information', '', ''], ...detailRows(target));
  return staticResult(columnColumns, rows, { snapshots: context.pins.snapshots });
}

function detailRows(target: DescribedTarget): StaticValue[][] {
  if (target.kind === 'view') {
    return [
      ['Name', target.name, ''],
      ['Type', target.isTemporary ? 'TEMPORARY VIEW' : 'VIEW', ''],
      ['View Text', target.view.sql, ''],
      ['View Dialect', target.view.dialect, ''],
      ['View Schema', target.view.defaultSchema, ''],
      ['Owner', target.view.owner, ''],
      ['Comment', target.view.comment ?? '', ''],
    ];
  }
  const { metadata, location, version } = target.snapshot;
  return [
    ['Name', target.name, ''],
    ['Type', target.isExternal ? 'EXTERNAL' : 'MANAGED', ''],
    ['Provider', 'delta', ''],
    ['Location', location, ''],
    ['Version', String(version), ''],
    ['Comment', metadata.description ?? '', ''],
    ['Table Properties', JSON.stringify(metadata.configuration), ''],
  ];
}

/** One column, or a field inside it: `DESCRIBE t a.b`. */
function describeColumn(
  target: DescribedTarget,
  path: readonly string[],
  start: number,
  context: StatementContext,
): StatementResult {
  const [first, ...rest] = path;
  const column = target.columns.find(({ name }) => name.toLowerCase() === first?.toLowerCase());
  let type: DataType | undefined = column?.type;
  for (const name of rest) {
    type =
      type?.kind === 'struct'
        ? type.fields.find((f) => f.name.toLowerCase() === name.toLowerCase())?.type
        : undefined;
  }
  if (column === undefined || type === undefined) {
    throw errorAt(context.source, start, {
      code: 'COLUMN_NOT_FOUND',
      message: `${target.name} has no column ${path.join('.')}.`,
      hint: `Its columns are ${target.columns.map(({ name }) => name).join(', ')}.`,
    });
  }
  const rows = [
    ['col_name', path.join('.')],
    ['data_type', typeName(type)],
    ['comment', column.comment ?? 'NULL'],
  ];
  const columns = [
    { name: 'info_name', type: stringType },
    { name: 'info_value', type: stringType },
  ];
  return staticResult(columns, rows, { snapshots: context.pins.snapshots });
}

export async function describeQueryColumns(
  { query }: DescribeQuery,
  context: StatementContext,
): Promise<StatementResult> {
  const columns = await describeQuery(query, context);
  const rows = columns.map(({ name, type }) => [name, typeName(type), null]);
  return staticResult(columnColumns, rows, { snapshots: context.pins.snapshots });
}

export async function describeSchema(
  { schema }: DescribeSchema,
  { services, signal }: StatementContext,
): Promise<StatementResult> {
  const name = await services.catalog.resolveSchema(schema.parts, { signal });
  const schemas = await services.catalog.listSchemas({ signal });
  const comment = schemas.find((entry) => entry.name === name)?.comment;
  const columns = [
    { name: 'info_name', type: stringType },
    { name: 'info_value', type: stringType },
  ];
  return staticResult(columns, [
    ['Catalog Name', catalogName],
    ['Namespace Name', name],
    ['Comment', comment ?? ''],
  ]);
}

const historyColumns: readonly StaticColumn[] = [
  { name: 'version', type: longType },
  { name: 'timestamp', type: timestampType },
  { name: 'userId', type: stringType },
  { name: 'userName', type: stringType },
  { name: 'operation', type: stringType },
  { name: 'operationParameters', type: stringMapType },
  { name: 'readVersion', type: longType },
  { name: 'isolationLevel', type: stringType },
  { name: 'isBlindAppend', type: booleanType },
  { name: 'operationMetrics', type: stringMapType },
  { name: 'userMetadata', type: stringType },
  { name: 'engineInfo', type: stringType },
];

export async function describeHistory(
  { target, limit }: DescribeHistory,
  context: StatementContext,
): Promise<StatementResult> {
  const { snapshot } = await describedTable(target, context);
  const records = await context.services.snapshots.history(snapshot.location, {
    limit,
    signal: context.signal,
  });
  return staticResult(historyColumns, records.map(historyRow), {
    snapshots: context.pins.snapshots,
  });
}

function historyRow({ version, timestampMs, commitInfo }: CommitRecord): StaticValue[] {
  return [
    version,
    BigInt(timestampMs) * 1000n,
    text(commitInfo.userId),
    text(commitInfo.userName),
    text(commitInfo.operation),
    textMap(commitInfo.operationParameters),
    typeof commitInfo.readVersion === 'number' ? commitInfo.readVersion : null,
    text(commitInfo.isolationLevel),
    typeof commitInfo.isBlindAppend === 'boolean' ? commitInfo.isBlindAppend : null,
    textMap(commitInfo.operationMetrics),
    text(commitInfo.userMetadata),
    text(commitInfo.engineInfo),
  ];
}

const detailColumns: readonly StaticColumn[] = [
  { name: 'format', type: stringType },
  { name: 'id', type: stringType },
  { name: 'name', type: stringType },
  { name: 'description', type: stringType },
  { name: 'location', type: stringType },
  { name: 'createdAt', type: timestampType },
  { name: 'lastModified', type: timestampType },
  { name: 'partitionColumns', type: stringsType },
  { name: 'clusteringColumns', type: stringsType },
  { name: 'numFiles', type: longType },
  { name: 'sizeInBytes', type: longType },
  { name: 'properties', type: stringMapType },
  { name: 'minReaderVersion', type: integerType },
  { name: 'minWriterVersion', type: integerType },
  { name: 'tableFeatures', type: stringsType },
  { name: 'earliestVersion', type: longType },
];

export async function describeDetail(
  { target }: DescribeDetail,
  context: StatementContext,
): Promise<StatementResult> {
  const { name, snapshot } = await describedTable(target, context);
  const { services, signal } = context;
  const { metadata, protocol, files, location, timestampMs } = snapshot;
  const row: StaticValue[] = [
    'delta',
    metadata.id,
    name,
    metadata.description ?? null,
    location,
    metadata.createdTime === undefined ? null : BigInt(metadata.createdTime) * 1000n,
    BigInt(timestampMs) * 1000n,
    metadata.partitionColumns,
    clusteringColumns(snapshot.domainMetadata.get(clusteringDomain), location).map((path) =>
      path.join('.'),
    ),
    files.count,
    files.totalBytes,
    new Map(Object.entries(metadata.configuration)),
    protocol.minReaderVersion,
    protocol.minWriterVersion,
    // Those of versions without names as well, as Delta shows them.
    [...featuresOf(protocol)].sort(),
    await earliestVersion(services.store, location, { signal }),
  ];
  return staticResult(detailColumns, [row], { snapshots: context.pins.snapshots });
}

function text(value: JsonValue | undefined): string | null {
  return value === undefined || value === null
    ? null
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}

function textMap(value: JsonValue | undefined): ReadonlyMap<string, string> | null {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value))
    return null;
  return new Map(Object.entries(value).map(([key, item]) => [key, text(item) ?? 'null']));
}
