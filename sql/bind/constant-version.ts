/** The version of a statement that is no query: RESTORE's. Its expression is checked like one of a query. */
import { CodedError } from '../../catalog/coded-error.ts';
import { positionAt } from '../errors.ts';
import { ComposedQuery } from '../parse/composed-query.ts';
import type { TableVersion as WrittenVersion } from '../parse/statement.ts';
import { requireParameters } from '../require-parameters.ts';
import { queryScope } from '../run-query.ts';
import type { StatementContext } from '../statement-context.ts';
import { bindText } from './bind-query.ts';
import type { TableVersion } from './snapshot-pins.ts';
import { tableVersion } from './table-version.ts';

/** @throws UNSUPPORTED_FEATURE for one that reads a table, and what a version in a query throws */
export async function constantVersion(
  { unit, value, start }: WrittenVersion,
  context: StatementContext,
): Promise<TableVersion> {
  try {
    const text = typeof value === 'string' ? value : await checkedText(value, context);
    return await tableVersion(
      { name: [], byteOffset: 0, timeTravel: { unit, constant: undefined } },
      `AT (${unit} => ${text})`,
      context,
    );
  } catch (error) {
    throw error instanceof CodedError ? error.at(positionAt(context.source, start)) : error;
  }
}

async function checkedText(
  value: Exclude<WrittenVersion['value'], string>,
  context: StatementContext,
): Promise<string> {
  const { dialect } = context.session;
  const query = new ComposedQuery(dialect).own('SELECT ', value.start).user(value).finish();
  requireParameters(query.parameters, context.parameters);
  const bound = await bindText(
    { ...query, source: context.source, start: 0, known: query.parameters, given: new Map() },
    queryScope(context),
    context,
  );
  if (bound.references.length > 0) {
    throw new CodedError(
      'UNSUPPORTED_FEATURE',
      'A version that is read from a table is not supported.',
    );
  }
  return new ComposedQuery(dialect)
    .user(value)
    .finish()
    .text.replace(/^\((.*)\)$/s, '$1');
}
