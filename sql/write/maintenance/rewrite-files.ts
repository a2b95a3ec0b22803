/**
 * Some files of a table -> new files with the same rows, those that deletion vectors mark left out; in
 * any order, or along a curve through some columns. Ids of rows go along where the table tracks them.
 *
 * Rows stream through DuckDB, which spills what it sorts as far as it can: ordering fails with
 * OUT_OF_MEMORY where its limit is smaller than a piece of them. For a curve each row's address and place are
 * put into a temporary table first, 16 bytes a row, so that only that table is sorted by each column.
 */
import type { FileHandle } from '../../../catalog/active-files.ts';
import { CodedError } from '../../../catalog/coded-error.ts';
import type { AddFile } from '../../../catalog/log/actions.ts';
import type { TemporaryRelation } from '../../bind/bound-query.ts';
import type { QueryPlan } from '../../plan/query-plan.ts';
import { quoteIdentifier } from '../../quote.ts';
import { fileBytesTarget } from '../copy-sql.ts';
import { overFiles, ownQuery, planRows, runRows } from '../dml/row-query.ts';
import { trackedNames, trackedValues } from '../dml/tracked-columns.ts';
import type { RowTarget } from '../dml/row-target.ts';
import { liveRowCounts } from '../dml/touched-files.ts';
import type { WorkContext } from '../dml/work-context.ts';
import { stageRows } from '../stage-rows.ts';
import type { WriteTarget } from '../write-target.ts';
import { curveKeySql, rankBits, rankSql, type Curve } from './curve-key.ts';

export interface RowOrder {
  readonly curve: Curve;
  /** Each a path into the table's columns. */
  readonly columns: readonly (readonly string[])[];
}

export interface RewrittenFiles {
  /** `dataChange` is false. */
  readonly files: readonly AddFile[];
  readonly rowCount: number;
}

/**
 * @param files of one partition, where there is an order; else of any
 * @param definition what the new files are written by: the table's own, or what is about to be it
 * @throws INTERNAL_ERROR when not as many rows came out as went in; the files are removed by then
 */
export async function rewriteFiles(
  files: readonly FileHandle[],
  target: RowTarget,
  order: RowOrder | undefined,
  context: WorkContext,
  definition: WriteTarget = target.snapshot,
): Promise<RewrittenFiles> {
  const counts = await liveRowCounts(files, target, context);
  const expected = files.reduce((sum, file) => sum + (counts.get(file) ?? 0), 0);
  const staged: AddFile[] = [];
  let rowCount = 0;
  const plans =
    order === undefined
      ? [await copyPlan(files, target, context)]
      : await orderedPlans({ files, rows: expected, order }, target, context);
  for (const source of plans) {
    const some = await stageRows(
      {
        source,
        sql: source.sql,
        target: definition,
        extra: trackedNames(target),
        keepOrder: order !== undefined,
      },
      context,
    );
    staged.push(...some.files.map((file): AddFile => ({ ...file, dataChange: false })));
    rowCount += some.rowCount;
  }
  if (order !== undefined) {
    await context.connection.rows(`DROP TABLE IF EXISTS ${quoteIdentifier(keysTable)}`);
  }
  return { files: staged, rowCount: requireAll(rowCount, expected) };
}

function requireAll(rowCount: number, expected: number): number {
  if (rowCount === expected) return rowCount;
  throw new CodedError(
    'INTERNAL_ERROR',
    `${rowCount} rows were written where ${expected} were read; nothing is committed.`,
  );
}

async function copyPlan(
  files: readonly FileHandle[],
  target: RowTarget,
  context: WorkContext,
): Promise<QueryPlan> {
  const query = ownQuery(target.name.start, `SELECT ${ownColumns(target).join(', ')} FROM `, {
    relation: { kind: 'table', table: target.table },
    alias: 't',
  });
  return await planRows(overFiles(query, files), 'copied', context);
}

const keysTable = '__levee_keys';
const keysAddress = '__levee_keys_address';
const keysKey = '__levee_keys_key';

const keys: TemporaryRelation = {
  kind: 'temporary',
  name: keysTable,
  columns: {
    kind: 'struct',
    fields: [keysAddress, keysKey].map((name) => ({
      name,
      type: { kind: 'long' },
      nullable: true,
      metadata: {},
    })),
  },
  isNumbered: false,
};

interface OrderedRows {
  readonly files: readonly FileHandle[];
  readonly rows: number;
  readonly order: RowOrder;
}

async function orderedPlans(
  ordered: OrderedRows,
  target: RowTarget,
  context: WorkContext,
): Promise<readonly QueryPlan[]> {
  const { files } = ordered;
  await placeRows(ordered, target, context);
  const plans: QueryPlan[] = [];
  for (const [number, range] of (await keyRanges(ordered, target, context)).entries()) {
    const query = ownQuery(
      target.name.start,
      `SELECT ${ownColumns(target).join(', ')} FROM `,
      { relation: { kind: 'table', table: target.table }, alias: 't' },
      ' JOIN ',
      { relation: keys, alias: 'k' },
      ` ON (k.${quoteIdentifier(keysAddress)} = t.${quoteIdentifier(target.address)})${range} ` +
        `ORDER BY k.${quoteIdentifier(keysKey)}`,
    );
    plans.push(await planRows(overFiles(query, files), `ordered${number}`, context));
  }
  return plans;
}

/** Puts the address of each row and its place on the curve into the table of keys. */
async function placeRows(
  { files, rows, order }: OrderedRows,
  target: RowTarget,
  context: WorkContext,
): Promise<void> {
  const ranks = order.columns.map((_, index) => quoteIdentifier(`__levee_rank${index}`));
  const bits = rankBits(ranks.length);
  const address = quoteIdentifier(keysAddress);
  const items = order.columns.map((path, index) => {
    const column = ['t', ...path].map(quoteIdentifier).join('.');
    return `${rankSql(column, rows, bits)} AS ${ranks[index]}`;
  });
  const query = ownQuery(
    target.name.start,
    `SELECT t.${quoteIdentifier(target.address)} AS ${address}, ${items.join(', ')} FROM `,
    { relation: { kind: 'table', table: target.table }, alias: 't' },
  );
  const bound = overFiles(query, files);
  const plan = await planRows(bound, 'placed', context);
  const key = quoteIdentifier(keysKey);
  const hole = '\0';
  const around = curveKeySql({
    curve: order.curve,
    ranks,
    kept: address,
    key,
    from: `(${hole}) AS ranked`,
  });
  const [before = '', after = ''] = around.split(hole);
  const table = quoteIdentifier(keysTable);
  await runRows(
    bound,
    plan,
    { before: `CREATE OR REPLACE TEMP TABLE ${table} AS ${before}`, after },
    context,
  );
}

/** The least that one pass orders: each pass reads all of the files. */
const pieceBytesMin = { partitioned: 16 * 1024 ** 2, other: 128 * 1024 ** 2 } as const;

/**
 * The rows in pieces of about the size that files are to have, so that no more than a piece is sorted at a
 * time, and because COPY gives a partition one file and does not look at its size.
 */
async function keyRanges(
  { files }: OrderedRows,
  { snapshot }: RowTarget,
  context: WorkContext,
): Promise<readonly string[]> {
  const isPartitioned = snapshot.metadata.partitionColumns.length > 0;
  const pieceBytes = Math.max(
    fileBytesTarget(snapshot),
    isPartitioned ? pieceBytesMin.partitioned : pieceBytesMin.other,
  );
  const bytes = files.reduce((sum, file) => sum + snapshot.files.sizeBytes(file), 0);
  const pieces = Math.ceil(bytes / pieceBytes);
  if (pieces <= 1) return [''];
  const key = quoteIdentifier(keysKey);
  const shares = Array.from({ length: pieces - 1 }, (_, index) => (index + 1) / pieces);
  const [row] = await context.connection.rows(
    `SELECT quantile_disc(${key}, [${shares.join(', ')}]) FROM ${quoteIdentifier(keysTable)}`,
    context.signal,
  );
  const found = (row?.[0] ?? []) as readonly bigint[];
  const bounds = [...new Set(found.map(String))];
  return [undefined, ...bounds].map((lower, index) => {
    const upper = bounds[index];
    const parts = [
      ...(lower === undefined ? [] : [`k.${key} > ${lower}`]),
      ...(upper === undefined ? [] : [`k.${key} <= ${upper}`]),
    ];
    return parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`;
  });
}

function ownColumns(target: RowTarget): readonly string[] {
  const { fields } = target.snapshot.schema;
  return [...fields.map(({ name }) => `t.${quoteIdentifier(name)}`), ...trackedValues(target)];
}
