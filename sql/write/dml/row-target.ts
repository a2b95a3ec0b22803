/** The table whose rows a statement changes, at its newest version, with columns that tell rows apart. */
import { CodedError } from '../../../catalog/coded-error.ts';
import { columnMappingMode } from '../../../catalog/log/column-mapping.ts';
import { checkWritable, enforcedFeatures, supportsFeature } from '../../../catalog/log/protocol.ts';
import { readProperty, tableProperties } from '../../../catalog/log/table-properties.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import type { PinnedTable, RowTrackingColumns } from '../../bind/snapshot-pins.ts';
import { errorAt } from '../../errors.ts';
import type { ObjectName } from '../../parse/statement.ts';
import { quoteIdentifier } from '../../quote.ts';
import type { StatementContext } from '../../statement-context.ts';
import { describedTable } from '../../utility/described-target.ts';

export interface RowTarget {
  readonly name: ObjectName;
  readonly alias: string | undefined;
  readonly snapshot: Snapshot;
  /** The snapshot with row columns. */
  readonly table: PinnedTable;
  /** Of the row columns. */
  readonly address: string;
  readonly tracking: RowTrackingColumns | undefined;
  /** Whether rows are marked as deleted, and their files left as they are. */
  readonly marksRows: boolean;
  /** Whether the table keeps a change data feed. */
  readonly keepsChanges: boolean;
}

/**
 * @param removesRows whether the statement can take rows out of files, which append-only tables refuse
 * @throws what finding and reading the table throws; WRONG_OBJECT_TYPE for a view;
 *   DELTA_UNSUPPORTED_FEATURES_FOR_WRITE; DELTA_CANNOT_MODIFY_APPEND_ONLY
 */
export async function openRowTarget(
  name: ObjectName,
  alias: string | undefined,
  removesRows: boolean,
  context: StatementContext,
): Promise<RowTarget> {
  const { name: tableName, snapshot } = await describedTable(name, context);
  const { location, protocol, metadata, schema } = snapshot;
  const { configuration } = metadata;
  checkWritable(location, protocol, metadata, schema, enforcedFeatures);
  if (removesRows && readProperty(configuration, tableProperties.appendOnly)) {
    throw errorAt(context.source, name.start, {
      code: 'DELTA_CANNOT_MODIFY_APPEND_ONLY',
      message: `The table ${tableName} only takes new rows: its property delta.appendOnly is true.`,
    });
  }
  const taken = new Set(schema.fields.map((field) => field.name.toLowerCase()));
  const address = freeName('__levee_address', taken);
  const tracking = trackingColumns(snapshot, taken);
  return {
    name,
    alias,
    snapshot,
    table: {
      name: tableName,
      snapshot,
      requested: { kind: 'latest' },
      rowColumns: { address, tracking },
    },
    address,
    tracking,
    marksRows:
      supportsFeature(protocol, 'deletionVectors') &&
      readProperty(configuration, tableProperties.enableDeletionVectors),
    keepsChanges: readProperty(configuration, tableProperties.enableChangeDataFeed),
  };
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  return taken.has(wanted) ? freeName(`${wanted}_`, taken) : wanted;
}

/** The names that rewritten files give to the ids their rows had before. */
function trackingColumns(
  { location, protocol, metadata }: Snapshot,
  taken: ReadonlySet<string>,
): RowTrackingColumns | undefined {
  const { configuration } = metadata;
  const isOn =
    supportsFeature(protocol, 'rowTracking') &&
    readProperty(configuration, tableProperties.enableRowTracking);
  if (!isOn) return undefined;
  const physicalRowId = configuration['delta.rowTracking.materializedRowIdColumnName'];
  const physicalRowCommitVersion =
    configuration['delta.rowTracking.materializedRowCommitVersionColumnName'];
  if (physicalRowId === undefined || physicalRowCommitVersion === undefined) {
    throw new CodedError(
      'DELTA_LOG_CORRUPT',
      `The table ${location} tracks rows, but its properties do not name the columns for their ids.`,
    );
  }
  if (columnMappingMode({ protocol, metadata }) === 'id') {
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      'Rows are not changed in tables that track rows and find their columns by id.',
    );
  }
  return {
    rowId: freeName('__levee_row_id', taken),
    rowCommitVersion: freeName('__levee_row_commit_version', taken),
    physicalRowId,
    physicalRowCommitVersion,
  };
}

/** A column of the target in a composed query: qualified as the user could write it. */
export function targetColumn(
  { alias, name }: Pick<RowTarget, 'alias' | 'name'>,
  column: string,
): string {
  const qualifier = alias === undefined ? name.parts : [alias];
  return [...qualifier, column].map(quoteIdentifier).join('.');
}
