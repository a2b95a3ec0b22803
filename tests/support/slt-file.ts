/**
 * Reads SQL tests written as text, in the manner of sqllogictest
 * (https://www.sqlite.org/sqllogictest/doc/trunk/about.wiki) and of DuckDB's `.test` files. This
 * module only parses; `slt-runner.ts` runs. tests/slt/README.md describes the format for writers.
 */
export type SltSort = 'nosort' | 'rowsort' | 'valuesort';
/** T anything as text, I an integer, R a number with a fraction. */
export type SltColumn = 'T' | 'I' | 'R';

interface RecordBase {
  /** Where it begins in the file, from 1. */
  readonly line: number;
  /** Why it is not run, if it is not. */
  readonly skip: string | undefined;
  /** A known defect: the record must fail, and this says why. */
  readonly knownFailure: string | undefined;
  readonly sql: string;
  /** JSON text of the parameters, if there are any. */
  readonly parameters: string | undefined;
}
export interface StatementOk extends RecordBase {
  readonly kind: 'ok';
}
export interface StatementError extends RecordBase {
  readonly kind: 'error';
  readonly code: string;
  readonly position: { readonly line: number; readonly column: number } | undefined;
  /** Each must occur in the message, the detail or the hint. */
  readonly says: readonly string[];
}
export interface Query extends RecordBase {
  readonly kind: 'query';
  readonly types: readonly SltColumn[];
  readonly sort: SltSort;
  readonly names: readonly string[] | undefined;
  readonly rows: readonly (readonly string[])[];
}
export interface SetDialect {
  readonly kind: 'dialect';
  readonly line: number;
  readonly dialect: 'duckdb' | 'spark';
}
/** Puts a copy of a committed Delta table into the warehouse. */
export interface UseFixture {
  readonly kind: 'fixture';
  readonly line: number;
  /** `schema/table` in the warehouse. */
  readonly as: string;
  /** Below tests/tables/. */
  readonly from: string;
}
export type SltRecord = StatementOk | StatementError | Query | SetDialect | UseFixture;

export interface SltFile {
  readonly records: readonly SltRecord[];
  /** Why the whole file is not run, if it is not. */
  readonly skip: string | undefined;
}

/** Said once before a record, true of that record alone. */
interface Pending {
  skip: string | undefined;
  knownFailure: string | undefined;
  parameters: string | undefined;
  names: readonly string[] | undefined;
}

/** Throws an Error naming file and line where the text is not in the format. */
export function parseSltFile(path: string, text: string): SltFile {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const records: SltRecord[] = [];
  let skip: string | undefined;
  let pending: Pending = nothingPending();
  let at = 0;

  const fail = (line: number, problem: string): never => {
    throw new Error(`${path}:${line}: ${problem}`);
  };
  /** The lines from here to an empty line, or to `----`, which is left for the caller. */
  const block = (): string[] => {
    const taken: string[] = [];
    while (at < lines.length && lines[at] !== '' && lines[at] !== '----') {
      taken.push(lines[at] ?? '');
      at += 1;
    }
    return taken;
  };
  const expected = (): string[] | undefined => {
    if (lines[at] !== '----') return undefined;
    at += 1;
    return block();
  };
  const base = (line: number): RecordBase & { names: readonly string[] | undefined } => {
    const sql = block().join('\n');
    if (sql.trim() === '') fail(line, 'there is no SQL');
    const said = { ...pending, line, sql };
    pending = nothingPending();
    return said;
  };

  while (at < lines.length) {
    const line = at + 1;
    const words = (lines[at] ?? '').split(/\s+/).filter((word) => word !== '');
    const rest = (lines[at] ?? '').trim().replace(/^\S+\s*/, '');
    at += 1;
    const [first] = words;
    if (first === undefined || first.startsWith('#')) continue;
    if (first === 'skip-file') skip = rest === '' ? fail(line, 'say why') : rest;
    else if (first === 'skip') pending.skip = rest === '' ? fail(line, 'say why') : rest;
    else if (first === 'known-failure') {
      pending.knownFailure = rest === '' ? fail(line, 'say why') : rest;
    } else if (first === 'parameters') pending.parameters = rest;
    else if (first === 'names') pending.names = rest.split(',').map((name) => name.trim());
    else if (first === 'dialect') {
      if (rest !== 'duckdb' && rest !== 'spark') return fail(line, 'dialect duckdb|spark');
      records.push({ kind: 'dialect', line, dialect: rest });
    } else if (first === 'fixture') {
      const [, as, from] = words;
      if (as === undefined || from === undefined) return fail(line, 'fixture schema/table folder');
      records.push({ kind: 'fixture', line, as, from });
    } else if (first === 'statement' && rest === 'ok') {
      records.push({ kind: 'ok', ...base(line) });
      if (expected() !== undefined) fail(at, 'a statement that is ok has no rows: use query');
    } else if (first === 'statement' && words[1] === 'error') {
      const match = /^error ([A-Z_]+)(?: at (\d+):(\d+))?$/.exec(rest);
      if (match === null) return fail(line, 'statement error CODE [at line:column]');
      const [, code = '', row, column] = match;
      const position =
        row === undefined ? undefined : { line: Number(row), column: Number(column) };
      records.push({ kind: 'error', ...base(line), code, position, says: expected() ?? [] });
    } else if (first === 'query') {
      const match = /^([TIR]+)(?: (nosort|rowsort|valuesort))?$/.exec(rest);
      if (match === null) return fail(line, 'query TIR... [nosort|rowsort|valuesort]');
      const types = [...(match[1] ?? '')] as SltColumn[];
      const sort = (match[2] ?? 'nosort') as SltSort;
      const said = base(line);
      const rows = expected();
      if (rows === undefined) return fail(line, 'a query needs ---- and its rows');
      const cells = rows.map((row, index) => {
        const found = row.split('\t');
        if (found.length !== types.length) {
          fail(at - rows.length + index + 1, `${types.length} values, separated by tabs`);
        }
        return found;
      });
      records.push({ kind: 'query', ...said, types, sort, rows: cells });
    } else fail(line, `not known: ${first}`);
  }
  return { records, skip };
}

function nothingPending(): Pending {
  return { skip: undefined, knownFailure: undefined, parameters: undefined, names: undefined };
}
