/** `COMMENT ON TABLE` and `COMMENT ON COLUMN`: the same commits as Delta makes for them. */
import { CodedError } from '../../../catalog/coded-error.ts';
import type { CommentOn } from '../../parse/alter-statement.ts';
import type { StatementResult } from '../../sql-engine.ts';
import type { StatementContext } from '../../statement-context.ts';
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
    case 'view':
    case 'schema':
      throw new CodedError(
        'UNSUPPORTED_STATEMENT',
        `COMMENT ON ${object.kind.toUpperCase()} is not supported.`,
      );
  }
}
