/** `UNDROP TABLE`. Which table comes back, and how, is the catalog's business: see `dropped-tables.ts`. */
import { CodedError } from '../../catalog/coded-error.ts';
import { positionAt } from '../errors.ts';
import type { UndropTable } from '../parse/statement.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { emptyResult } from '../static-result.ts';

export async function undropTable(
  { name }: UndropTable,
  { services, session, signal, source }: StatementContext,
): Promise<StatementResult> {
  const { catalog } = services;
  try {
    const target = await catalog.targetName(name.parts, session.currentSchema);
    await catalog.undropTable(target, { signal });
    return emptyResult();
  } catch (error) {
    throw error instanceof CodedError ? error.at(positionAt(source, name.start)) : error;
  }
}
