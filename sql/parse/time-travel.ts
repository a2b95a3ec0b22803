/**
 * Finds Delta's time travel in a query: `t VERSION AS OF 20`, `t FOR SYSTEM_TIME AS OF '2020-01-01'`,
 * `t@v20`, `t@20190101000000000`, ``delta.`/path@v3` ``. Only directly after a table's name, and only
 * where a table can stand: after FROM, JOIN, TABLE and the commas of a FROM list. Anywhere else in a FROM
 * clause it is a syntax error with its position; outside of one the words are ordinary names.
 *
 * Source: https://docs.delta.io/latest/delta-batch.html#query-an-older-snapshot-of-a-table-time-travel
 */
import { syntaxErrorAt } from '../errors.ts';
import { constantExpressionEnd } from './constant-expression.ts';
import {
  isName,
  isOperator,
  isWord,
  readAlias,
  readTableName,
  type TextRange,
} from './table-reference.ts';
import type { Token } from './tokenize.ts';

export interface TimeTravel {
  /** What DuckDB's AT clause has to replace: from after the name to the end of alias or expression. */
  readonly replace: TextRange;
  /** What has to stand there before the AT clause: the path without its `@v3`. */
  readonly name?: string | undefined;
  /** The alias with AS and column names, as written. */
  readonly alias?: TextRange | undefined;
  readonly unit: 'VERSION' | 'TIMESTAMP';
  /** The value: final SQL text, or a range of the source still to be translated. */
  readonly value: string | TextRange;
}

export interface QueryTables {
  readonly travels: readonly TimeTravel[];
  /** Each TABLE of `TABLE t`: FROM means the same, and lets an alias and AT follow. */
  readonly tableKeywords: readonly TextRange[];
}

/** One open bracket, or the whole query. */
interface Level {
  /** A query lies in these brackets, so that FROM is its clause (unlike `extract(day FROM d)`). */
  isQuery: boolean;
  inFrom: boolean;
  expectsTable: boolean;
  isEmpty: boolean;
}

const endsFrom = new Set(
  'select where group having window qualify order limit offset union except intersect minus'.split(
    ' ',
  ),
);

/** `tokens` are those of one query; `text` is the text they come from. */
export function findTimeTravel(tokens: readonly Token[], text: string): QueryTables {
  const travels: TimeTravel[] = [];
  const tableKeywords: TextRange[] = [];
  const levels: Level[] = [{ isQuery: true, inFrom: false, expectsTable: false, isEmpty: true }];
  for (let at = 0; at < tokens.length;) {
    const token = tokens[at];
    const level = levels.at(-1);
    if (token === undefined || level === undefined || token.kind === 'eof') break;
    if (token.kind === 'operator') {
      trackOperator(token.value, levels, level);
      level.isEmpty = false;
      at++;
      continue;
    }
    if (trackWord(tokens, at, level)) {
      at++;
      continue;
    }
    if (level.expectsTable) {
      if (isName(token) && isOperator(tokens[at + 1], ':')) {
        at += 2; // A prefix alias: the table comes after it.
        continue;
      }
      level.expectsTable = false;
      const read = readReference(tokens, at, text);
      if (read?.travel !== undefined) travels.push(read.travel);
      const keyword = tokens[at - 1];
      if (keyword && isWord(keyword, 'table') && read !== undefined) {
        tableKeywords.push({ start: keyword.start, end: keyword.end });
      }
      at = read?.next ?? at + 1;
      continue;
    }
    if (level.inFrom && travelStart(tokens, at) !== undefined) {
      throw syntaxErrorAt(
        text,
        token.start,
        'Time travel does not follow the name of a table here',
        'Write it directly after the name, before the alias: t VERSION AS OF 1 AS x.',
      );
    }
    at++;
  }
  return { travels, tableKeywords };
}

function trackOperator(operator: string, levels: Level[], level: Level): void {
  if (operator === '(') {
    // After FROM the brackets hold a join or a query; a SELECT inside tells.
    levels.push({
      isQuery: false,
      inFrom: level.expectsTable,
      expectsTable: level.expectsTable,
      isEmpty: true,
    });
    level.expectsTable = false;
  } else if (operator === '[' || operator === '{') {
    levels.push({ isQuery: false, inFrom: false, expectsTable: false, isEmpty: true });
  } else if (operator === ')' || operator === ']' || operator === '}') {
    if (levels.length > 1) levels.pop();
  } else {
    level.expectsTable = operator === ',' && level.inFrom;
  }
}

/** Follows the clauses of a query; false for a word that is none of theirs. */
function trackWord(tokens: readonly Token[], at: number, level: Level): boolean {
  const token = tokens[at];
  const isFirst = level.isEmpty;
  level.isEmpty = false;
  if (token?.kind !== 'word') return false;
  const word = token.value.toLowerCase();
  if (word === 'from') {
    if (!(level.isQuery || isFirst) || isDistinctFrom(tokens, at)) return true;
    level.isQuery = true;
    level.inFrom = true;
    level.expectsTable = true;
    return true;
  }
  if (word === 'join') {
    level.expectsTable = level.inFrom;
    return true;
  }
  if (word === 'lateral' || word === 'only') return level.expectsTable;
  if (word === 'table') {
    if (!startsQuery(tokens, at)) return false;
    level.isQuery = true;
    level.inFrom = true;
    level.expectsTable = true;
    return true;
  }
  if (word === 'with' && isFirst) {
    level.isQuery = true;
    level.inFrom = false;
    level.expectsTable = false;
    return true;
  }
  if (!endsFrom.has(word) || (word === 'minus' && level.expectsTable)) return false;
  if (word === 'select') level.isQuery = true;
  level.inFrom = false;
  level.expectsTable = false;
  return true;
}

/** The FROM of `IS [NOT] DISTINCT FROM`. */
function isDistinctFrom(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 2];
  return isWord(tokens[at - 1], 'distinct') && (isWord(before, 'is') || isWord(before, 'not'));
}

/** Whether TABLE stands where a query starts. */
function startsQuery(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  if (before === undefined || isOperator(before, '(') || isOperator(before, ')')) return true;
  return ['union', 'except', 'intersect', 'all', 'distinct', 'name'].some((word) =>
    isWord(before, word),
  );
}

interface ReadReference {
  readonly travel?: TimeTravel | undefined;
  readonly next: number;
}

function readReference(
  tokens: readonly Token[],
  first: number,
  text: string,
): ReadReference | undefined {
  const name = readTableName(tokens, first);
  if (name === undefined) return undefined;
  const spec = readTravelSpec(tokens, first, name.next, text);
  if (spec === undefined) return { next: name.next };
  if (travelStart(tokens, spec.next) !== undefined) {
    throw syntaxErrorAt(text, tokens[spec.next]?.start ?? 0, 'The table has two time travels');
  }
  const alias = readAlias(tokens, spec.next);
  const next = alias?.next ?? spec.next;
  return {
    next,
    travel: {
      replace: { start: spec.start, end: tokens[next - 1]?.end ?? spec.start },
      name: spec.name,
      alias: alias && { start: tokens[spec.next]?.start ?? 0, end: tokens[next - 1]?.end ?? 0 },
      unit: spec.unit,
      value: spec.value,
    },
  };
}

/** A time travel as it stands after a name, or inside one. */
export interface TravelSpec {
  readonly start: number;
  readonly name?: string | undefined;
  readonly unit: TimeTravel['unit'];
  readonly value: TimeTravel['value'];
  readonly next: number;
}

/**
 * The time travel after the name that the tokens from `first` to before `next` make, or at its end:
 * ``delta.`/path@v3` ``.
 */
export function readTravelSpec(
  tokens: readonly Token[],
  first: number,
  next: number,
  text: string,
): TravelSpec | undefined {
  const last = tokens[next - 1];
  if (last === undefined) return undefined;
  const inPath =
    next - first === 3 && isWord(tokens[first], 'delta') ? pathSuffix(last, text) : undefined;
  const bySign = readSign(tokens, next, text);
  if (inPath !== undefined && bySign !== undefined) {
    throw syntaxErrorAt(text, last.end, 'The table has two time travels');
  }
  if (inPath !== undefined) return { ...inPath, start: last.start, next };
  if (bySign !== undefined) return bySign;
  return readAsOf(tokens, next, text);
}

/** ``delta.`/path@v3` ``. */
function pathSuffix(path: Token, text: string): Omit<TravelSpec, 'next' | 'start'> | undefined {
  const suffix = /@(?:v(\d+)|(\d{17}))$/i.exec(path.value);
  if (path.kind !== 'quoted' || suffix === null || suffix.index === 0) return undefined;
  const [, version, timestamp] = suffix;
  const name = path.value.slice(0, suffix.index);
  if (version !== undefined) {
    return { name, unit: 'VERSION', value: versionNumber(version, path.start, text) };
  }
  return { name, unit: 'TIMESTAMP', value: compactTimestamp(timestamp ?? '', path.start, text) };
}

/** `t@v20`, `t@20190101000000000`; nothing may stand between. */
function readSign(tokens: readonly Token[], at: number, text: string): TravelSpec | undefined {
  const sign = tokens[at];
  const suffix = tokens[at + 1];
  if (!isOperator(sign, '@') || sign === undefined || sign.start !== tokens[at - 1]?.end)
    return undefined;
  if (suffix?.start === sign.end) {
    const version = suffix.kind === 'word' ? /^v(\d+)$/i.exec(suffix.value)?.[1] : undefined;
    if (version !== undefined) {
      const value = versionNumber(version, suffix.start, text);
      return { start: sign.start, unit: 'VERSION', value, next: at + 2 };
    }
    if (suffix.kind === 'number' && /^\d{17}$/.test(suffix.value)) {
      const value = compactTimestamp(suffix.value, suffix.start, text);
      return { start: sign.start, unit: 'TIMESTAMP', value, next: at + 2 };
    }
  }
  throw syntaxErrorAt(
    text,
    sign.start,
    'Expected a version or a timestamp after "@"',
    'Write t@v20, or t@20190131120000000 (yyyyMMddHHmmssSSS).',
  );
}

/** Index after OF when `[FOR] VERSION|TIMESTAMP AS OF` starts at `at`. */
function travelStart(
  tokens: readonly Token[],
  at: number,
): { readonly unit: TimeTravel['unit']; readonly next: number } | undefined {
  const from = isWord(tokens[at], 'for') ? at + 1 : at;
  const word = tokens[from];
  const isVersion = isWord(word, 'version') || isWord(word, 'system_version');
  if (!isVersion && !isWord(word, 'timestamp') && !isWord(word, 'system_time')) return undefined;
  if (!isWord(tokens[from + 1], 'as') || !isWord(tokens[from + 2], 'of')) return undefined;
  return { unit: isVersion ? 'VERSION' : 'TIMESTAMP', next: from + 3 };
}

/** `[FOR] VERSION|TIMESTAMP AS OF` with its value. */
export function readAsOf(
  tokens: readonly Token[],
  at: number,
  text: string,
): TravelSpec | undefined {
  const travel = travelStart(tokens, at);
  if (travel === undefined) return undefined;
  // The blanks between the name and the words go too.
  const start = tokens[at - 1]?.end ?? 0;
  const value = tokens[travel.next];
  const place = value?.start ?? text.length;
  if (travel.unit === 'VERSION') {
    const next = travel.next + 1;
    if (value?.kind === 'parameter') {
      return { start, unit: 'VERSION', value: { start: value.start, end: value.end }, next };
    }
    const isDigits = value !== undefined && /^\d+$/.test(value.value);
    if (!isDigits || (value.kind !== 'number' && value.kind !== 'string')) {
      throw syntaxErrorAt(text, place, 'Expected a version number after VERSION AS OF');
    }
    return { start, unit: 'VERSION', value: versionNumber(value.value, place, text), next };
  }
  const next = constantExpressionEnd(tokens, travel.next);
  if (next === undefined || value === undefined) {
    throw syntaxErrorAt(text, place, 'Expected a constant timestamp after TIMESTAMP AS OF');
  }
  const query = tokens
    .slice(travel.next, next)
    .find((token) => isWord(token, 'select') || isWord(token, 'from'));
  if (query !== undefined) {
    throw syntaxErrorAt(text, query.start, 'The timestamp of a time travel cannot be a query');
  }
  const end = tokens[next - 1]?.end ?? place;
  return { start, unit: 'TIMESTAMP', value: { start: value.start, end }, next };
}

function versionNumber(digits: string, at: number, text: string): string {
  const version = Number(digits);
  if (!Number.isSafeInteger(version))
    throw syntaxErrorAt(text, at, `Version ${digits} is too large`);
  return String(version);
}

/** yyyyMMddHHmmssSSS, as Delta writes it after `@`, to a timestamp literal. */
function compactTimestamp(digits: string, at: number, text: string): string {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/.exec(digits);
  const [, year, month, day, hour, minute, second, millis] = parts ?? [];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`;
  const time = new Date(iso);
  // Date rolls 31 February over into March: such a day does not exist.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) {
    throw syntaxErrorAt(text, at, `"${digits}" is not a timestamp of the form yyyyMMddHHmmssSSS`);
  }
  return `'${iso.replace('T', ' ').replace('Z', '')}'`;
}
