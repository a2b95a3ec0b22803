/** The columns of a table or view of the catalog, for DESCRIBE and `information_schema`. */
import { wholeText } from './parse/source-slice.ts';
import type { Relation } from '../catalog/relation.ts';
import { qualifiedName } from '../catalog/relation.ts';
import { describeQuery } from './run-query.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { ViewDefinition } from '../catalog/catalog-store.ts';
import type { DescribedColumn, StatementContext } from './statement-context.ts';

/** A table is read at its latest version. Throws what reading or binding it throws. */
export async function relationColumns(
  relation: Relation,
  context: StatementContext,
): Promise<readonly DescribedColumn[]> {
  if (relation.kind === 'view') return await viewColumns(relation.definition, context);
  const { snapshot } = await context.pins.pin(qualifiedName(relation), relation.location, {
    kind: 'latest',
  });
  return snapshotColumns(snapshot);
}

export function snapshotColumns({ schema, metadata }: Snapshot): readonly DescribedColumn[] {
  return schema.fields.map(({ name, type, nullable, metadata: properties }) => ({
    name,
    type,
    nullable,
    comment: typeof properties.comment === 'string' ? properties.comment : undefined,
    isPartition: metadata.partitionColumns.includes(name),
  }));
}

export async function viewColumns(
  view: ViewDefinition,
  context: StatementContext,
): Promise<readonly DescribedColumn[]> {
  const columns = await describeQuery(wholeText(view.sql), {
    ...context,
    source: view.sql,
    parameters: undefined,
    session: { ...context.session, dialect: view.dialect, currentSchema: view.defaultSchema },
  });
  return columns.map((column, index) => ({
    ...column,
    name: view.columnNames?.[index] ?? column.name,
    comment: undefined,
    isPartition: false,
  }));
}
