/** What `\pset`, `\x` and the command line can set about the form of a result. */

export const outputFormats = [
  'table',
  'expanded',
  'csv',
  'tsv',
  'json',
  'ndjson',
  'markdown',
  'unaligned',
] as const;

export type OutputFormat = (typeof outputFormats)[number];

export type ExpandedMode = 'on' | 'off' | 'auto';

/** What happens to a table wider than the terminal. */
export type FitMode = 'wrap' | 'truncate' | 'off';

export interface RenderOptions {
  readonly format: OutputFormat;
  readonly expanded: ExpandedMode;
  readonly fit: FitMode;
  /** Cells that a line may take; `undefined` for no limit. */
  readonly width: number | undefined;
  /** Shown for NULL in every format but JSON (null), CSV (nothing) and TSV (`\N`). */
  readonly nullText: string;
  readonly fieldSeparator: string;
  /** Without names of columns and without the count of rows. */
  readonly tuplesOnly: boolean;
  readonly footer: boolean;
}

export const defaultRenderOptions: RenderOptions = {
  format: 'table',
  expanded: 'off',
  fit: 'wrap',
  width: undefined,
  nullText: 'NULL',
  fieldSeparator: '|',
  tuplesOnly: false,
  footer: true,
};

const synonyms: ReadonlyMap<string, OutputFormat> = new Map([
  ['aligned', 'table'],
  ['vertical', 'expanded'],
  ['jsonl', 'ndjson'],
  ['jsonlines', 'ndjson'],
  ['md', 'markdown'],
]);

/** The format with that name or synonym; `undefined` if there is none. */
export function findFormat(name: string): OutputFormat | undefined {
  const wanted = name.toLowerCase();
  return outputFormats.find((format) => format === wanted) ?? synonyms.get(wanted);
}
