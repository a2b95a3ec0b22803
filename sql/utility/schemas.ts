/** `CREATE SCHEMA`, `DROP SCHEMA`. */
import { CodedError } from '../../catalog/coded-error.ts';
import { catalogName, defaultSchema } from '../../catalog/relation.ts';
import type { CreateSchema, DropSchema, ObjectName } from '../parse/statement.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import { emptyResult } from '../static-result.ts';

export async function createSchema(
  statement: CreateSchema,
  { services }: StatementContext,
): Promise<StatementResult> {
  if (statement.location !== undefined) {
    throw new CodedError('UNSUPPORTED_FEATURE', 'A schema cannot have a LOCATION of its own.', {
      hint: 'Schemas are folders of the warehouse; give a LOCATION to the tables.',
    });
  }
  const { ifNotExists, comment } = statement;
  await services.catalog.createSchema(schemaName(statement.name), { ifNotExists, comment });
  return emptyResult();
}

export async function dropSchema(
  statement: DropSchema,
  { services, session }: StatementContext,
): Promise<StatementResult> {
  const { ifExists, cascade } = statement;
  const name = schemaName(statement.name);
  await services.catalog.dropSchema(name, { ifExists, cascade });
  if (session.currentSchema.toLowerCase() === name.toLowerCase())
    session.currentSchema = defaultSchema;
  return emptyResult();
}

function schemaName({ parts }: ObjectName): string {
  const [first, second] = parts;
  if (first !== undefined && second === undefined) return first;
  if (first?.toLowerCase() === catalogName && second !== undefined && parts.length === 2)
    return second;
  throw new CodedError(
    'INVALID_NAME',
    `A schema's name has one part, or two with the catalog: ${parts.join('.')}.`,
  );
}
