/**
 * The definition of a clone: that of its source, but for what belongs to a table alone, and the
 * properties that the statement sets. Pure, but for the id that comes in.
 *
 * 1. A new table has an id of its own; one that is replaced keeps its id, name and description.
 * 2. Names of columns for row ids, the versions since which commits have timestamps or checkpoints
 *    are protected, and who coordinates commits are not the source's: a clone's rows get new ids.
 * 3. Numbers that must not be given out twice (column ids, identity values) lie beyond those of both.
 * 4. The protocol has the features of both tables and of the properties, and no others.
 *
 * Source: Delta's CloneTableBase.scala.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { Metadata, Protocol, StringMap } from '../../../catalog/log/actions.ts';
import { columnMappingMode } from '../../../catalog/log/column-mapping.ts';
import { featuresOf, protocolFor, protocolWith } from '../../../catalog/log/protocol-upgrade.ts';
import { serializeSchema } from '../../../catalog/log/schema.ts';
import { readProperty, tableProperties } from '../../../catalog/log/table-properties.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import type { Property } from '../../parse/statement.ts';
import { setProperties } from '../alter/alter-properties.ts';
import { withFurtherMarks } from '../identity-columns.ts';
import type { WriteTarget } from '../write-target.ts';

export interface CloneTables {
  readonly source: Snapshot;
  readonly replaced: Snapshot | undefined;
  readonly location: string;
}

/** @throws DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE, and what setting properties throws */
export function clonedDefinition(
  tables: CloneTables,
  properties: readonly Property[],
  newId: string,
): WriteTarget {
  const { source, replaced, location } = tables;
  const schema = {
    kind: 'struct',
    fields: withFurtherMarks(source.schema.fields, replaced?.schema.fields ?? []),
  } as const;
  const metadata: Metadata = {
    ...source.metadata,
    id: replaced?.metadata.id ?? newId,
    name: replaced?.metadata.name,
    description: replaced?.metadata.description,
    schemaString: serializeSchema(schema),
    configuration: configuration(tables),
  };
  const protocol = withoutProtection(source.protocol);
  const copied: WriteTarget = { location, protocol, metadata, schema };
  const { target, wanted } = setProperties(copied, properties);
  const mode = readProperty(target.metadata.configuration, tableProperties.columnMappingMode);
  for (const table of [source, replaced]) {
    if (table === undefined || columnMappingMode(table) === mode) continue;
    throw new CodedError(
      'DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE',
      `Changing column mapping mode from '${columnMappingMode(table)}' to '${mode}' is not supported.`,
    );
  }
  return {
    ...target,
    protocol: protocolFor(
      replaced?.protocol ?? protocol,
      target.metadata,
      target.schema,
      replaced === undefined ? wanted : [...featuresOf(protocol), ...wanted],
    ),
  };
}

function configuration({ source, replaced }: CloneTables): StringMap {
  const maxId = tableProperties.columnMappingMaxColumnId.key;
  const [taken, had] = [source, replaced].map((table) =>
    Object.entries(table?.metadata.configuration ?? {}),
  );
  const highest = Math.max(
    ...[source, replaced].map((table) => Number(table?.metadata.configuration[maxId] ?? 0)),
  );
  return {
    ...Object.fromEntries((taken ?? []).filter(([key]) => !isOwn(key))),
    ...Object.fromEntries((had ?? []).filter(([key]) => isOwn(key))),
    ...(highest > 0 ? { [maxId]: String(highest) } : {}),
  };
}

const ownKeys: ReadonlySet<string> = new Set(
  [
    tableProperties.inCommitTimestampEnablementVersion,
    tableProperties.inCommitTimestampEnablementTimestampMs,
    tableProperties.requireCheckpointProtectionBeforeVersion,
  ].map(({ key }) => key.toLowerCase()),
);

/** Whether the property says something of one table's log and files, which its clone has not. */
function isOwn(key: string): boolean {
  const lower = key.toLowerCase();
  return (
    ownKeys.has(lower) ||
    lower.startsWith('delta.rowtracking.') ||
    lower.startsWith('delta.coordinatedcommits.')
  );
}

/** The checkpoints that are protected are the source's. */
function withoutProtection(protocol: Protocol): Protocol {
  const features = featuresOf(protocol);
  if (!features.includes('checkpointProtection')) return protocol;
  return protocolWith(new Set(features.filter((name) => name !== 'checkpointProtection')));
}
