/** Sizes as people write them: `64KiB`, `1.5GiB`, `2GB`; one without a unit counts bytes. Durations
 * are SQL's (`sql/duration.ts`). */
import { parseAmount } from '../sql/duration.ts';

export { formatDuration, parseDuration } from '../sql/duration.ts';

const bytesByUnit: { readonly [unit: string]: number } = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** Bytes, rounded up to a whole one; `undefined` when the text is no size. */
export function parseSize(text: string): number | undefined {
  return parseAmount(text, bytesByUnit);
}

/** The shortest exact form: `1000`, `64KiB`, `2GiB`. */
export function formatSize(bytes: number): string {
  if (bytes === 0) return '0';
  for (const [unit, factor] of [
    ['TiB', 1024 ** 4],
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}
