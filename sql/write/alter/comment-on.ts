/**
 * `COMMENT ON TABLE` and `COLUMN`: the same commits as Delta makes for them. `COMMENT ON VIEW` and
 * `SCHEMA`: a change of the catalog.
 */
import { CodedError } from '../../../catalog/coded-error.ts';
import { positionAt } from '../../errors.ts';
import type { CommentOn } from '../../parse/alter-statement.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
import { emptyResult } from '../../static-result.ts';
import { alterTable } from './alter-table.ts';

export async function commentOn(
  { object, comment }: CommentOn,
  context: StatementContext,
): Promise<StatementResult> {
  switch (object.kind) {
    case 'table': {
      const action =
        comment === undefined
          ? ({ kind: 'unsetProperties', keys: ['comment'], ifExists: true } as const)
          : ({ kind: 'setProperties', properties: [{ key: 'comment', value: comment }] } as const);
      return await alterTable({ kind: 'alterTable', table: object.name, action }, context);
    }
    case 'column': {
      const column = { parts: [object.column], start: object.table.start };
      const change = { kind: 'comment', comment } as const;
      const action = { kind: 'alterColumns', changes: [{ column, change }] } as const;
      return await alterTable({ kind: 'alterTable', table: object.table, action }, context);
    }
    case 'view': {
      const { services, session, signal, source } = context;
      const { parts, start } = object.name;
      try {
        const { currentSchema } = session;
        const relation = await services.catalog.resolveTable(parts, { currentSchema, signal });
        await services.catalog.changeView(relation, (view) => ({ ...view, comment }));
      } catch (error) {
        throw error instanceof CodedError ? error.at(positionAt(source, start)) : error;
      }
      return emptyResult();
    }
    case 'schema': {
      const { services, signal } = context;
      const name = await services.catalog.resolveSchema(object.name.parts, { signal });
      await services.catalog.commentOnSchema(name, comment);
      return emptyResult();
    }
  }
}
