/** `UPDATE`. */
import type { Update } from '../../parse/statement.ts';
import { ComposedQuery, mergeParameters } from '../../parse/composed-query.ts';
import { quoteIdentifier, quoteString } from '../../quote.ts';
import { requireParameters } from '../../require-parameters.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { longType, staticResult } from '../../static-result.ts';
import type { BoundRelation } from '../../bind/bound-query.ts';
import { assignedColumns, type AssignedColumns } from './assigned-columns.ts';
import { changeRows, commitRows } from './change-rows.ts';
import { bindCondition, findRows } from './find-rows.ts';
import { requireRowValues } from './require-row-values.ts';
import { refuseSubquery } from './refuse-subquery.ts';
import { predicateParameter, updateMetrics } from './row-history.ts';
import { bindRows } from './row-query.ts';
import { openRowTarget, type RowTarget } from './row-target.ts';
import { makeRows, selectValues } from './row-values.ts';
import { rowsTouched } from './touched-files.ts';
import type { WorkContext } from './work-context.ts';
import { touched, touchedAddress, touchedTable } from './work-tables.ts';
import { writeChanges } from './write-changes.ts';

export async function updateRows(
  statement: Update,
  context: StatementContext,
): Promise<StatementResult> {
  const rows = await changeRows(context, (work) => updateOnce(statement, work));
  return staticResult([{ name: 'num_affected_rows', type: longType }], [[rows]], {
    snapshots: context.pins.snapshots,
  });
}

async function updateOnce(statement: Update, context: WorkContext): Promise<number> {
  const { condition } = statement;
  const { clock } = context.services;
  const target = await openRowTarget(statement.target, statement.alias, true, context);
  refuseSubquery(condition, 'UPDATE condition', context);
  requireRowValues(
    statement.assignments.map(({ value }) =>
      value.kind === 'expression' ? value.expression : undefined,
    ),
    context,
  );
  const { fields } = target.snapshot.schema;
  const columns = assignedColumns(statement.assignments, fields, target, context.source);
  const filter = await bindCondition(condition, target, context);
  const some = newValues(columns, target, false, context);
  requireParameters(
    mergeParameters(filter.query.finish().parameters, some.query.finish().parameters),
    context.parameters,
  );
  const bound = await bindRows(some.query, some.given, context);
  const becomes = target.snapshot;
  const made = await makeRows({ target, becomes, columns, hasOldRow: true, bound }, context);
  const found = await findRows(filter.bound, target, context);
  const all = newValues(columns, target, true, context);
  const news = found.touchesAll ? await bindRows(all.query, all.given, context) : bound;
  const foundMs = clock.nowMs();
  const written = await writeChanges(
    {
      target,
      becomes,
      files: found.files,
      touchesAll: found.touchesAll,
      oldChangeTypeSql: quoteString('update_preimage'),
      updatesRows: true,
      newRows:
        found.files.length === 0
          ? []
          : [{ changeType: 'update_postimage', bound: news, select: made.select }],
      newRowCount: rowsTouched(found.files),
    },
    context,
  );
  const spent = { scanMs: foundMs - context.startedMs, rewriteMs: clock.nowMs() - foundMs };
  await commitRows(
    {
      target,
      written,
      decidedBy: [found.plan],
      description: {
        operation: 'UPDATE',
        operationParameters: { predicate: predicateParameter(condition) },
        operationMetrics: updateMetrics(target, written, spent),
        rowTrackingPreserved: true,
      },
    },
    context,
  );
  return rowsTouched(found.files);
}

/** The query of the new values of touched rows, or of all rows of the files it is run over. */
function newValues(
  columns: AssignedColumns,
  target: RowTarget,
  ofAllRows: boolean,
  context: WorkContext,
) {
  const { name, alias, address } = target;
  const query = new ComposedQuery(context.session.dialect);
  selectValues(query, columns, target, true);
  query.own(' FROM ', name.start);
  const given = new Map<number, BoundRelation>();
  given.set(query.name(name), { kind: 'table', table: target.table });
  if (alias !== undefined) query.own(` AS ${quoteIdentifier(alias)}`, name.start);
  if (!ofAllRows) {
    query.own(' JOIN ', name.start);
    given.set(query.name({ parts: [touchedTable], start: name.start }), touched);
    const on = `${quoteIdentifier(touchedAddress)} = ${quoteIdentifier(address)}`;
    query.own(` ON (${on})`, name.start);
  }
  return { query, given };
}
