/**
 * Runs the SQL tests of `slt-file.ts` against anything that answers SQL: the engine in this process
 * or a server over HTTP (`sql-client.ts`). Compares whole results; a difference is an
 * AssertionError that names the file and line and shows both sides.
 */
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from './shared-folder.ts';
import type { Query, SltColumn, SltFile, SltRecord, SltSort, StatementError } from './slt-file.ts';
import { SqlFailure, type Answer, type CellValue, type SqlClient } from './sql-client.ts';

export interface SltTarget {
  readonly client: SqlClient;
  /** The folder that `${WAREHOUSE}` stands for and fixtures are copied to. */
  readonly warehouse: string;
}

/** Runs every record in order. Returns the reasons of the records that were skipped. */
export async function runSltFile(
  path: string,
  file: SltFile,
  target: SltTarget,
): Promise<readonly string[]> {
  const skipped: string[] = [];
  let dialect: 'duckdb' | 'spark' = 'duckdb';
  for (const record of file.records) {
    if (record.kind === 'dialect') {
      dialect = record.dialect;
    } else if (record.kind === 'fixture') {
      const from = join(repositoryRoot, 'tests/tables', record.from);
      await cp(from, join(target.warehouse, record.as), { recursive: true });
    } else if (record.skip !== undefined) {
      skipped.push(`line ${record.line}: ${record.skip}`);
    } else {
      await runRecord({ path, record, dialect, target });
    }
  }
  return skipped;
}

type Runnable = Exclude<SltRecord, { kind: 'dialect' | 'fixture' }>;

interface Run {
  readonly path: string;
  readonly record: Runnable;
  readonly dialect: 'duckdb' | 'spark';
  readonly target: SltTarget;
}

async function runRecord(run: Run): Promise<void> {
  const { record } = run;
  if (record.knownFailure === undefined) return checkRecord(run);
  try {
    await checkRecord(run);
  } catch (error) {
    if (error instanceof assert.AssertionError) return;
    throw error;
  }
  assert.fail(`${where(run)}: passes now; take its known-failure away (${record.knownFailure})`);
}

async function checkRecord(run: Run): Promise<void> {
  const { record, dialect, target } = run;
  const sql = record.sql.replaceAll('${WAREHOUSE}', target.warehouse);
  const parameters =
    record.parameters === undefined ? undefined : (JSON.parse(record.parameters) as unknown);
  let answer: Answer;
  try {
    answer = await target.client.run({ sql, dialect, parameters });
  } catch (error) {
    if (!(error instanceof SqlFailure)) throw error;
    if (record.kind === 'error') return checkError(run, record, error);
    assert.fail(`${where(run)}: ${describeFailure(error)}`);
  }
  switch (record.kind) {
    case 'ok':
      return;
    case 'error':
      assert.fail(`${where(run)}: succeeded, but ${record.code} was expected`);
      return;
    case 'query':
      checkRows(run, record, answer);
      return;
  }
}

function checkError(run: Run, expected: StatementError, error: SqlFailure): void {
  const got = `${where(run)}: ${describeFailure(error)}`;
  assert.equal(error.code, expected.code, got);
  if (expected.position !== undefined) assert.deepEqual(error.position, expected.position, got);
  const said = [error.message, error.detail, error.hint].join('\n');
  for (const text of expected.says) assert.ok(said.includes(text), `${got}\nlacks: ${text}`);
}

function checkRows(run: Run, expected: Query, answer: Answer): void {
  assert.equal(answer.columns.length, expected.types.length, `${where(run)}: number of columns`);
  if (expected.names !== undefined) {
    const names = answer.columns.map(({ name }) => name);
    assert.deepEqual(names, expected.names, `${where(run)}: names of the columns`);
  }
  expected.types.forEach((type, index) => {
    const { name, type: actual } = answer.columns[index] ?? { name: '', type: '' };
    assert.ok(fitsType(type, actual), `${where(run)}: ${name} is ${actual}, expected ${type}`);
  });
  const actualRows = answer.rows.map((row) => row.map(renderCell));
  const actual = sortRows(actualRows, expected.sort);
  const wanted = sortRows(
    expected.rows.map((row) => row.map(normalizeTime)),
    expected.sort,
  );
  if (!sameRows(actual, wanted, expected.types)) {
    assert.deepEqual(toText(actual), toText(wanted), `${where(run)}: rows`);
  }
}

/** Numbers with a fraction may differ in the last digits: sums depend on the order of the rows. */
const relativeTolerance = 1e-12;

function sameRows(actual: Rows, wanted: Rows, types: readonly SltColumn[]): boolean {
  if (actual.length !== wanted.length) return false;
  return actual.every((row, index) =>
    row.every((cell, column) => {
      const other = wanted[index]?.[column] ?? '';
      if (cell === other) return true;
      if (types[column % types.length] !== 'R') return false;
      const [a, b] = [Number(cell), Number(other)];
      return Math.abs(a - b) <= relativeTolerance * Math.max(Math.abs(a), Math.abs(b));
    }),
  );
}

type Rows = readonly (readonly string[])[];

function sortRows(rows: Rows, sort: SltSort): Rows {
  switch (sort) {
    case 'nosort':
      return rows;
    case 'rowsort':
      return [...rows].sort((a, b) => compareText(a.join('\t'), b.join('\t')));
    case 'valuesort':
      return rows
        .flat()
        .sort(compareText)
        .map((cell) => [cell]);
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toText(rows: Rows): string {
  return rows.map((row) => row.join('\t')).join('\n');
}

function fitsType(type: SltColumn, actual: string): boolean {
  switch (type) {
    case 'T':
      return true;
    case 'I':
      return /^(TINYINT|SMALLINT|INT|BIGINT|DECIMAL\(\d+,0\))$/.test(actual);
    case 'R':
      return /^(FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/.test(actual);
  }
}

/** A value as it stands in a `.test` file. */
export function renderCell(value: CellValue): string {
  if (value === null) return 'NULL';
  if (value === '') return '(empty)';
  if (typeof value === 'string') {
    return normalizeTime(value).replaceAll('\t', '\\t').replaceAll('\n', '\\n');
  }
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

/** A point in time without the zeros that end its fraction, which mean nothing. */
function normalizeTime(cell: string): string {
  return cell.replace(
    /^([+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d*?)0*)?(Z?)$/,
    (_, second: string, fraction: string | undefined, zone: string) =>
      `${second}${fraction === undefined || fraction === '' ? '' : `.${fraction}`}${zone}`,
  );
}

function where({ path, record }: Run): string {
  return `${path}:${record.line}`;
}

function describeFailure(error: SqlFailure): string {
  const at =
    error.position === undefined ? '' : ` at ${error.position.line}:${error.position.column}`;
  return `${error.code}${at}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`;
}
