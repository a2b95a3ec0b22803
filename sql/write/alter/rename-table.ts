/** `ALTER TABLE ... RENAME TO`: another name in the catalog; the log stays as it is. */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { ObjectName } from '../../parse/statement.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { emptyResult } from '../../static-result.ts';

export async function renameTable(
  from: ObjectName,
  to: ObjectName,
  { services, session, signal }: StatementContext,
): Promise<StatementResult> {
  const { catalog } = services;
  if (from.parts.length === 2 && from.parts[0]?.toLowerCase() === 'delta') {
    throw new CodedError('UNSUPPORTED_FEATURE', 'A table at a path has no name to change.');
  }
  const { currentSchema } = session;
  const relation = await catalog.resolveTable(from.parts, { currentSchema, signal });
  const target = await catalog.targetName(to.parts, currentSchema);
  await catalog.renameTable(relation, target);
  return emptyResult();
}
