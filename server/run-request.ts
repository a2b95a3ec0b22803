/**
 * One request's statement from its arrival to its last byte: a session, a place among the running
 * ones, the engine, the encoder. What is taken here is given back here, whatever happens.
 *
 *   track -> lend session -> enter -> engine.run -> first chunk -> (answer begins) -> ... -> close
 *
 * Until the first chunk is there a failure is thrown and becomes an error answer; afterwards it is
 * written at the end of the body, or cuts it off where the format has no place for it.
 */
import type { CodedError } from '../catalog/coded-error.ts';
import type { NewId } from '../catalog/ports.ts';
import type { Identity, Session } from '../sql/session.ts';
import type { SqlEngine, StageTiming, StatementStatistics } from '../sql/sql-engine.ts';
import { abortable } from './abortable.ts';
import type { Admission } from './admission.ts';
import type { BinaryForm } from './encode/json-cells.ts';
import type { ResultFormat } from './encode/result-format.ts';
import { holdPlaces } from './held-places.ts';
import type { Limits } from './limits.ts';
import { newSession, type Sessions } from './sessions.ts';
import type { SqlRequest } from './sql-request.ts';
import { failureOf, StatementBody } from './statement-body.ts';
import type { StatementRegistry } from './statement-registry.ts';

export interface StatementServices {
  readonly engine: SqlEngine;
  readonly admission: Admission;
  readonly registry: StatementRegistry;
  readonly sessions: Sessions;
  readonly limits: Limits;
  readonly newId: NewId;
  /** Gets what clients must not see of a defect. */
  readonly reportDefect: (error: unknown, queryId: string) => void;
}

export interface RunOptions {
  readonly identity: Identity;
  readonly format: ResultFormat;
  readonly binary: BinaryForm;
  readonly readOnly: boolean;
  /** `cacheKey`s of answers the client holds. */
  readonly knownCacheKeys: readonly string[];
  /** Aborted, with a CodedError, when nobody waits for the answer any more. */
  readonly clientSignal: AbortSignal;
}

/** An answer that can begin: either nothing has changed, or the first chunk is ready. */
export type StatementAnswer =
  | { readonly kind: 'notModified'; readonly cacheKey: string; readonly queryId: string }
  | {
      readonly kind: 'body';
      readonly queryId: string;
      readonly cacheKey: string | undefined;
      readonly queueMs: number;
      readonly timings: readonly StageTiming[];
      readonly statistics: StatementStatistics;
      readonly body: StatementBody;
    };

/** @throws CodedError for everything that goes wrong before the first byte */
export async function runRequest(
  services: StatementServices,
  request: SqlRequest,
  options: RunOptions,
): Promise<StatementAnswer> {
  const startMs = performance.now();
  const statement = services.registry.track({
    queryId: request.queryId,
    sql: request.sql,
    identity: options.identity.name,
    sessionId: request.sessionId,
  });
  const held = holdPlaces(statement, request.timeoutMs, options.clientSignal);
  try {
    const lent = await borrowSession(services, request, statement.signal);
    held.add(lent.giveBack);
    held.add(await services.admission.enter(statement.signal));
    const queueMs = performance.now() - startMs;
    statement.started();
    const running = services.engine.run({
      sql: request.sql,
      parameters: request.parameters,
      session: lent.session,
      identity: options.identity,
      rowLimit: request.rowLimit === undefined ? undefined : request.rowLimit + 1,
      readOnly: options.readOnly,
      maxStalenessMs: request.maxStalenessMs,
      minVersions: request.minVersions,
      knownCacheKeys: options.knownCacheKeys,
      signal: statement.signal,
    });
    // A statement that was given up keeps its place until the engine has let go of it.
    held.add(() => running.then((result) => result.close()));
    const result = await abortable(running, statement.signal);
    lent.giveBack();
    statement.pinned(result.snapshots);
    const { queryId } = statement;
    const { cacheKey } = result;
    if (cacheKey !== undefined && options.knownCacheKeys.includes(cacheKey)) {
      statement.succeeded();
      await held.releaseAll();
      return { kind: 'notModified', cacheKey, queryId };
    }
    const body = new StatementBody({
      limits: services.limits,
      reportDefect: services.reportDefect,
      statement,
      result,
      request,
      options,
      held,
      startMs,
    });
    await body.begin();
    const { timings, statistics } = result;
    return { kind: 'body', queryId, cacheKey, queueMs, timings, statistics, body };
  } catch (error) {
    const failure = failureOf(error, statement.signal);
    if (failure.code === 'INTERNAL_ERROR') services.reportDefect(failure.cause, statement.queryId);
    statement.failed(failure);
    // Not awaited: the client need not wait until the engine has let go.
    void held.releaseAll();
    throw new StatementFailure(failure, statement.queryId);
  }
}

/** Carries the query id to the error answer. */
export class StatementFailure extends Error {
  readonly error: CodedError;
  readonly queryId: string;
  constructor(error: CodedError, queryId: string) {
    super(error.message, { cause: error });
    this.error = error;
    this.queryId = queryId;
  }
}

interface LentSession {
  readonly session: Session;
  readonly giveBack: () => void;
}

/**
 * The session a statement runs in. `schema` and `dialect` of the request hold for the statement
 * alone: it gets a copy, whose changes (`USE`, `SET`) are kept.
 */
async function borrowSession(
  { sessions, newId }: StatementServices,
  request: SqlRequest,
  signal: AbortSignal,
): Promise<LentSession> {
  const { sessionId, schema, dialect } = request;
  if (sessionId === undefined) {
    return { session: newSession(newId(), { schema, dialect }), giveBack: () => undefined };
  }
  const loan = await sessions.lend(sessionId, signal);
  if (schema === undefined && dialect === undefined) return loan;
  const { session } = loan;
  const copy = { ...session };
  if (schema !== undefined) copy.currentSchema = schema;
  if (dialect !== undefined) copy.dialect = dialect;
  const given = { ...copy };
  let isLent = true;
  return {
    session: copy,
    giveBack: () => {
      if (!isLent) return;
      isLent = false;
      const changed = Object.entries(copy).filter(
        ([name, value]) => given[name as keyof Session] !== value,
      );
      Object.assign(session, Object.fromEntries(changed));
      loan.giveBack();
    },
  };
}
