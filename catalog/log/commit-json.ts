/**
 * Bytes of a commit (or of a JSON checkpoint) to actions and back. One JSON document a line; a file
 * whose documents are spread over lines, as some writers leave it, is read as well.
 * What cannot be a whole commit (no bytes, a cut line, bytes that are not UTF-8) is
 * DELTA_LOG_CORRUPT with the file and the line, never half of its actions.
 * Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#delta-log-entries
 */
import { isUtf8 } from 'node:buffer';
import { parseAction, type Action, type CommitInfo } from './actions.ts';
import { placeInFile, type Where } from './field-reader.ts';

const newline = 0x0a;

/**
 * The actions of `bytes` in the order of the file. `file` is its location, for messages. Holds the
 * objects of a few hundred lines at a time, so that a commit of many files costs no more; a damaged line throws
 * when it is reached.
 */
export function* actionsOf(bytes: Uint8Array, file: string): Generator<Action, void, undefined> {
  let line = 0;
  let documents = 0;
  const where = placeInFile(file, () => `line ${line}`);
  for (const lines of blocksOf(bytes, where)) {
    const values = parseLines(lines);
    for (let i = 0; i < lines.length; i++) {
      const text = lines[i] ?? '';
      line++;
      let value: unknown;
      if (values !== undefined) {
        value = values[2 * i];
      } else {
        if (isBlank(text)) continue;
        try {
          value = JSON.parse(text);
        } catch (cause) {
          if (documents === 0) return yield* spreadActionsOf(bytes, file);
          throw where.corrupt(`is not JSON: ${messageOf(cause)}`, cause);
        }
      }
      documents++;
      const action = parseAction(value, text, where);
      if (action !== undefined) yield action;
    }
  }
  if (documents === 0) throw where.corrupt('the file holds no action');
}

/** Stands between lines that are parsed together. */
const separator = '\u007fline\u007f';
const separatorJson = `,"${separator}",`;

/**
 * The documents of all lines at once, which is quicker than one after another: that of line `i` is the
 * item `2 * i`. `undefined` unless each line is one document: the separators, which the lines do not
 * hold, must be every second item, so that none lies within a document that began on an earlier line,
 * and no line has two.
 */
function parseLines(lines: readonly string[]): readonly unknown[] | undefined {
  if (lines.length < 2) return undefined;
  if (lines.some((line) => line.includes(separator))) return undefined;
  const text = lines.join(separatorJson);
  try {
    const values: unknown = JSON.parse(`[${text}]`);
    if (!Array.isArray(values) || values.length !== 2 * lines.length - 1) return undefined;
    const documents: readonly unknown[] = values;
    for (let i = 1; i < documents.length; i += 2) if (documents[i] !== separator) return undefined;
    return documents;
  } catch {
    return undefined;
  }
}

/** All actions of a commit, in the order of the file. */
export function parseCommit(bytes: Uint8Array, file: string): Action[] {
  return [...actionsOf(bytes, file)];
}

/** The first `commitInfo` of a commit; other lines are not parsed. */
export function findCommitInfo(bytes: Uint8Array, file: string): CommitInfo | undefined {
  let line = 0;
  const where = placeInFile(file, () => `line ${line}`);
  for (const text of linesOf(bytes, where)) {
    line++;
    if (!text.startsWith('{"commitInfo"')) continue;
    try {
      const action = parseAction(JSON.parse(text), text, where);
      if (action?.kind === 'commitInfo') return action;
    } catch (cause) {
      throw where.corrupt(`is not JSON: ${messageOf(cause)}`, cause);
    }
  }
  // Written in another spelling, or not at all.
  for (const action of actionsOf(bytes, file)) if (action.kind === 'commitInfo') return action;
  return undefined;
}

/** The bytes of a commit with these actions, in this order. */
export function serializeCommit(actions: readonly Action[]): Uint8Array {
  return Buffer.from(actions.map((action) => `${serializeAction(action)}\n`).join(''), 'utf8');
}

/** One line of a commit, without the newline. */
export function serializeAction(action: Action): string {
  if (action.kind === 'commitInfo') return JSON.stringify({ commitInfo: action.fields });
  const { kind, ...body } = action;
  if (action.kind !== 'txn') return JSON.stringify({ [kind]: body });
  const { appId, version, lastUpdated } = action;
  const updated = lastUpdated === undefined ? '' : `,"lastUpdated":${lastUpdated}`;
  return `{"txn":{"appId":${JSON.stringify(appId)},"version":${version}${updated}}}`;
}

function* linesOf(bytes: Uint8Array, where: Where): Generator<string> {
  for (const lines of blocksOf(bytes, where)) yield* lines;
}

/** Some hundred lines of usual length. */
const blockBytes = 64 * 1024;

/** The lines in order, some at a time: whole ones, the last of the file without its newline. */
function* blocksOf(bytes: Uint8Array, where: Where): Generator<readonly string[]> {
  if (!isUtf8(bytes)) throw where.corrupt('the file is not UTF-8 text');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  while (start < buffer.length) {
    const found = buffer.indexOf(newline, Math.min(start + blockBytes, buffer.length) - 1);
    const end = found === -1 ? buffer.length : found;
    const lines = buffer.toString('utf8', start, end).split('\n');
    // What ends with the file ends with a newline.
    if (found === -1 && lines.at(-1) === '') lines.pop();
    yield lines;
    start = end + 1;
  }
}

/** Documents over several lines, one after the other with nothing but white space between. */
function* spreadActionsOf(bytes: Uint8Array, file: string): Generator<Action, void, undefined> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let start = 0;
  const where = placeInFile(file, () => `line ${text.slice(0, start).split('\n').length}`);
  for (;;) {
    while (start < text.length && isBlank(text[start] ?? '')) start++;
    if (start >= text.length) return;
    const end = documentEnd(text, start);
    if (end === undefined) throw where.corrupt('the JSON document does not end');
    const source = text.slice(start, end);
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch (cause) {
      throw where.corrupt(`is not JSON: ${messageOf(cause)}`, cause);
    }
    const action = parseAction(value, source, where);
    if (action !== undefined) yield action;
    start = end;
  }
}

/** One past the bracket that closes the one at `start`. */
function documentEnd(text: string, start: number): number | undefined {
  if (text[start] !== '{') return start + 1;
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return i + 1;
  }
  return undefined;
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
