/**
 * A part of a SQL text that is kept as text: the query of a view, a default value. It holds the whole
 * text, so that an error inside the part can be given its line and column.
 */
export interface SourceSlice {
  readonly source: string;
  /** UTF-16 offsets into `source`; the end is exclusive. */
  readonly start: number;
  readonly end: number;
}

export function wholeText(source: string): SourceSlice {
  return { source, start: 0, end: source.length };
}

export function sliceText(slice: SourceSlice): string {
  return slice.source.slice(slice.start, slice.end);
}
