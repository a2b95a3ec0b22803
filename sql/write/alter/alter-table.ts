/**
 * ALTER TABLE: a new definition of a table, committed as one version. The definition is made by pure
 * modules beside this one; here the rows are looked at where a rule asks for it.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { AddFile, DomainMetadata, Protocol } from '../../../catalog/log/actions.ts';
import { checkWritable, enforcedFeatures, supportsFeature } from '../../../catalog/log/protocol.ts';
import { protocolFor } from '../../../catalog/log/protocol-upgrade.ts';
import { hasRowTracking } from '../../../catalog/log/row-tracking.ts';
import { readProperty, tableProperties } from '../../../catalog/log/table-properties.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import type { PinnedTable } from '../../bind/snapshot-pins.ts';
import { positionAt } from '../../errors.ts';
import type { AlterTable, AlterTableAction } from '../../parse/alter-statement.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { emptyResult } from '../../static-result.ts';
import { describedTable } from '../../utility/described-target.ts';
import { clusteringColumns, clusteringDomain } from '../clustering.ts';
import { retryConflicts } from '../retry-conflicts.ts';
import { rowRules } from '../row-rules.ts';
import type { WriteTarget } from '../write-target.ts';
import {
  addColumns,
  changeColumn,
  columnForHistory,
  dropColumn,
  renameColumn,
  replaceColumns,
  type ColumnsContext,
} from './alter-columns.ts';
import { setProperties, unsetProperties } from './alter-properties.ts';
import { columnText } from './column-uses.ts';
import { dropFeature } from './drop-feature.ts';
import { addConstraint, dropConstraint, requireNoNulls, type CountViolations } from './rules.ts';
import { countViolations } from './existing-rows.ts';
import { hiveChanges } from './hive-change.ts';
import { renameTable } from './rename-table.ts';
import { findField } from './schema-edit.ts';

/** What the commit changes, and how the history tells it. */
export interface Alteration {
  readonly target: WriteTarget;
  readonly wanted?: readonly string[] | undefined;
  readonly domain?: DomainMetadata | undefined;
  /** A row of the table decided whether it may be made. */
  readonly readsRows?: boolean | undefined;
  readonly operation: string;
  readonly parameters: { readonly [key: string]: string };
}

export async function alterTable(
  statement: AlterTable,
  context: StatementContext,
): Promise<StatementResult> {
  const { table, action } = statement;
  try {
    if (action.kind === 'rename') return await renameTable(table, action.to, context);
    if (action.kind === 'dropFeature') {
      await dropFeature(table, action, context);
      return emptyResult();
    }
    if (action.kind === 'setLocation') {
      throw new CodedError(
        'UNSUPPORTED_FEATURE',
        'ALTER TABLE ... SET LOCATION is not supported.',
        {
          hint: 'DROP TABLE forgets the old location; CREATE TABLE ... LOCATION takes the new one.',
        },
      );
    }
    await retryConflicts(context, (current) => alterOnce(statement, current));
    return emptyResult();
  } catch (error) {
    throw error instanceof CodedError
      ? error.at(positionAt(context.source, placeOf(statement)))
      : error;
  }
}

function placeOf({ table, action }: AlterTable): number {
  switch (action.kind) {
    case 'renameColumn':
    case 'changeColumn':
      return action.column.start;
    case 'dropColumns':
    case 'clusterBy':
      return action.columns[0]?.start ?? table.start;
    case 'addColumns':
    case 'replaceColumns':
      return action.columns[0]?.column.start ?? table.start;
    case 'alterColumns':
      return action.changes[0]?.column.start ?? table.start;
    case 'addConstraint':
      return action.constraint.start;
    case 'dropConstraint':
    case 'setProperties':
    case 'unsetProperties':
    case 'addFeature':
    case 'dropFeature':
    case 'rename':
    case 'setLocation':
      return table.start;
  }
}

async function alterOnce({ table, action }: AlterTable, context: StatementContext): Promise<void> {
  const { name, snapshot } = await describedTable(table, context);
  const { location, protocol, metadata, schema } = snapshot;
  checkWritable(location, protocol, metadata, schema, enforcedFeatures);
  const pinned: PinnedTable = { name, snapshot, requested: { kind: 'latest' } };
  const count: CountViolations = (rule) => countViolations(pinned, table, rule, context);
  const alteration = await alter(action, snapshot, count, context);
  await commitAlteration(alteration, snapshot, context);
}

export async function commitAlteration(
  alteration: Alteration,
  snapshot: Snapshot,
  { services, signal }: StatementContext,
): Promise<void> {
  const { target, wanted = [], domain, readsRows, operation, parameters } = alteration;
  // What the rules of the table have become must be understood still.
  rowRules(target);
  const transaction = services.transactions.begin(snapshot);
  transaction.enforces(enforcedFeatures);
  if (readsRows === true) transaction.readWholeTable();
  transaction.setMetadata(target.metadata);
  const protocol = protocolFor(snapshot.protocol, target.metadata, target.schema, wanted);
  requireEnabled('timestampNtz', protocol, snapshot, wanted);
  if (protocol !== snapshot.protocol) transaction.setProtocol(protocol);
  if (domain !== undefined) transaction.setDomainMetadata(domain);
  transaction.add(filesForRowIds(target, snapshot));
  await transaction.commit(
    { operation, operationParameters: parameters, operationMetrics: {} },
    signal,
  );
}

/** A feature that an existing table gets only where it is asked for by name, as in Delta. */
function requireEnabled(
  feature: string,
  protocol: Protocol,
  { protocol: before }: Snapshot,
  wanted: readonly string[],
): void {
  const isNew = supportsFeature(protocol, feature) && !supportsFeature(before, feature);
  if (!isNew || wanted.includes(feature)) return;
  throw new CodedError(
    'DELTA_FEATURES_REQUIRE_MANUAL_ENABLEMENT',
    `The new schema needs the table feature ${feature}, which the table does not have yet.`,
  );
}

/** Row tracking gives ids to the rows that are there: their files are listed anew. */
function filesForRowIds(target: WriteTarget, snapshot: Snapshot): readonly AddFile[] {
  const { configuration } = target.metadata;
  if (!readProperty(configuration, tableProperties.enableRowTracking)) return [];
  if (hasRowTracking(snapshot.protocol, snapshot.metadata)) return [];
  return [...snapshot.files]
    .filter((file) => snapshot.files.baseRowId(file) === undefined)
    .map((file) => ({ ...snapshot.files.addFile(file), dataChange: false }));
}

type DefinitionAction = Exclude<AlterTableAction, { kind: 'rename' | 'setLocation' }>;

async function alter(
  action: AlterTableAction,
  snapshot: Snapshot,
  count: CountViolations,
  { session, services }: StatementContext,
): Promise<Alteration> {
  const { location, protocol, metadata, schema } = snapshot;
  const target: WriteTarget = { location, protocol, metadata, schema };
  const columns: ColumnsContext = {
    dialect: session.dialect,
    newId: services.newId,
    clustering: clusteringColumns(snapshot),
  };
  switch (action.kind) {
    case 'addColumns': {
      const changed = addColumns(target, action.columns, action.ifNotExists, columns);
      const list = action.columns.map(({ column, position }) => ({
        column: columnForHistory(column.parts, changed.schema),
        ...(position === undefined ? {} : { position: positionText(position) }),
      }));
      return {
        target: changed,
        operation: 'ADD COLUMNS',
        parameters: { columns: JSON.stringify(list) },
      };
    }
    case 'replaceColumns': {
      const changed = replaceColumns(target, action.columns, columns);
      const list = changed.schema.fields.map(({ name }) =>
        columnForHistory([name], changed.schema),
      );
      return {
        target: changed,
        operation: 'REPLACE COLUMNS',
        parameters: { columns: JSON.stringify(list) },
      };
    }
    case 'renameColumn': {
      const { parts } = action.column;
      return {
        target: renameColumn(target, parts, action.to),
        operation: 'RENAME COLUMN',
        parameters: {
          oldColumnPath: columnText(parts),
          newColumnPath: columnText([...parts.slice(0, -1), action.to]),
        },
      };
    }
    case 'dropColumns': {
      const present = action.ifExists
        ? action.columns.filter(({ parts }) => findField(schema, parts) !== undefined)
        : action.columns;
      return {
        target: present.reduce((now, { parts }) => dropColumn(now, parts, columns), target),
        operation: 'DROP COLUMNS',
        parameters: { columns: JSON.stringify(present.map(({ parts }) => columnText(parts))) },
      };
    }
    case 'alterColumns':
      return await changeColumns(action.changes, target, columns, count);
    case 'changeColumn': {
      const changes = hiveChanges(target, action.column.parts, action.to);
      const changed = await changeColumns(changes, target, columns, count);
      const column = columnForHistory(action.column.parts, changed.target.schema);
      return {
        ...changed,
        operation: 'CHANGE COLUMN',
        parameters: { column: JSON.stringify(column) },
      };
    }
    case 'addConstraint':
      return await addConstraint(action, target, columns, count);
    case 'dropConstraint':
      return dropConstraint(action, target);
    case 'setProperties':
      return {
        ...setProperties(target, action.properties),
        operation: 'SET TBLPROPERTIES',
        parameters: {
          properties: JSON.stringify(
            Object.fromEntries(action.properties.map(({ key, value }) => [key, value])),
          ),
        },
      };
    case 'unsetProperties':
      return {
        target: unsetProperties(target, action.keys, action.ifExists),
        operation: 'UNSET TBLPROPERTIES',
        parameters: {
          properties: JSON.stringify(action.keys),
          ifExists: String(action.ifExists),
        },
      };
    case 'clusterBy':
      return clusterBy(action, target, columns);
    case 'addFeature': {
      const property = { key: `delta.feature.${action.feature}`, value: 'supported' };
      return {
        ...setProperties(target, [property]),
        operation: 'SET TBLPROPERTIES',
        parameters: { properties: JSON.stringify({ [property.key]: property.value }) },
      };
    }
    case 'dropFeature':
    case 'rename':
    case 'setLocation':
      throw new TypeError('these change no table');
  }
}

type Of<K extends DefinitionAction['kind']> = Extract<DefinitionAction, { kind: K }>;

function positionText(position: { readonly kind: string; readonly name?: string }): string {
  return position.kind === 'first' ? 'FIRST' : `AFTER ${position.name ?? ''}`;
}

async function changeColumns(
  changes: Of<'alterColumns'>['changes'],
  target: WriteTarget,
  context: ColumnsContext,
  count: CountViolations,
): Promise<Alteration> {
  let now = target;
  let readsRows = false;
  for (const one of changes) {
    if (one.change.kind === 'setNotNull') {
      readsRows ||= await requireNoNulls(one.column.parts, target, context, count);
    }
    now = changeColumn(now, one, context);
  }
  const list = changes.map(({ column, change }) => ({
    column: columnForHistory(column.parts, now.schema),
    ...(change.kind === 'position' ? { position: positionText(change.position) } : {}),
  }));
  const [first] = list;
  const isOne = list.length === 1 && first !== undefined;
  return {
    target: now,
    readsRows,
    operation: isOne ? 'CHANGE COLUMN' : 'CHANGE COLUMNS',
    parameters: isOne
      ? {
          column: JSON.stringify(first.column),
          ...(first.position === undefined ? {} : { position: first.position }),
        }
      : { columns: JSON.stringify(list) },
  };
}

function clusterBy(
  { columns }: Of<'clusterBy'>,
  target: WriteTarget,
  { clustering }: ColumnsContext,
): Alteration {
  if (target.metadata.partitionColumns.length > 0) {
    throw new CodedError(
      'DELTA_ALTER_TABLE_CLUSTER_BY_ON_PARTITIONED_TABLE_NOT_ALLOWED',
      'A partitioned table cannot be clustered.',
    );
  }
  return {
    target,
    wanted: ['clustering'],
    domain: clusteringDomain(target, columns),
    operation: 'CLUSTER BY',
    parameters: {
      oldClusteringColumns: clustering.map(columnText).join(','),
      newClusteringColumns: columns.map(({ parts }) => columnText(parts)).join(','),
    },
  };
}
