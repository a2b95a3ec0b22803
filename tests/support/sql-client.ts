/**
 * One way to ask SQL for tests that run the same statements against the engine in this process and
 * against a server over HTTP. Values are those of the JSON answers (docs/http-api.md).
 */
import { CodedError } from '../../catalog/coded-error.ts';
import type { Parameters, ResultColumn, SqlEngine } from '../../sql/sql-engine.ts';
import { anonymous, type Session } from '../../sql/session.ts';
import type { Dialect } from '../../sql/parse/dialect.ts';
import { typeName } from '../../sql/types.ts';
import { rowText, timestampText, type ValueForms } from './canonical-json.ts';

export type CellValue =
  null | boolean | number | string | readonly CellValue[] | { readonly [name: string]: CellValue };

export interface Ask {
  readonly sql: string;
  readonly dialect?: Dialect | undefined;
  readonly parameters?: unknown;
}

export interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly CellValue[])[];
}

export interface SqlClient {
  /** Throws `SqlFailure` for an error with a code, anything else for a defect. */
  run(ask: Ask): Promise<Answer>;
  close(): Promise<void>;
}

/** An error as a client sees it. */
export class SqlFailure extends Error {
  readonly code: string;
  readonly sqlState: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly position: { readonly line: number; readonly column: number } | undefined;

  constructor(failure: {
    code: string;
    sqlState: string;
    message: string;
    detail?: string | undefined;
    hint?: string | undefined;
    position?: { line: number; column: number } | undefined;
  }) {
    super(failure.message);
    this.code = failure.code;
    this.sqlState = failure.sqlState;
    this.detail = failure.detail;
    this.hint = failure.hint;
    this.position = failure.position;
  }
}

const jsonForms: ValueForms = {
  // Longs beyond 2^53 would lose digits in JSON.parse below: they come as strings.
  long: (value) =>
    value >= -9007199254740991n && value <= 9007199254740991n ? String(value) : `"${value}"`,
  float: (value) => (Number.isFinite(value) ? shortestFloat(value) : `"${value}"`),
  double: (value) => (Number.isFinite(value) ? String(value) : `"${value}"`),
  binary: (value) => `"${Buffer.from(value).toString('base64')}"`,
  micros: timestampText,
  variant: (json) => json,
  sortMaps: false,
};

export function newSession(dialect: Dialect = 'duckdb'): Session {
  return {
    id: 'test',
    currentSchema: 'default',
    dialect,
    transactionIdleMsMax: 60_000,
    temporaryViews: new Map(),
  };
}

/** Asks the engine directly; all statements share one session. Does not close the engine. */
export function engineClient(engine: SqlEngine, session: Session = newSession()): SqlClient {
  return {
    async run({ sql, dialect, parameters }) {
      if (dialect !== undefined) session.dialect = dialect;
      try {
        const result = await engine.run({
          sql,
          session,
          identity: anonymous,
          parameters: parameters as Parameters | undefined,
          signal: AbortSignal.timeout(60_000),
        });
        const types = result.columns.map(({ type }) => type);
        const rows: CellValue[][] = [];
        try {
          for await (const batch of result.batches) {
            for (let row = 0; row < batch.rowCount; row += 1) {
              rows.push(JSON.parse(rowText(batch, types, row, jsonForms)) as CellValue[]);
            }
          }
        } finally {
          await result.close();
        }
        return { columns: result.columns.map(nameAndType), rows };
      } catch (error) {
        throw error instanceof CodedError ? new SqlFailure(error) : error;
      }
    },
    async close() {},
  };
}

/**
 * Asks a server at `url`; all statements share one session of the server. `close` ends the session.
 */
export async function httpClient(url: string): Promise<SqlClient> {
  const opened = await fetch(`${url}/v1/sessions`, { method: 'POST' });
  const { id } = (await readReply(opened)) as unknown as { id: string };
  return {
    async run({ sql, dialect, parameters }) {
      const reply = await fetch(`${url}/v1/sql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sql, dialect, parameters, session: id }),
        signal: AbortSignal.timeout(60_000),
      });
      const { columns = [], rows = [] } = await readReply(reply);
      return { columns, rows };
    },
    async close() {
      await fetch(`${url}/v1/sessions/${id}`, { method: 'DELETE' });
    },
  };
}

interface ReplyBody extends Partial<Answer> {
  readonly complete?: boolean;
  readonly error?: FailureBody;
}
interface FailureBody {
  readonly code: string;
  readonly sqlState: string;
  readonly title?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: { line: number; column: number };
}

async function readReply(reply: Response): Promise<ReplyBody> {
  const text = await reply.text();
  const body = parseKeepingDigits(text) as ReplyBody & FailureBody;
  const failure = reply.ok ? body.error : body;
  if (failure === undefined) return body;
  if (typeof failure.code !== 'string') throw new Error(`${reply.status} without a code: ${text}`);
  throw new SqlFailure({ ...failure, message: `${failure.title ?? ''} ${failure.detail ?? ''}` });
}

/** JSON whose whole numbers of 16 and more digits come as strings, with all their digits. */
export function parseKeepingDigits(text: string): unknown {
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  return JSON.parse(
    text.replace(tokens, (token) => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token)),
  );
}

function nameAndType({ name, type }: ResultColumn): { name: string; type: string } {
  return { name, type: typeName(type) };
}

/** The fewest digits that name the 32-bit number. */
function shortestFloat(value: number): string {
  for (let digits = 1; digits < 9; digits += 1) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(value);
}
