/** The statement that would make a table or view again, for `SHOW CREATE TABLE`. */
import type { ViewDefinition } from '../../catalog/catalog-store.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { quoteString } from '../quote.ts';
import { snapshotColumns } from '../relation-columns.ts';
import { typeName } from '../types.ts';

export function createViewText(name: string, view: ViewDefinition): string {
  const columns =
    view.columnNames === undefined ? '' : ` (${view.columnNames.map(backticked).join(', ')})`;
  const comment = view.comment === undefined ? '' : `\nCOMMENT ${quoteString(view.comment)}`;
  return `CREATE VIEW ${name}${columns}${comment} AS\n${view.sql}`;
}

export function createTableText(
  name: string,
  snapshot: Snapshot,
  { withLocation }: { readonly withLocation: boolean },
): string {
  const { metadata, location } = snapshot;
  const columns = snapshotColumns(snapshot).map(({ name: column, type, nullable, comment }) => {
    const notNull = nullable ? '' : ' NOT NULL';
    return `  ${backticked(column)} ${typeName(type)}${notNull}${comment === undefined ? '' : ` COMMENT ${quoteString(comment)}`}`;
  });
  const lines = [`CREATE TABLE ${name} (`, `${columns.join(',\n')})`, 'USING DELTA'];
  if (metadata.partitionColumns.length > 0) {
    lines.push(`PARTITIONED BY (${metadata.partitionColumns.map(backticked).join(', ')})`);
  }
  if (withLocation) lines.push(`LOCATION ${quoteString(location)}`);
  const properties = Object.entries(metadata.configuration);
  if (properties.length > 0) {
    const list = properties.map(([key, value]) => `  ${quoteString(key)} = ${quoteString(value)}`);
    lines.push(`TBLPROPERTIES (\n${list.join(',\n')})`);
  }
  return lines.join('\n');
}

function backticked(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}
