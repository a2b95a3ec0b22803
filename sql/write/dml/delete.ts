/** `DELETE FROM` and `TRUNCATE TABLE`. */
import { errorAt } from '../../errors.ts';
import type { Delete, TruncateTable } from '../../parse/statement.ts';
import { quoteString } from '../../quote.ts';
import { requireParameters } from '../../require-parameters.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { longType, staticResult } from '../../static-result.ts';
import { changeRows, commitRows } from './change-rows.ts';
import { bindCondition, findRows, type FoundRows } from './find-rows.ts';
import { refuseSubquery } from './refuse-subquery.ts';
import { deleteMetrics, predicateParameter } from './row-history.ts';
import { openRowTarget, type RowTarget } from './row-target.ts';
import { rowsTouched } from './touched-files.ts';
import type { WorkContext } from './work-context.ts';
import { writeChanges } from './write-changes.ts';

export async function deleteRows(
  statement: Delete,
  context: StatementContext,
): Promise<StatementResult> {
  const rows = await changeRows(context, (work) => deleteOnce(statement, work));
  return staticResult([{ name: 'num_affected_rows', type: longType }], [[rows]], {
    snapshots: context.pins.snapshots,
  });
}

/** All rows of a table go; no file is opened. Spark does not do it to a Delta table. */
export async function truncateTable(
  { target }: TruncateTable,
  context: StatementContext,
): Promise<StatementResult> {
  if (context.session.dialect === 'spark') {
    throw errorAt(context.source, target.start, {
      code: 'UNSUPPORTED_FEATURE',
      message: 'TRUNCATE TABLE is not supported for Delta tables in the Spark dialect.',
      hint: 'Use DELETE FROM without WHERE.',
    });
  }
  return await deleteRows(
    { kind: 'delete', target, alias: undefined, condition: undefined },
    context,
  );
}

async function deleteOnce(statement: Delete, context: WorkContext): Promise<number> {
  const { condition } = statement;
  const { clock } = context.services;
  const target = await openRowTarget(statement.target, statement.alias, true, context);
  refuseSubquery(condition, 'DELETE condition', context);
  const { bound, query } = await bindCondition(condition, target, context);
  requireParameters(query.finish().parameters, context.parameters);
  const found = await findRows(bound, target, context);
  const foundMs = clock.nowMs();
  const written = await writeChanges(changesOf(target, found), context);
  const spent = { scanMs: foundMs - context.startedMs, rewriteMs: clock.nowMs() - foundMs };
  await commitRows(
    {
      target,
      written,
      decidedBy: [found.plan],
      description: {
        operation: 'DELETE',
        operationParameters: { predicate: predicateParameter(condition) },
        operationMetrics: deleteMetrics(target, written, spent),
        rowTrackingPreserved: true,
      },
    },
    context,
  );
  return rowsTouched(found.files);
}

function changesOf(target: RowTarget, { files, touchesAll }: FoundRows) {
  return {
    target,
    becomes: target.snapshot,
    files,
    touchesAll,
    oldChangeTypeSql: quoteString('delete'),
    updatesRows: false,
    newRows: [],
    newRowCount: 0,
  };
}
