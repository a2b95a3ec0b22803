/**
 * RESTORE, OPTIMIZE, VACUUM, REORG, CONVERT TO DELTA, ANALYZE, FSCK and GENERATE. Delta takes a path
 * as a string where it takes a table's name.
 *
 * Source: DeltaSqlBase.g4 of delta-io/delta.
 */
import { parseTypedName } from './parse-create-table.ts';
import { parseTableVersion } from './parse-table-version.ts';
import type {
  AnalyzeTable,
  ColumnDefinition,
  ConvertToDelta,
  FsckRepairTable,
  Generate,
  ObjectName,
  Optimize,
  ReorgTable,
  RestoreTable,
} from './statement.ts';
import { takeExpression } from './take-expression.ts';
import type { TokenCursor } from './token-cursor.ts';

const target = 'the name or path of a table';

/** At RESTORE. */
export function parseRestore(cursor: TokenCursor): RestoreTable {
  cursor.expectWords('restore');
  takeTableWord(cursor);
  const name = cursor.expectNameOrPath(target);
  cursor.takeWords('to');
  return { kind: 'restoreTable', target: name, version: parseTableVersion(cursor) };
}

/** TABLE, unless it is the table's name. */
function takeTableWord(cursor: TokenCursor): void {
  if (cursor.isOperator('.', 1) || cursor.peek(1).kind === 'eof') return;
  cursor.takeWords('table');
}

/** At OPTIMIZE. */
export function parseOptimize(cursor: TokenCursor): Optimize {
  cursor.expectWords('optimize');
  const name = cursor.expectNameOrPath(target);
  const full = cursor.takeWords('full');
  const condition = cursor.takeWords('where')
    ? takeExpression(cursor, 'a condition', (at) => at.areWords('zorder', 'by'))
    : undefined;
  const zOrderBy = cursor.takeWords('zorder') ? parseZOrder(cursor) : [];
  if (!cursor.isAtEnd()) throw cursor.unexpected('FULL, WHERE or ZORDER BY');
  return { kind: 'optimize', target: name, full, condition, zOrderBy };
}

/** After ZORDER. */
function parseZOrder(cursor: TokenCursor): Optimize['zOrderBy'] {
  cursor.expectWords('by');
  return cursor.isOperator('(')
    ? cursor.expectColumnList('the name of a column')
    : cursor.expectColumnNames('the name of a column');
}

/** At REORG. */
export function parseReorg(cursor: TokenCursor): ReorgTable {
  cursor.expectWords('reorg', 'table');
  const name: ObjectName = cursor.expectNameOrPath(target);
  const condition = cursor.takeWords('where')
    ? takeExpression(cursor, 'a condition', (at) => at.isWord('apply') && at.isOperator('(', 1))
    : undefined;
  cursor.expectWords('apply');
  cursor.expectOperator('(');
  if (cursor.isWord('upgrade')) throw cursor.unsupported('REORG TABLE ... APPLY (UPGRADE UNIFORM)');
  cursor.expectWords('purge');
  cursor.expectOperator(')');
  return { kind: 'reorgTable', target: name, condition };
}

/** At CONVERT. */
export function parseConvert(cursor: TokenCursor): ConvertToDelta {
  cursor.expectWords('convert', 'to', 'delta');
  const source = cursor.expectObjectName('parquet.`/path` or the name of a table');
  const noStatistics = cursor.takeWords('no', 'statistics');
  const partitionedBy: ColumnDefinition[] = [];
  if (cursor.takeWords('partitioned', 'by')) {
    cursor.expectOperator('(');
    do {
      const { value, start } = cursor.expectName('the name of a column');
      partitionedBy.push(parseTypedName(cursor, value, start));
    } while (cursor.takeOperator(','));
    cursor.expectOperator(')');
  }
  if (!cursor.isAtEnd()) throw cursor.unexpected('NO STATISTICS or PARTITIONED BY');
  return { kind: 'convertToDelta', source, noStatistics, partitionedBy };
}

/** At ANALYZE TABLE. */
export function parseAnalyze(cursor: TokenCursor): AnalyzeTable {
  cursor.expectWords('analyze', 'table');
  const name = cursor.expectObjectName('the name of a table');
  if (cursor.isWord('partition')) throw cursor.unsupported('ANALYZE TABLE ... PARTITION');
  cursor.expectWords('compute');
  const delta = cursor.takeWords('delta');
  cursor.expectWords('statistics');
  return { kind: 'analyzeTable', target: name, delta, scope: parseScope(cursor) };
}

function parseScope(cursor: TokenCursor): AnalyzeTable['scope'] {
  if (cursor.isAtEnd()) return { kind: 'table' };
  if (cursor.takeWords('noscan')) return { kind: 'sizes' };
  if (!cursor.takeWords('for')) throw cursor.unexpected('NOSCAN, FOR COLUMNS or FOR ALL COLUMNS');
  if (cursor.takeWords('all', 'columns')) return { kind: 'allColumns' };
  if (!cursor.takeWords('columns')) throw cursor.unexpected('COLUMNS or ALL COLUMNS');
  const columns = cursor.isOperator('(')
    ? cursor.expectColumnList('the name of a column')
    : cursor.expectColumnNames('the name of a column');
  return { kind: 'columns', columns };
}

/** At FSCK. */
export function parseFsck(cursor: TokenCursor): FsckRepairTable {
  cursor.expectWords('fsck', 'repair', 'table');
  const name = cursor.expectNameOrPath(target);
  if (cursor.areWords('metadata', 'only')) throw cursor.unsupported('FSCK ... METADATA ONLY');
  return { kind: 'fsckRepairTable', target: name, dryRun: cursor.takeWords('dry', 'run') };
}

/** At GENERATE. */
export function parseGenerate(cursor: TokenCursor): Generate {
  cursor.expectWords('generate');
  const mode = cursor.expectName('symlink_format_manifest').value;
  cursor.expectWords('for', 'table');
  return { kind: 'generate', mode, target: cursor.expectNameOrPath(target) };
}
