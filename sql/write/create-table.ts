/**
 * `CREATE TABLE ... USING DELTA`: a new Delta table in the warehouse or at a LOCATION, empty or filled
 * by a query; or a name for a table that is at the LOCATION already.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { ErrorCode } from '../../catalog/error-codes.ts';
import type { StructField, StructType } from '../../catalog/data-type.ts';
import type { Metadata } from '../../catalog/log/actions.ts';
import { protocolFor, splitProtocolProperties } from '../../catalog/log/protocol-upgrade.ts';
import { serializeSchema } from '../../catalog/log/schema.ts';
import { checkWritable, enforcedFeatures } from '../../catalog/log/protocol.ts';
import { readProperty, tableProperties } from '../../catalog/log/table-properties.ts';
import { columnMappingMode } from '../../catalog/log/column-mapping.ts';
import { requireRemovable } from '../../catalog/commit/prepare-commit.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import type { TargetName } from '../../catalog/relation.ts';
import { errorAt, positionAt } from '../errors.ts';
import type { CreateTable } from '../parse/statement.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { emptyResult, longType, staticResult } from '../static-result.ts';
import { typeName } from '../types.ts';
import { settableProperty } from './alter/alter-properties.ts';
import { columnText } from './alter/column-uses.ts';
import { newClustering } from './clustering.ts';
import { highestId } from './evolve-schema.ts';
import { overwriteAll } from './overwritten-files.ts';
import { retryConflicts } from './retry-conflicts.ts';
import {
  constraintProperties,
  fieldsOf,
  requireDefaultsAllowed,
  requireSameColumns,
} from './column-definitions.ts';
import { requireColumnNames, unwritable } from './column-names.ts';
import { mapColumns } from './map-columns.ts';
import { rowRules } from './row-rules.ts';
import { planSource, type SourceQuery } from './source-query.ts';
import { removeStagedFiles } from './remove-staged.ts';
import { isConflict } from './retry-conflicts.ts';
import { stageRows, type StagedRows } from './stage-rows.ts';
import { tableRows } from './table-rows.ts';
import { partitionFields, type WriteTarget } from './write-target.ts';

export async function createTable(
  statement: CreateTable,
  context: StatementContext,
): Promise<StatementResult> {
  refuseUnsupported(statement, context);
  try {
    return await create(statement, context);
  } catch (error) {
    throw error instanceof CodedError
      ? error.at(positionAt(context.source, statement.name.start))
      : error;
  }
}

/** Where the table will be, and the name it gets; none for a table created by path. */
interface Place {
  /** The table that is there already and is replaced. */
  readonly replaced?: Snapshot | undefined;
  readonly location: string;
  readonly target: TargetName | undefined;
  readonly mustRegister: boolean;
  /** Whether it has a location of its own already. */
  readonly isRegistered?: boolean | undefined;
}

async function create(statement: CreateTable, context: StatementContext): Promise<StatementResult> {
  const { services, signal } = context;
  const { catalog, snapshots } = services;
  const place = await placeOf(statement, context);
  if (place === 'exists') return emptyResult();
  if (statement.orReplace) {
    const made = await replaceTable(statement, place, context);
    return insertedResult(made);
  }
  const exists = await catalog.isTable(place.location, { signal });
  if (exists) {
    const snapshot = await snapshots.latest(place.location, { signal });
    if (statement.asQuery !== undefined || place.target === undefined) {
      if (statement.ifNotExists) return emptyResult();
      throw new CodedError(
        'DELTA_TABLE_ALREADY_EXISTS',
        `There is a Delta table at ${place.location} already.`,
      );
    }
    requireSameColumns(statement, snapshot.schema.fields);
    await register(place, context);
    return emptyResult();
  }
  const made = await makeTable(statement, place, context);
  await register(place, context);
  return insertedResult(made);
}

/** The old table's log goes on: its versions can be read, and its rows are back after RESTORE. */
async function replaceTable(
  statement: CreateTable,
  place: Place,
  context: StatementContext,
): Promise<StagedRows | undefined> {
  const { catalog, snapshots } = context.services;
  return await retryConflicts(context, async (current) => {
    const { signal } = current;
    const exists = await catalog.isTable(place.location, { signal });
    if (!exists && statement.mustExist) {
      throw new CodedError(
        'DELTA_CANNOT_REPLACE_MISSING_TABLE',
        `There is no table ${statement.name.parts.join('.')} to replace.`,
      );
    }
    const replaced = exists ? await snapshots.latest(place.location, { signal }) : undefined;
    if (replaced !== undefined) {
      const { location, protocol, metadata, schema } = replaced;
      checkWritable(location, protocol, metadata, schema, enforcedFeatures);
      requireRemovable(location, protocol, metadata);
    }
    const made = await makeTable(statement, { ...place, replaced }, current);
    await register(place, current);
    return made;
  });
}

function insertedResult(made: StagedRows | undefined): StatementResult {
  if (made === undefined) return emptyResult();
  return staticResult(
    [
      { name: 'num_affected_rows', type: longType },
      { name: 'num_inserted_rows', type: longType },
    ],
    [[made.rowCount, made.rowCount]],
  );
}

export async function placeOf(
  statement: Pick<CreateTable, 'name' | 'location' | 'orReplace' | 'ifNotExists'>,
  context: StatementContext,
): Promise<Place | 'exists'> {
  const { catalog } = context.services;
  const { parts } = statement.name;
  const [first, path] = parts;
  if (parts.length === 2 && first?.toLowerCase() === 'delta' && path !== undefined) {
    return { location: await catalog.checkLocation(path), target: undefined, mustRegister: false };
  }
  const target = await catalog.targetName(parts, context.session.currentSchema);
  const conflict = await catalog.findConflict(target, { signal: context.signal });
  if (conflict !== undefined) {
    if (statement.orReplace && conflict.kind === 'table') {
      const { location, isRegistered } = conflict;
      if (statement.location !== undefined) {
        const given = await catalog.checkLocation(statement.location);
        if (given !== location) {
          throw new CodedError(
            'DELTA_TABLE_LOCATION_MISMATCH',
            `The table ${conflict.schema}.${conflict.name} lies at ${location}, not at ${given}.`,
          );
        }
      }
      return { location, target, mustRegister: false, isRegistered };
    }
    if (statement.ifNotExists) return 'exists';
    throw new CodedError(
      'TABLE_OR_VIEW_ALREADY_EXISTS',
      `There is a ${conflict.kind} ${conflict.schema}.${conflict.name} already.`,
    );
  }
  if (statement.location === undefined) {
    return { location: catalog.warehouseLocation(target), target, mustRegister: false };
  }
  return { location: await catalog.checkLocation(statement.location), target, mustRegister: true };
}

export async function register(
  { target, location, mustRegister }: Place,
  { services }: StatementContext,
): Promise<void> {
  if (target !== undefined && mustRegister) await services.catalog.registerTable(target, location);
}

/** A version of the table, the first or one that replaces it. `undefined` for a table without rows. */
async function makeTable(
  statement: CreateTable,
  { location, replaced, isRegistered }: Place,
  context: StatementContext,
): Promise<StagedRows | undefined> {
  const { services, signal } = context;
  const { asQuery } = statement;
  const source = asQuery === undefined ? undefined : await planSource(asQuery, context);
  const target = newTarget(statement, { location, replaced }, source, context);
  const { metadata, protocol } = target;
  checkWritable(location, protocol, metadata, target.schema, enforcedFeatures);
  let staged: StagedRows | undefined;
  if (source !== undefined) {
    const names = source.columns.map((_, index) => `c${index}`);
    const { sql } = tableRows({
      target,
      values: new Map(target.schema.fields.map((field, index) => [field.name, names[index] ?? ''])),
      from: `(${source.plan.sql}) AS source(${names.join(', ')})`,
    });
    staged = await stageRows({ source: source.plan, sql, target }, context);
  }
  const { partitionColumns } = metadata;
  const domain = newClustering(statement, target, replaced);
  const transaction =
    replaced === undefined
      ? services.transactions.beginNew(location)
      : services.transactions.begin(replaced);
  transaction.setMetadata(metadata);
  if (protocol !== replaced?.protocol) transaction.setProtocol(protocol);
  if (domain !== undefined) transaction.setDomainMetadata(domain);
  const removed =
    replaced === undefined
      ? undefined
      : overwriteAll(transaction, replaced, services.clock.nowMs());
  transaction.enforces(enforcedFeatures);
  const files = staged?.files ?? [];
  transaction.add(files);
  const description = {
    operation: operationName(statement),
    operationParameters: {
      isManaged: String(statement.location === undefined && isRegistered !== true),
      description: statement.comment ?? 'null',
      partitionBy: JSON.stringify(partitionColumns),
      clusterBy: JSON.stringify(statement.clusterBy.map(({ parts }) => columnText(parts))),
      properties: JSON.stringify(metadata.configuration),
    },
    operationMetrics:
      staged === undefined
        ? {}
        : {
            ...(removed === undefined ? {} : { numRemovedFiles: String(removed) }),
            numFiles: String(staged.files.length),
            numOutputRows: String(staged.rowCount),
            numOutputBytes: String(staged.bytes),
          },
  };
  try {
    await transaction.commit(description, signal);
  } catch (error) {
    if (isConflict(error)) await removeStagedFiles(services.store, location, files);
    throw error;
  }
  return staged;
}

function operationName({ orReplace, mustExist, asQuery }: CreateTable): string {
  const verb = mustExist ? 'REPLACE' : orReplace ? 'CREATE OR REPLACE' : 'CREATE';
  return `${verb} TABLE${asQuery === undefined ? '' : ' AS SELECT'}`;
}

/** The table that the statement makes. */
function newTarget(
  statement: CreateTable,
  { location, replaced }: Pick<Place, 'location' | 'replaced'>,
  source: SourceQuery | undefined,
  context: StatementContext,
): WriteTarget {
  const { services, session } = context;
  const defined: readonly StructField[] =
    source === undefined
      ? fieldsOf(statement.columns ?? [], session.dialect, context.source)
      : source.columns.map(({ name, type }) => ({ name, type, nullable: true, metadata: {} }));
  const {
    configuration: given,
    wanted,
    versionFeatures,
  } = splitProtocolProperties(
    Object.fromEntries(statement.properties.map(({ key, value }) => [key, value])),
  );
  if (wanted.includes('clustering')) {
    throw new CodedError(
      'DELTA_CREATE_TABLE_SET_CLUSTERING_TABLE_FEATURE_NOT_ALLOWED',
      'The table feature clustering is not asked for by name.',
    );
  }
  const configuration: Record<string, string> = {
    ...Object.fromEntries(
      Object.entries(given).map(([key, value]) => settableProperty(key, value)),
    ),
    ...constraintProperties(statement.constraints, session.dialect, context.source),
  };
  const mapping = readProperty(configuration, tableProperties.columnMappingMode);
  requireFields(defined, mapping !== 'none', statement, context);
  const partitionColumns = partitionColumnsOf(statement, defined);
  let fields = defined;
  if (mapping !== 'none') {
    // Ids that the replaced table gave out are not given out again: its files lie in the history.
    const lastId =
      replaced === undefined || columnMappingMode(replaced) === 'none'
        ? 0
        : highestId(replaced.schema, replaced.metadata, true);
    const mapped = mapColumns(defined, services.newId, lastId);
    fields = mapped.fields;
    configuration[tableProperties.columnMappingMaxColumnId.key] = String(mapped.highestId);
  }
  const schema: StructType = { kind: 'struct', fields };
  const metadata: Metadata = {
    kind: 'metaData',
    id: services.newId(),
    description: statement.comment,
    format: { provider: 'parquet', options: {} },
    schemaString: serializeSchema(schema),
    partitionColumns,
    createdTime: services.clock.nowMs(),
    configuration,
  };
  const protocol = protocolFor(
    replaced?.protocol,
    metadata,
    schema,
    [
      ...wanted,
      ...(statement.clusterBy.length > 0 ? ['clustering'] : []),
      ...(replaced === undefined ? [] : (versionFeatures ?? [])),
    ],
    versionFeatures,
  );
  requireDefaultsAllowed(fields, wanted, replaced?.protocol);
  const target: WriteTarget = { location, protocol, metadata, schema };
  partitionFields(target);
  // A constraint that is not understood is told now, and not to those who write.
  rowRules(target);
  return target;
}

function requireFields(
  fields: readonly StructField[],
  mapsColumns: boolean,
  statement: CreateTable,
  { source }: StatementContext,
): void {
  const fail = (code: ErrorCode, message: string, hint?: string) =>
    errorAt(source, statement.name.start, { code, message, hint });
  if (fields.length === 0) {
    const where =
      statement.location === undefined
        ? ''
        : ` There is no Delta table at ${statement.location} to take them from.`;
    throw fail(
      'PARSE_SYNTAX_ERROR',
      `A new table needs columns.${where}`,
      'List them, or add AS SELECT.',
    );
  }
  try {
    requireColumnNames(fields, mapsColumns);
  } catch (error) {
    throw error instanceof CodedError ? error.at(positionAt(source, statement.name.start)) : error;
  }
  for (const { name, type } of fields) {
    const refused = unwritable(type);
    if (refused !== undefined) {
      throw fail(
        'UNSUPPORTED_DATATYPE',
        `The column "${name}" cannot be written as ${typeName(refused)}.`,
        'Add a CAST.',
      );
    }
  }
}

function partitionColumnsOf(
  { partitionedBy }: CreateTable,
  fields: readonly StructField[],
): readonly string[] {
  const columns = partitionedBy.map((wanted) => {
    const field = fields.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
    if (field !== undefined) return field.name;
    throw new CodedError(
      'DELTA_MISSING_PART_COLUMN',
      `The table has no column "${wanted}" to be partitioned by.`,
    );
  });
  if (columns.length > 0 && columns.length === fields.length) {
    throw new CodedError(
      'DELTA_MISSING_PART_COLUMN',
      'A table needs a column that it is not partitioned by.',
      {
        hint: 'Partition by fewer columns.',
      },
    );
  }
  return columns;
}

function refuseUnsupported(statement: CreateTable, { source }: StatementContext): void {
  const refuse = (what: string) =>
    errorAt(source, statement.name.start, {
      code: 'UNSUPPORTED_FEATURE',
      message: `${what} is not supported.`,
    });
  if (statement.using !== undefined && statement.using !== 'delta')
    throw refuse(`A table in the format ${statement.using}`);
  if (statement.asQuery !== undefined && statement.columns !== undefined) {
    throw refuse('A list of columns together with AS SELECT');
  }
}
