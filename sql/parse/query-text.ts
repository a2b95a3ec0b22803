/**
 * A query as the user wrote it -> the text that DuckDB's own parser accepts, with the way back for
 * error positions. Names are not resolved here and functions not translated: lexical differences and
 * time travel only.
 */
import { errorAt, syntaxErrorAt } from '../errors.ts';
import { quoteIdentifier } from '../quote.ts';
import type { Dialect } from './dialect.ts';
import { lexicalEdits, type QueryParameters } from './lexical-edits.ts';
import { sliceText, type SourceSlice } from './source-slice.ts';
import type { TextRange } from './table-reference.ts';
import { editText, uneditedText, type EditedText, type TextEdit } from './text-edits.ts';
import { findTimeTravel, type TimeTravel } from './time-travel.ts';
import { tokenize, type Token } from './tokenize.ts';

export interface DuckdbQuery {
  /** Free of comments and of a closing semicolon, brackets balanced: safe to put into a larger text. */
  readonly text: string;
  /** `text`, and the way from its offsets to those of the slice's source. */
  readonly edited: EditedText;
  readonly parameters: QueryParameters;
}

/**
 * Throws PARSE_SYNTAX_ERROR, MULTIPLE_STATEMENTS, STATEMENT_TOO_LARGE and STATEMENT_TOO_COMPLEX, with
 * positions in the slice's source.
 */
export function toDuckdbQuery(slice: SourceSlice, dialect: Dialect): DuckdbQuery {
  const { source } = slice;
  const all = tokenize(source, dialect);
  const first = all.findIndex((token) => token.start >= slice.start);
  const tokens = withoutSemicolons(
    all.slice(first).filter((token) => token.kind !== 'eof' && token.end <= slice.end),
    source,
  );
  if (tokens.length === 0) throw syntaxErrorAt(source, slice.start, 'The query is empty');
  refuseLooseBrackets(tokens, source);

  // What follows the last token is left out: a blank of Unicode there is part of a name to DuckDB.
  const end = tokens.at(-1)?.end ?? slice.end;
  const { edits, parameters } = lexicalEdits(tokens, source, {
    dialect,
    start: slice.start,
    end,
    questionMarksBefore: all.slice(0, first).filter((token) => isQuestionMark(token)).length,
  });
  const { travels, tableKeywords } = findTimeTravel(tokens, source);
  const travelled = travels.length === 0 ? edits : mergeTravels(edits, travels, source);
  const keywords = tableKeywords.map((keyword) => ({ ...keyword, text: 'FROM' }));
  const merged = keywords.length === 0 ? travelled : [...travelled, ...keywords];

  const base = uneditedText(sliceText({ ...slice, end }));
  const shifted: EditedText = {
    text: base.text,
    toSource: (offset) => base.toSource(offset) + slice.start,
  };
  const moved = slice.start === 0 ? merged : merged.map((edit) => moveEdit(edit, -slice.start));
  const edited = editText(shifted, moved);
  return { text: edited.text, edited, parameters };
}

function isQuestionMark(token: Token): boolean {
  return token.kind === 'parameter' && token.value === '';
}

function moveEdit(edit: TextEdit, by: number): TextEdit {
  return { start: edit.start + by, end: edit.end + by, text: edit.text };
}

function withoutSemicolons(tokens: readonly Token[], source: string): readonly Token[] {
  let end = tokens.length;
  const isSemicolon = (token: Token | undefined) =>
    token?.kind === 'operator' && token.value === ';';
  while (end > 0 && isSemicolon(tokens[end - 1])) end--;
  const kept = tokens.slice(0, end);
  const semicolon = kept.find(isSemicolon);
  if (semicolon !== undefined) {
    throw errorAt(source, semicolon.start, {
      code: 'MULTIPLE_STATEMENTS',
      message: 'Another statement follows the semicolon',
    });
  }
  return kept;
}

/** The source is balanced as a whole; a part of it need not be. */
function refuseLooseBrackets(tokens: readonly Token[], source: string): void {
  let depth = 0;
  for (const token of tokens) {
    if (token.kind !== 'operator') continue;
    if ('([{'.includes(token.value)) depth++;
    else if (')]}'.includes(token.value)) depth--;
    if (depth < 0) throw syntaxErrorAt(source, token.start, `"${token.value}" closes nothing`);
  }
  const last = tokens.at(-1);
  if (depth > 0) throw syntaxErrorAt(source, last?.end ?? 0, 'A bracket is never closed');
}

/** Time travel replaces whole ranges; the lexical edits inside them go into the new text. */
function mergeTravels(
  edits: readonly TextEdit[],
  travels: readonly TimeTravel[],
  source: string,
): readonly TextEdit[] {
  const result: TextEdit[] = [];
  let at = 0;
  for (const travel of travels) {
    const inside: TextEdit[] = [];
    for (
      let edit = edits[at];
      edit !== undefined && edit.start < travel.replace.end;
      edit = edits[++at]
    ) {
      if (edit.end > travel.replace.end) {
        throw syntaxErrorAt(source, edit.start, 'Unexpected literal after the time travel');
      }
      (edit.start >= travel.replace.start ? inside : result).push(edit);
    }
    const render = (range: TextRange) => renderRange(range, inside, source);
    const name = travel.name === undefined ? '' : quoteIdentifier(travel.name);
    const alias = travel.alias === undefined ? '' : ` ${render(travel.alias)}`;
    const value = typeof travel.value === 'string' ? travel.value : render(travel.value);
    const text = `${name}${alias} AT (${travel.unit} => ${value})`;
    result.push({ ...travel.replace, text });
  }
  return result.concat(edits.slice(at));
}

function renderRange(range: TextRange, edits: readonly TextEdit[], source: string): string {
  const inside = edits
    .filter((edit) => edit.start >= range.start && edit.end <= range.end)
    .map((edit) => moveEdit(edit, -range.start));
  return editText(uneditedText(source.slice(range.start, range.end)), inside).text.trim();
}
