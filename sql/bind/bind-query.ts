/**
 * Names -> meanings. Takes the text of a query and finds, for every table name in it, the snapshot,
 * the view's query or the rows of `information_schema` it stands for. Nothing that is not found here
 * ever reaches DuckDB, and neither does a function that is not on the allow list.
 */
import { CodedError } from '../../catalog/coded-error.ts';
import { didYouMean } from '../../catalog/closest-name.ts';
import { metadataColumn } from '../file-metadata.ts';
import type { Dialect } from '../parse/dialect.ts';
import { byteOffsets } from '../parse/byte-offsets.ts';
import { errorAt, positionAt } from '../errors.ts';
import { toDuckdbQuery, type DuckdbQuery } from '../parse/query-text.ts';
import type { SourceSlice } from '../parse/source-slice.ts';
import {
  tableReferenceAt,
  type TableReference as ReferenceRange,
} from '../parse/table-reference.ts';
import type { QueryParameters } from '../parse/lexical-edits.ts';
import type { EditedText } from '../parse/text-edits.ts';
import { tokenize, type Token } from '../parse/tokenize.ts';
import { requireParameters } from '../require-parameters.ts';
import type { StatementContext } from '../statement-context.ts';
import type { BoundQuery, BoundReference, BoundRelation } from './bound-query.ts';
import { clockUse } from './clock-use.ts';
import {
  allowedFunctions,
  allowedTableFunctions,
  isAllowedFunction,
  isVolatile,
  knownRefusedFunctions,
} from './function-allow-list.ts';
import { addMetadataColumns } from './metadata-column.ts';
import { shortenQualifiedColumns } from './qualified-columns.ts';
import {
  readQueryReferences,
  TreeError,
  type QueryReferences,
  type TableReference,
} from './query-references.ts';
import { resolveRelation, type RelationScope } from './resolve-relation.ts';
import { requireSecondOpinion } from './second-look.ts';
import { bindTableChanges, isTableChanges, tableChangesCallAt } from './table-changes.ts';
import { tableVersion } from './table-version.ts';

/** Where a query stands: what its names are relative to. */
export interface QueryScope extends RelationScope {
  readonly dialect: Dialect;
}

/**
 * Throws what the parser, the catalog and the snapshots throw, with the position in the slice's
 * source; FUNCTION_NOT_ALLOWED and FUNCTION_NOT_FOUND for functions.
 */
export async function bindQuery(
  slice: SourceSlice,
  scope: QueryScope,
  context: StatementContext,
): Promise<BoundQuery> {
  const query = toDuckdbQuery(slice, scope.dialect);
  // A view's own text has none; those of the statement are checked before anything is looked up.
  const known = scope.viewStack.length > 0 ? query.parameters : undefined;
  return await bindText({ ...query, ...slice, known }, scope, context);
}

/** A text of DuckDB's dialect that leads back to `source`. */
export interface TextToBind extends DuckdbQuery {
  readonly source: string;
  /** Where the text begins in the source. */
  readonly start: number;
  /** Those of the values that were checked already; else the text's own are. */
  readonly known?: QueryParameters | undefined;
  /** What names stand for, by their UTF-16 offset in the text: these are not looked up. */
  readonly given?: ReadonlyMap<number, BoundRelation> | undefined;
}

/** As `bindQuery`, for a text that was translated already. */
export async function bindText(
  query: TextToBind,
  scope: QueryScope,
  context: StatementContext,
): Promise<BoundQuery> {
  const slice = query;
  const text = query.edited;
  const offsets = byteOffsets(text.text);
  const locate = (byteOffset: number | undefined) =>
    byteOffset === undefined ? slice.start : text.toSource(offsets.toUtf16(byteOffset));

  const { references, syntaxTree } = await atPlace(slice.source, locate, async () => {
    const tree = await context.services.duckdb.withConnection((connection) =>
      connection.syntaxTree(text.text, context.signal),
    );
    return { references: readQueryReferences(tree), syntaxTree: tree };
  });
  if (query.known === undefined) requireParameters(query.parameters, context.parameters);
  refuseFunctions(references, slice.source, locate);
  requireSecondOpinion(text.text, references);

  const tokens = tokenize(text.text, 'duckdb');
  const bound = await Promise.all(
    references.tables.map(async (table) => {
      const start = offsets.toUtf16(table.byteOffset);
      const range = tableReferenceAt(tokens, start);
      if (range === undefined) {
        throw errorAt(slice.source, locate(table.byteOffset), {
          code: 'PARSE_SYNTAX_ERROR',
          message: `The table ${table.name.join('.')} cannot be told apart in the text.`,
        });
      }
      return await bindReference(
        { table, start, range },
        { scope, context, text, slice, given: query.given },
      );
    }),
  );
  for (const { name, isTable, byteOffset } of references.functions) {
    if (!isTable || !isTableChanges(name) || byteOffset === undefined) continue;
    const start = offsets.toUtf16(byteOffset);
    bound.push(await bindChanges(start, tokens, { scope, context, text, slice, given: undefined }));
  }
  const qualified = shortenQualifiedColumns({ references, bound, tokens, offsets });
  const withMetadata = addMetadataColumns({
    syntaxTree,
    text: text.text,
    tokens,
    offsets,
    tables: references.tables,
    bound: qualified.references,
    refusal: (byteOffset, what, hint) =>
      errorAt(slice.source, locate(byteOffset), {
        code: 'UNSUPPORTED_FEATURE',
        message: `${metadataColumn} cannot be used with ${what}.`,
        hint,
      }),
  });
  const viewsClock = bound.flatMap(({ relation }) =>
    relation.kind === 'view' ? [relation.query.clockUse] : [],
  );
  const clock = clockUse(references, viewsClock);
  return {
    text,
    references: withMetadata.references,
    edits: [...qualified.edits, ...withMetadata.edits],
    parameters: query.parameters,
    isVolatile:
      clock.kind !== 'none' ||
      references.functions.some(({ name }) => isVolatile(name)) ||
      bound.some(isVolatileReference),
    clockUse: clock,
    hasGroupBy: references.hasGroupBy,
  };
}

interface ReferencePlace {
  readonly table: TableReference;
  readonly start: number;
  readonly range: ReferenceRange;
}

interface QueryPlace {
  readonly scope: QueryScope;
  readonly context: StatementContext;
  readonly text: EditedText;
  readonly slice: Pick<SourceSlice, 'source'>;
  readonly given: TextToBind['given'];
}

async function bindReference(place: ReferencePlace, query: QueryPlace): Promise<BoundReference> {
  const { table, start, range } = place;
  const { scope, context, text, slice } = query;
  const at = range.atClause;
  try {
    const relation =
      query.given?.get(start) ??
      (await resolveRelation(
        table.name,
        await tableVersion(table, at && text.text.slice(at.start, at.end), context),
        scope,
        context,
        bindQuery,
      ));
    return {
      nameStart: start,
      nameEnd: range.nameEnd,
      addedAlias: range.alias === undefined ? (table.name.at(-1) ?? '') : undefined,
      timeTravel: at,
      relation,
    };
  } catch (error) {
    throw error instanceof CodedError
      ? error.at(positionAt(slice.source, text.toSource(start)))
      : error;
  }
}

async function bindChanges(
  start: number,
  tokens: readonly Token[],
  { scope, context, text, slice }: QueryPlace,
): Promise<BoundReference> {
  const call = tableChangesCallAt(text.text, tokens, start);
  const place = text.toSource(start);
  if (call === undefined) {
    throw errorAt(slice.source, place, {
      code: 'PARSE_SYNTAX_ERROR',
      message: 'table_changes is written without a schema, its arguments in brackets behind it.',
    });
  }
  try {
    const resolve = (name: readonly string[]) =>
      resolveRelation(name, { kind: 'latest' }, scope, context, bindQuery);
    return await bindTableChanges(call, resolve, context);
  } catch (error) {
    throw error instanceof CodedError ? error.at(positionAt(slice.source, place)) : error;
  }
}

function isVolatileReference({ relation }: BoundReference): boolean {
  return relation.kind === 'constant' || (relation.kind === 'view' && relation.query.isVolatile);
}

function refuseFunctions(
  references: QueryReferences,
  source: string,
  locate: (byteOffset: number | undefined) => number,
): void {
  for (const { name, isTable, byteOffset } of references.functions) {
    if (isAllowedFunction(name, isTable) || (isTable && isTableChanges(name))) continue;
    const isKnown = knownRefusedFunctions.has(name) || isTable || name.startsWith('__');
    throw errorAt(
      source,
      locate(byteOffset),
      isKnown
        ? {
            code: 'FUNCTION_NOT_ALLOWED',
            message: `The function ${name} may not be used in a query.`,
          }
        : {
            code: 'FUNCTION_NOT_FOUND',
            message: `There is no function ${name}.`,
            hint: didYouMean(name, [...(isTable ? allowedTableFunctions : allowedFunctions)]),
          },
    );
  }
}

/** Gives errors that know a byte offset their position in the source. */
async function atPlace<T>(
  source: string,
  locate: (byteOffset: number | undefined) => number,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof TreeError) throw error.at(positionAt(source, locate(error.byteOffset)));
    if (error instanceof CodedError) throw error.at(positionAt(source, locate(undefined)));
    throw error;
  }
}
