/**
 * The place of a row on a curve through the values of some columns, as SQL over their ranks: rows that
 * lie near each other in all of the columns come near each other. Ranks and not values are what is
 * combined, so that every type of column works and each counts the same. Pure text.
 */
import { hilbertSteps } from './hilbert-curve.ts';

export type Curve = 'zorder' | 'hilbert';

/** The most bits that a rank keeps: 1024 ranges of a column are as many as Delta makes. */
const rankBitsMax = 10;
/** What a BIGINT holds without its sign. */
const keyBits = 62;

/** Bits of each rank that the key has room for, with so many columns. At least one up to 62 columns. */
export function rankBits(columns: number): number {
  return Math.min(rankBitsMax, Math.floor(keyBits / columns));
}

/** A column's rank among `rows` rows as a number of `bits` bits; equal values have equal ones. */
export function rankSql(columnSql: string, rows: number, bits: number): string {
  const place = `(rank() OVER (ORDER BY ${columnSql} NULLS FIRST) - 1)`;
  return `CAST(${place}::HUGEINT * ${2 ** bits} // ${Math.max(rows, 1)} AS BIGINT)`;
}

/**
 * @param ranks names of columns with ranks in `from`, quoted
 * @param kept other columns to give, quoted
 * @returns a SELECT of `kept` and the key
 */
export function curveKeySql(options: {
  readonly curve: Curve;
  readonly ranks: readonly string[];
  readonly kept: string;
  readonly key: string;
  readonly from: string;
}): string {
  const { curve, ranks, kept, key, from } = options;
  const [only] = ranks;
  if (ranks.length === 1) return `SELECT ${kept}, ${only} AS ${key} FROM ${from}`;
  return curve === 'zorder' || ranks.length > hilbertColumnsMax
    ? `SELECT ${kept}, ${zOrderSql(ranks)} AS ${key} FROM ${from}`
    : hilbertSql({ ranks, kept, key, from });
}

/** Delta clusters by four columns at most; the table of states grows with 4 to the power of them. */
const hilbertColumnsMax = 6;

/** Bits taken in turn, those of the first column first. */
function zOrderSql(ranks: readonly string[]): string {
  const bits = rankBits(ranks.length);
  const count = ranks.length;
  const terms = ranks.flatMap((rank, column) =>
    Array.from({ length: bits }, (_, bit) => {
      const place = bit * count + (count - 1 - column);
      return `(((${rank} >> ${bit}) & 1) << ${place})`;
    }),
  );
  return terms.join(' | ');
}

/** One subquery for each bit, from the highest: the state so far, and the digits of the index so far. */
function hilbertSql(options: {
  readonly ranks: readonly string[];
  readonly kept: string;
  readonly key: string;
  readonly from: string;
}): string {
  const { ranks, kept, key, from } = options;
  const count = ranks.length;
  const { steps } = hilbertSteps(count);
  const table = `CAST([${steps.join(', ')}] AS INTEGER[])`;
  const mask = 2 ** count - 1;
  const all = [kept, ...ranks].join(', ');
  let sql = `SELECT ${all}, CAST(0 AS BIGINT) AS __levee_state, CAST(0 AS BIGINT) AS __levee_index FROM ${from}`;
  for (let bit = rankBits(count) - 1; bit >= 0; bit--) {
    const corner = ranks
      .map((rank, column) => `(((${rank} >> ${bit}) & 1) << ${column})`)
      .join(' | ');
    const step = `${table}[((__levee_state << ${count}) | ${corner}) + 1]`;
    sql = `SELECT ${all}, __levee_index, ${step} AS __levee_step FROM (${sql}) AS before${bit}`;
    sql =
      `SELECT ${all}, CAST(__levee_step >> ${count} AS BIGINT) AS __levee_state, ` +
      `(__levee_index << ${count}) | (__levee_step & ${mask}) AS __levee_index FROM (${sql}) AS step${bit}`;
  }
  return `SELECT ${kept}, __levee_index AS ${key} FROM (${sql}) AS placed`;
}
