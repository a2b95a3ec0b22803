/**
 * Errors as a user reads them, after psql:
 *
 *     ERROR:  TABLE_OR_VIEW_NOT_FOUND (42P01): there is no table "x"
 *     LINE 2: from x
 *                  ^
 *     HINT:  SHOW TABLES lists the tables.
 */
import { displayWidth } from './display-width.ts';
import { escapeControls, escapeTerminalControls } from './escape-controls.ts';
import { ConnectionError, ServerError } from './repl-error.ts';
import type { SourcePosition } from './statement-scanner.ts';

/** Cells of the statement's line that are shown around the position. */
const excerptWidth = 72;

export interface FailedStatement {
  readonly sql: string;
}

/** All lines of the message, each ended. */
export function errorText(error: unknown, statement?: FailedStatement): string {
  const lines = [`ERROR:  ${escapeTerminalControls(headline(error))}`];
  if (error instanceof ServerError) {
    if (error.position !== undefined && statement !== undefined) {
      lines.push(...excerpt(statement.sql, error.position));
    }
    if (error.more !== undefined) lines.push(`DETAIL:  ${escapeTerminalControls(error.more)}`);
  }
  const hint =
    error instanceof ServerError || error instanceof ConnectionError ? error.hint : undefined;
  if (hint !== undefined) lines.push(`HINT:  ${escapeTerminalControls(hint)}`);
  return `${lines.join('\n')}\n`;
}

function headline(error: unknown): string {
  if (error instanceof ServerError) {
    const state = error.sqlState === undefined ? '' : ` (${error.sqlState})`;
    return error.code === undefined
      ? `${error.message}${state}`
      : `${error.code}${state}: ${error.message}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** The line at `position` with a caret below; nothing when the statement has no such line. */
export function excerpt(sql: string, position: SourcePosition): readonly string[] {
  const line = sql.split(/\r?\n/)[position.line - 1];
  if (line === undefined) return [];
  const at = Math.min(Math.max(position.column - 1, 0), line.length);
  // A window around the position, cut between characters, never inside a surrogate pair.
  let from = Math.max(0, Math.min(at - Math.floor(excerptWidth / 2), line.length - excerptWidth));
  let to = Math.min(line.length, from + excerptWidth);
  if (isLowSurrogate(line, from)) from -= 1;
  if (isLowSurrogate(line, to)) to += 1;
  const show = (text: string): string => escapeControls(text.replaceAll('\t', ' '));
  const before = `LINE ${position.line}: ${from > 0 ? '...' : ''}`;
  const text = show(line.slice(from, to)) + (to < line.length ? '...' : '');
  const indent = displayWidth(before + show(line.slice(from, at)));
  return [before + text, `${' '.repeat(indent)}^`];
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}
