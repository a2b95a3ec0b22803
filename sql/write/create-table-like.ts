/**
 * `CREATE TABLE ... LIKE`: a new, empty table with the columns, partitioning, properties and features
 * of another Delta table. Its clustering, and what its columns were called in files, stay behind.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { DataType, StructField } from '../../catalog/data-type.ts';
import type { Metadata } from '../../catalog/log/actions.ts';
import { columnMappingMode } from '../../catalog/log/column-mapping.ts';
import { checkWritable, enforcedFeatures } from '../../catalog/log/protocol.ts';
import { featuresOf, protocolFor } from '../../catalog/log/protocol-upgrade.ts';
import { serializeSchema } from '../../catalog/log/schema.ts';
import { tableProperties } from '../../catalog/log/table-properties.ts';
import { errorAt, positionAt } from '../errors.ts';
import type { CreateTableLike } from '../parse/statement.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { emptyResult } from '../static-result.ts';
import { describedTable } from '../utility/described-target.ts';
import { isKeptProperty, setProperties } from './alter/alter-properties.ts';
import { placeOf, register } from './create-table.ts';
import { mapColumns } from './map-columns.ts';
import type { WriteTarget } from './write-target.ts';

export async function createTableLike(
  statement: CreateTableLike,
  context: StatementContext,
): Promise<StatementResult> {
  if (statement.using !== undefined && statement.using !== 'delta') {
    throw errorAt(context.source, statement.name.start, {
      code: 'UNSUPPORTED_FEATURE',
      message: `A table in the format ${statement.using} is not supported.`,
    });
  }
  try {
    return await create(statement, context);
  } catch (error) {
    throw error instanceof CodedError
      ? error.at(positionAt(context.source, statement.name.start))
      : error;
  }
}

async function create(
  statement: CreateTableLike,
  context: StatementContext,
): Promise<StatementResult> {
  const { services, signal } = context;
  const place = await placeOf({ ...statement, orReplace: false }, context);
  if (place === 'exists') return emptyResult();
  const { snapshot } = await describedTable(statement.source, context);
  const configuration = Object.fromEntries(
    Object.entries(snapshot.metadata.configuration).filter(([key]) => !isKeptProperty(key)),
  );
  const mapsColumns = columnMappingMode(snapshot) !== 'none';
  const plain = snapshot.schema.fields.map(withoutHistory);
  const mapped = mapsColumns ? mapColumns(plain, services.newId) : undefined;
  const schema = { kind: 'struct', fields: mapped?.fields ?? plain } as const;
  const metadata: Metadata = {
    kind: 'metaData',
    id: services.newId(),
    description: statement.comment ?? snapshot.metadata.description,
    format: snapshot.metadata.format,
    schemaString: serializeSchema(schema),
    partitionColumns: snapshot.metadata.partitionColumns,
    createdTime: services.clock.nowMs(),
    configuration: {
      ...configuration,
      ...(mapped === undefined
        ? {}
        : { [tableProperties.columnMappingMaxColumnId.key]: String(mapped.highestId) }),
    },
  };
  const like: WriteTarget = {
    location: place.location,
    protocol: snapshot.protocol,
    metadata,
    schema,
  };
  const { target, wanted } = setProperties(like, statement.properties);
  const left = featuresOf(snapshot.protocol).filter((name) => !ofRowsOnly.has(name));
  const protocol = protocolFor(undefined, target.metadata, target.schema, [...left, ...wanted]);
  checkWritable(place.location, protocol, target.metadata, target.schema, enforcedFeatures);
  const transaction = services.transactions.beginNew(place.location);
  transaction.setMetadata(target.metadata);
  transaction.setProtocol(protocol);
  transaction.enforces(enforcedFeatures);
  await transaction.commit(
    {
      operation: 'CREATE TABLE',
      operationParameters: {
        isManaged: String(statement.location === undefined),
        description: target.metadata.description ?? 'null',
        partitionBy: JSON.stringify(target.metadata.partitionColumns),
        clusterBy: '[]',
        properties: JSON.stringify(target.metadata.configuration),
      },
      operationMetrics: {},
    },
    signal,
  );
  await register(place, context);
  return emptyResult();
}

/** Features that speak of a table's rows or history, of which a new one has none. */
const ofRowsOnly: ReadonlySet<string> = new Set(['clustering', 'checkpointProtection']);

/** Without what the field has from the files and commits of its table. */
function withoutHistory(field: StructField): StructField {
  const {
    'delta.columnMapping.id': _id,
    'delta.columnMapping.physicalName': _name,
    'delta.identity.highWaterMark': _mark,
    'delta.typeChanges': _changes,
    ...metadata
  } = field.metadata;
  return { ...field, type: typeWithoutHistory(field.type), metadata };
}

function typeWithoutHistory(type: DataType): DataType {
  switch (type.kind) {
    case 'struct':
      return { kind: 'struct', fields: type.fields.map(withoutHistory) };
    case 'array':
      return { ...type, elementType: typeWithoutHistory(type.elementType) };
    case 'map':
      return {
        ...type,
        keyType: typeWithoutHistory(type.keyType),
        valueType: typeWithoutHistory(type.valueType),
      };
    default:
      return type;
  }
}
