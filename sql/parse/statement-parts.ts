/**
 * What a statement names and what it holds as text, without looking at its kind: the tables, with
 * what is done to each, and the slices that are queries or expressions and may name more of them.
 * Every slice that the parser makes is here, and so is every table's name outside the slices.
 */
import type { ObjectName } from './object-name.ts';
import type { SourceSlice } from './source-slice.ts';
import type { AlterTableAction, Merge, Statement } from './statement.ts';
import type { AssignedValue, Assignment, MergeClause } from './write-statement.ts';

export interface NamedTable {
  readonly name: ObjectName;
  /** define: made, dropped, renamed or described anew. A view counts as a table. */
  readonly use: 'read' | 'write' | 'define';
}

export interface StatementParts {
  readonly tables: readonly NamedTable[];
  readonly queries: readonly SourceSlice[];
  readonly expressions: readonly SourceSlice[];
}

interface Found {
  readonly read?: readonly ObjectName[] | undefined;
  readonly write?: readonly ObjectName[] | undefined;
  readonly define?: readonly ObjectName[] | undefined;
  readonly queries?: readonly (SourceSlice | undefined)[] | undefined;
  readonly expressions?: readonly (SourceSlice | string | undefined)[] | undefined;
}

/** Slices in no particular order, but for those of one clause. */
export function statementParts(statement: Statement): StatementParts {
  const { read = [], write = [], define = [], queries = [], expressions = [] } = find(statement);
  return {
    tables: [
      ...define.map((name) => ({ name, use: 'define' }) as const),
      ...write.map((name) => ({ name, use: 'write' }) as const),
      ...read.map((name) => ({ name, use: 'read' }) as const),
    ],
    queries: queries.filter((slice) => slice !== undefined),
    expressions: expressions.filter((slice) => slice !== undefined && typeof slice !== 'string'),
  };
}

function find(statement: Statement): Found {
  switch (statement.kind) {
    case 'query':
    case 'explain':
    case 'describeQuery':
      return { queries: [statement.query] };
    case 'createView':
      return { define: [statement.name], queries: [statement.query] };
    case 'createTable':
      return {
        define: [statement.name],
        queries: [statement.asQuery],
        expressions: [
          ...(statement.columns ?? []).flatMap(({ defaultValue, generated }) => [
            defaultValue,
            generated?.kind === 'expression' ? generated.expression : undefined,
          ]),
          ...statement.constraints.map(({ condition }) => condition),
        ],
      };
    case 'createTableLike':
      return { define: [statement.name], read: [statement.source] };
    case 'cloneTable':
      return {
        define: [statement.name],
        read: [statement.source],
        expressions: [statement.version?.value],
      };
    case 'dropTable':
    case 'dropView':
    case 'undropTable':
      return { define: [statement.name] };
    case 'alterTable':
      return {
        define: [statement.table, ...renamed(statement.action)],
        ...findAlter(statement.action),
      };
    case 'alterView':
      return {
        define: [
          statement.view,
          ...(statement.action.kind === 'rename' ? [statement.action.to] : []),
        ],
        queries: [statement.action.kind === 'query' ? statement.action.query : undefined],
      };
    case 'commentOn':
      return { define: commented(statement.object) };
    case 'insert':
      return {
        write: [statement.target],
        queries: [statement.query],
        expressions: [
          ...statement.partition.map(({ value }) => value),
          statement.mode.kind === 'replaceWhere' ? statement.mode.condition : undefined,
        ],
      };
    case 'copyInto':
      return { write: [statement.target], expressions: [statement.select] };
    case 'update':
      return {
        write: [statement.target],
        expressions: [...assigned(statement.assignments), statement.condition],
      };
    case 'merge':
      return findMerge(statement);
    case 'delete':
    case 'optimize':
    case 'reorgTable':
      return { write: [statement.target], expressions: [statement.condition] };
    case 'restoreTable':
      return { write: [statement.target], expressions: [statement.version.value] };
    case 'truncateTable':
    case 'vacuum':
    case 'analyzeTable':
    case 'fsckRepairTable':
    case 'generate':
      return { write: [statement.target] };
    case 'convertToDelta':
      return { define: [statement.source] };
    case 'refreshTable':
      return { read: [statement.name] };
    case 'showColumns':
    case 'showCreateTable':
    case 'showProperties':
    case 'describeTable':
      return { read: [statement.table] };
    case 'describeHistory':
    case 'describeDetail':
      return { read: [statement.target] };
    case 'createSchema':
    case 'dropSchema':
    case 'use':
    case 'useCatalog':
    case 'set':
    case 'showSettings':
    case 'reset':
    case 'showSchemas':
    case 'showTables':
    case 'showDroppedTables':
    case 'showViews':
    case 'showCatalogs':
    case 'describeSchema':
    case 'beginTransaction':
    case 'commitTransaction':
    case 'rollbackTransaction':
    case 'unsupported':
      return {};
  }
}

function renamed(action: AlterTableAction): readonly ObjectName[] {
  return action.kind === 'rename' ? [action.to] : [];
}

function findAlter(action: AlterTableAction): Found {
  switch (action.kind) {
    case 'addColumns':
    case 'replaceColumns':
      return { expressions: action.columns.map(({ defaultValue }) => defaultValue) };
    case 'changeColumn':
      return { expressions: [action.to.defaultValue] };
    case 'alterColumns':
      return {
        expressions: action.changes.map(({ change }) =>
          change.kind === 'setDefault' ? change.value : undefined,
        ),
      };
    case 'addConstraint':
      return { expressions: [action.constraint.condition] };
    case 'renameColumn':
    case 'dropColumns':
    case 'dropConstraint':
    case 'setProperties':
    case 'unsetProperties':
    case 'clusterBy':
    case 'addFeature':
    case 'dropFeature':
    case 'rename':
    case 'setLocation':
      return {};
  }
}

function commented(object: Extract<Statement, { kind: 'commentOn' }>['object']) {
  switch (object.kind) {
    case 'table':
    case 'view':
      return [object.name];
    case 'column':
      return [object.table];
    case 'schema':
      return [];
  }
}

function findMerge(merge: Merge): Found {
  const { source } = merge;
  const all: readonly MergeClause<{ readonly kind: string }>[] = [
    ...merge.matched,
    ...merge.notMatched,
    ...merge.notMatchedBySource,
  ];
  const updates = [...merge.matched, ...merge.notMatchedBySource].flatMap(({ action }) =>
    action.kind === 'update' ? assigned(action.assignments) : [],
  );
  const inserts = merge.notMatched.flatMap(({ action }) =>
    action.kind === 'insert' ? action.values.map(expressionOf) : [],
  );
  return {
    write: [merge.target],
    read: source.kind === 'table' ? [source.name] : [],
    queries: [source.kind === 'query' ? source.query : undefined],
    expressions: [
      source.kind === 'function' ? source.call : undefined,
      source.kind === 'table' ? source.version?.value : undefined,
      merge.condition,
      ...all.map(({ condition }) => condition),
      ...updates,
      ...inserts,
    ],
  };
}

function assigned(assignments: readonly Assignment[]): readonly (SourceSlice | undefined)[] {
  return assignments.map(({ value }) => expressionOf(value));
}

function expressionOf(value: AssignedValue): SourceSlice | undefined {
  return value.kind === 'expression' ? value.expression : undefined;
}
