/**
 * Which rows a MERGE touches and which it inserts. Rows of the target and of the source are joined once,
 * by the condition of ON; all that follows goes by the pairs that were found.
 *
 * 1. Pairs: rows of both sides for which ON holds, each with the first MATCHED clause whose condition
 *    does. The join reads only the files that may match.
 * 2. A row of the target in two pairs is an error, whatever the clauses, as in Delta; unless all that
 *    is done to matched rows is an unconditional DELETE.
 * 3. Rows of the target in no pair are looked at where there are clauses NOT MATCHED BY SOURCE.
 * 4. Rows of the source in no pair are inserted by the first NOT MATCHED clause whose condition holds.
 */
import { errorAt } from '../../errors.ts';
import { ComposedQuery } from '../../parse/composed-query.ts';
import type { BoundQuery, BoundRelation } from '../../bind/bound-query.ts';
import type { SourceSlice } from '../../parse/source-slice.ts';
import type { Merge } from '../../parse/statement.ts';
import type { QueryPlan } from '../../plan/query-plan.ts';
import { quoteIdentifier } from '../../quote.ts';
import type { MergeClause } from './merge-clauses.ts';
import type { MergeSourceRows, SourceName } from './merge-source.ts';
import { bindRows, planRows, runRows } from './row-query.ts';
import type { RowTarget } from './row-target.ts';
import type { WorkContext } from './work-context.ts';
import {
  inserted,
  insertedClause,
  insertedSource,
  insertedTable,
  pairs,
  pairsTable,
  sourceRow,
  touched,
  touchedAddress,
  touchedClause,
  touchedSource,
  touchedTable,
} from './work-tables.ts';

export interface MergeInput {
  readonly statement: Merge;
  readonly target: RowTarget;
  readonly source: MergeSourceRows;
  readonly clauses: readonly MergeClause[];
}

/** A query with what its names stand for. */
export class MergeQuery {
  readonly query: ComposedQuery;
  readonly given = new Map<number, BoundRelation>();
  readonly #input: Pick<MergeInput, 'target' | 'source'>;

  constructor(input: Pick<MergeInput, 'target' | 'source'>, context: WorkContext) {
    this.query = new ComposedQuery(context.session.dialect);
    this.#input = input;
  }

  own(text: string): this {
    this.query.own(text, this.#input.target.name.start);
    return this;
  }

  target(): this {
    const { target } = this.#input;
    return this.#named(target, { kind: 'table', table: target.table });
  }

  source(): this {
    const { called, relation } = this.#input.source;
    return this.#named(called, relation);
  }

  on(condition: SourceSlice, bounds: string): this {
    this.own(' ON (').query.user(condition);
    return this.own(`${bounds})`);
  }

  /** A work table, under its own name. */
  work(name: string, relation: BoundRelation): this {
    this.given.set(
      this.query.name({ parts: [name], start: this.#input.target.name.start }),
      relation,
    );
    return this;
  }

  #named({ name, alias }: SourceName, relation: BoundRelation): this {
    this.given.set(this.query.name(name), relation);
    return alias === undefined ? this : this.own(` AS ${quoteIdentifier(alias)}`);
  }

  /** `CASE` over the clauses: the number of the first whose condition holds; NULL for none. */
  firstClause(clauses: readonly MergeClause[]): this {
    if (clauses.length === 0) return this.own('CAST(NULL AS BIGINT)');
    this.own('CAST(CASE');
    for (const { condition, number } of clauses) {
      this.own(' WHEN ');
      if (condition === undefined) this.own('true');
      else this.query.user(condition);
      this.own(` THEN ${number}`);
    }
    return this.own(' END AS BIGINT)');
  }

  /** That any clause's condition holds; nothing where one has none. */
  whereAny(clauses: readonly MergeClause[]): this {
    if (clauses.some(({ condition }) => condition === undefined)) return this;
    clauses.forEach(({ condition }, index) => {
      this.own(index === 0 ? ' WHERE ' : ' OR ');
      if (condition !== undefined) this.query.user(condition);
    });
    return this;
  }

  async bind(context: WorkContext): Promise<BoundQuery> {
    return await bindRows(this.query, this.given, context);
  }
}

const id = quoteIdentifier;

/** The queries of the steps; none is run yet. */
export interface MergeSteps {
  readonly pairs: MergeQuery | undefined;
  readonly unmatchedTarget: MergeQuery | undefined;
  readonly unmatchedSource: MergeQuery | undefined;
}

/** `bounds` follows ON's condition: see `key-bounds.ts`. */
export function mergeSteps(input: MergeInput, bounds: string, context: WorkContext): MergeSteps {
  const { clauses } = input;
  const matched = clauses.filter(({ on }) => on === 'matched');
  const notMatched = clauses.filter(({ on }) => on === 'notMatched');
  const bySource = clauses.filter(({ on }) => on === 'notMatchedBySource');
  const onlyInserts = matched.length + bySource.length === 0;
  return {
    pairs: onlyInserts ? undefined : pairsQuery(input, matched, bounds, context),
    unmatchedTarget: bySource.length === 0 ? undefined : bySourceQuery(input, bySource, context),
    unmatchedSource:
      notMatched.length === 0
        ? undefined
        : insertedQuery(input, notMatched, onlyInserts ? bounds : undefined, context),
  };
}

function pairsQuery(
  input: MergeInput,
  matched: readonly MergeClause[],
  bounds: string,
  context: WorkContext,
): MergeQuery {
  const { target } = input;
  const query = new MergeQuery(input, context);
  query.own(`SELECT ${id(target.address)} AS ${id(touchedAddress)}, `);
  query.firstClause(matched);
  query.own(` AS ${id(touchedClause)}, ${id(sourceRow)} AS ${id(touchedSource)} FROM `);
  return query.target().own(' JOIN ').source().on(input.statement.condition, bounds);
}

function bySourceQuery(
  input: MergeInput,
  bySource: readonly MergeClause[],
  context: WorkContext,
): MergeQuery {
  const { target } = input;
  const address = id(target.address);
  const query = new MergeQuery(input, context);
  query.own(`SELECT ${address} AS ${id(touchedAddress)}, `);
  query.firstClause(bySource);
  query.own(` AS ${id(touchedClause)}, CAST(NULL AS BIGINT) AS ${id(touchedSource)} FROM `);
  query.target().own(' ANTI JOIN ').work(pairsTable, pairs);
  return query.own(` ON (${id(touchedAddress)} = ${address})`).whereAny(bySource);
}

function insertedQuery(
  input: MergeInput,
  notMatched: readonly MergeClause[],
  /** Where nothing but inserts is done: the rows are then held against the target itself. */
  bounds: string | undefined,
  context: WorkContext,
): MergeQuery {
  const query = new MergeQuery(input, context);
  query.own(`SELECT ${id(sourceRow)} AS ${id(insertedSource)}, `);
  query
    .firstClause(notMatched)
    .own(` AS ${id(insertedClause)} FROM `)
    .source()
    .own(' ANTI JOIN ');
  if (bounds !== undefined) query.target().on(input.statement.condition, bounds);
  else query.work(pairsTable, pairs).own(` ON (${id(touchedSource)} = ${id(sourceRow)})`);
  return query.whereAny(notMatched);
}

/**
 * Runs the steps: the tables of touched and of inserted rows are there afterwards, where there are
 * clauses for them. Gives the plans, which decided what happens.
 */
export async function findMergeRows(
  steps: MergeSteps,
  input: MergeInput,
  context: WorkContext,
): Promise<readonly QueryPlan[]> {
  const plans: QueryPlan[] = [];
  async function run(query: MergeQuery, name: string, before: string): Promise<void> {
    const bound = await query.bind(context);
    const plan = await planRows(bound, name, context);
    plans.push(plan);
    await runRows(bound, plan, { before }, context);
  }
  if (steps.pairs !== undefined) {
    await run(steps.pairs, 'pairs', `CREATE TEMP TABLE ${id(pairsTable)} AS `);
    await putTouched(input, context);
  }
  if (steps.unmatchedTarget !== undefined) {
    await run(steps.unmatchedTarget, 'target', `INSERT INTO ${id(touchedTable)} `);
  }
  if (steps.unmatchedSource !== undefined) {
    await run(steps.unmatchedSource, 'inserted', `CREATE TEMP TABLE ${id(insertedTable)} AS `);
  }
  return plans;
}

/** The pairs that a clause takes, each row of the target once. */
async function putTouched(input: MergeInput, context: WorkContext): Promise<void> {
  const { connection, signal } = context;
  const address = id(touchedAddress);
  const [counts] = await connection.rows(
    `SELECT count(*), count(DISTINCT ${address}) FROM ${id(pairsTable)}`,
    signal,
  );
  const hasRepeats = Number(counts?.[0]) > Number(counts?.[1]);
  if (hasRepeats && !onlyDeletes(input.clauses)) throw repeatedMatch(input, context);
  const create = `CREATE TEMP TABLE ${id(touchedTable)} AS `;
  const taken = `FROM ${id(pairsTable)} WHERE ${id(touchedClause)} IS NOT NULL`;
  const columns = `${address}, ${id(touchedClause)}, ${id(touchedSource)}`;
  const once = `SELECT ${address}, min(${id(touchedClause)}) AS ${id(touchedClause)}, min(${id(touchedSource)}) AS ${id(touchedSource)} ${taken} GROUP BY ${address}`;
  await connection.rows(create + (hasRepeats ? once : `SELECT ${columns} ${taken}`), signal);
}

/** Whether all that matched rows meet is one DELETE without a condition. */
function onlyDeletes(clauses: readonly MergeClause[]): boolean {
  const matched = clauses.filter(({ on }) => on === 'matched');
  const [only] = matched;
  return matched.length === 1 && only?.columns === undefined && only?.condition === undefined;
}

function repeatedMatch({ statement }: MergeInput, { source }: WorkContext) {
  return errorAt(source, statement.condition.start, {
    code: 'DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE',
    message:
      'Cannot perform MERGE as multiple source rows matched and attempted to modify the same ' +
      'target row in the Delta table in possibly conflicting ways.',
  });
}

/** The rows that a clause changes or inserts, with what it may look at. */
export function clauseQuery(
  clause: MergeClause,
  input: Pick<MergeInput, 'target' | 'source'>,
  select: (query: ComposedQuery) => void,
  context: WorkContext,
): MergeQuery {
  const query = new MergeQuery(input, context);
  select(query.query);
  query.own(' FROM ');
  const is = (column: string): string => `${id(column)} = ${clause.number}`;
  switch (clause.on) {
    case 'notMatched':
      query.work(insertedTable, inserted).own(' JOIN ').source();
      return query.own(` ON (${id(insertedSource)} = ${id(sourceRow)} AND ${is(insertedClause)})`);
    case 'matched':
    case 'notMatchedBySource':
      query.target().own(' JOIN ').work(touchedTable, touched);
      query.own(
        ` ON (${id(touchedAddress)} = ${id(input.target.address)} AND ${is(touchedClause)})`,
      );
      if (clause.on === 'notMatchedBySource') return query;
      query.own(' JOIN ').source();
      return query.own(` ON (${id(touchedSource)} = ${id(sourceRow)})`);
  }
}
