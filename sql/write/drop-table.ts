/** `DROP TABLE`. What becomes of the files is the catalog's business: see `catalog-definitions.ts`. */
import { CodedError } from '../../catalog/coded-error.ts';
import { positionAt } from '../errors.ts';
import type { DropTable } from '../parse/statement.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { emptyResult } from '../static-result.ts';

export async function dropTable(
  { name, ifExists }: DropTable,
  context: StatementContext,
): Promise<StatementResult> {
  const { services, session, signal, source } = context;
  const options = { currentSchema: session.currentSchema, signal };
  try {
    const relation = ifExists
      ? await services.catalog.findTable(name.parts, options)
      : await services.catalog.resolveTable(name.parts, options);
    if (relation !== undefined) await services.catalog.dropTable(relation);
    return emptyResult();
  } catch (error) {
    throw error instanceof CodedError ? error.at(positionAt(source, name.start)) : error;
  }
}
