/** `VERSION AS OF 3`, `t@v3`, `TIMESTAMP AS OF '2026-01-31'`: which version of a table is meant. */
import type { SourceSlice } from './source-slice.ts';

export interface TableVersion {
  readonly unit: 'VERSION' | 'TIMESTAMP';
  /**
   * Text of the source still to be translated (a parameter, a constant expression), or, as a string,
   * final SQL: the digits of a version, a quoted timestamp in UTC.
   */
  readonly value: SourceSlice | string;
  readonly start: number;
}
