/**
 * `INSERT INTO ... REPLACE WHERE condition`: the rows that meet a condition go, and the rows of a query,
 * all of which must meet it, come in their place.
 */
import { errorAt } from '../errors.ts';
import { bindText } from '../bind/bind-query.ts';
import { ComposedQuery, mergeParameters } from '../parse/composed-query.ts';
import { toDuckdbQuery } from '../parse/query-text.ts';
import { sliceText } from '../parse/source-slice.ts';
import type { SourceSlice } from '../parse/source-slice.ts';
import type { Insert } from '../parse/statement.ts';
import { joinPlans } from '../plan/join-plans.ts';
import { quoteString } from '../quote.ts';
import { raiseSql } from '../raise.ts';
import { requireParameters } from '../require-parameters.ts';
import { queryScope } from '../run-query.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { longType, staticResult } from '../static-result.ts';
import { changeRows, commitRows } from './dml/change-rows.ts';
import { bindCondition, findRows } from './dml/find-rows.ts';
import { refuseSubquery } from './dml/refuse-subquery.ts';
import { predicateParameter, removedFiles } from './dml/row-history.ts';
import { describeRows } from './dml/row-query.ts';
import { openRowTarget, type RowTarget } from './dml/row-target.ts';
import { rowsTouched } from './dml/touched-files.ts';
import type { WorkContext } from './dml/work-context.ts';
import { trackedExtra } from './dml/tracked-columns.ts';
import { writeChanges } from './dml/write-changes.ts';
import { identityHighWaterMarks, withHighWaterMarks } from './identity-columns.ts';
import { givenRows, insertedRows } from './inserted-rows.ts';
import type { RowRule } from './row-rules.ts';

export type ReplaceWhere = Insert & {
  readonly mode: { readonly kind: 'replaceWhere'; readonly condition: SourceSlice };
};

export async function replaceWhere(
  statement: ReplaceWhere,
  context: StatementContext,
): Promise<StatementResult> {
  const inserted = await changeRows(context, (work) => replaceOnce(statement, work));
  return staticResult(
    [
      { name: 'num_affected_rows', type: longType },
      { name: 'num_inserted_rows', type: longType },
    ],
    [[inserted, inserted]],
    { snapshots: context.pins.snapshots },
  );
}

async function replaceOnce(statement: ReplaceWhere, context: WorkContext): Promise<number> {
  const { condition } = statement.mode;
  const target = await openRowTarget(statement.target, undefined, true, context);
  const { snapshot } = target;
  refuseSubquery(condition, 'REPLACE WHERE condition', context);
  const filter = await bindCondition(condition, target, context);
  if (filter.bound.references.length !== 1) {
    throw errorAt(context.source, condition.start, {
      code: 'UNSUPPORTED_FEATURE',
      message: 'The condition of REPLACE WHERE is about the columns of the table alone.',
    });
  }
  const given = givenRows(statement, snapshot, context);
  const text = toDuckdbQuery(given.query, context.session.dialect);
  const known = mergeParameters(filter.query.finish().parameters, text.parameters);
  requireParameters(known, context.parameters);
  const bound = await bindText({ ...text, ...given.query, known }, queryScope(context), context);
  const columns = await describeRows(bound, context);
  const rows = insertedRows(statement, snapshot, { ...given, columns }, context, {
    rules: [conditionRule(condition, context)],
    alias: statement.target.parts.at(-1),
    extra: trackedExtra(target),
  });
  const found = await findRows(filter.bound, target, context);
  const [before, after] = rows.around;
  const written = await writeChanges(
    {
      target,
      becomes: rows.target,
      files: found.files,
      touchesAll: found.touchesAll,
      oldChangeTypeSql: quoteString('delete'),
      updatesRows: false,
      newRowCount: undefined,
      newRows: [{ changeType: 'insert', bound, select: (plan) => joinPlans(before, plan, after) }],
    },
    context,
  );
  const deleted = rowsTouched(found.files);
  const copied = target.marksRows
    ? 0
    : written.partFiles.reduce((sum, file) => sum + file.liveRows - file.touchedRows, 0);
  const { fields } = rows.target.schema;
  const marks = identityHighWaterMarks(fields, rows.identityColumns, written.writtenRows);
  const isAltered = rows.changesSchema || marks.size > 0;
  await commitRows(
    {
      target,
      written,
      decidedBy: [found.plan],
      metadata: isAltered
        ? withHighWaterMarks(rows.target.metadata, rows.target.schema, marks)
        : undefined,
      description: {
        operation: 'WRITE',
        operationParameters: {
          mode: 'Overwrite',
          partitionBy: JSON.stringify(snapshot.metadata.partitionColumns),
          predicate: predicateParameter(condition),
        },
        operationMetrics: metrics({ target, written, copied, deleted }),
        rowTrackingPreserved: true,
      },
    },
    context,
  );
  return written.writtenRows - copied;
}

/** The condition as a rule of the new rows. It was bound before: its functions are allowed ones. */
function conditionRule(condition: SourceSlice, { session }: WorkContext): RowRule {
  const { text } = new ComposedQuery(session.dialect).user(condition).finish();
  return {
    holds: text,
    failure: raiseSql(
      'DELTA_REPLACE_WHERE_MISMATCH',
      `A row to write does not meet the condition of REPLACE WHERE, ${sliceText(condition)}.`,
    ),
  };
}

function metrics(counts: {
  readonly target: RowTarget;
  readonly written: Awaited<ReturnType<typeof writeChanges>>;
  readonly copied: number;
  readonly deleted: number;
}): { readonly [name: string]: string } {
  const { target, written, copied, deleted } = counts;
  return {
    numFiles: String(written.written.length),
    numOutputRows: String(written.writtenRows),
    numOutputBytes: String(written.writtenBytes),
    numCopiedRows: String(copied),
    numDeletedRows: String(deleted),
    numRemovedFiles: String(removedFiles(target, written).length),
  };
}
