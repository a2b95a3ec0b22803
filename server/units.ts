/**
 * Durations and sizes as people write them: `30s`, `500ms`, `5m`, `1h`; `64KiB`, `1.5GiB`, `2GB`.
 * A duration without a unit is refused, because half the world would mean milliseconds; a size
 * without one counts bytes.
 */
const msByUnit: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

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

/** Milliseconds, rounded up to a whole one; `undefined` when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  return parseAmount(text, msByUnit);
}

/** Bytes, rounded up to a whole one; `undefined` when the text is no size. */
export function parseSize(text: string): number | undefined {
  return parseAmount(text, bytesByUnit);
}

function parseAmount(text: string, units: { readonly [unit: string]: number }): number | undefined {
  const match = /^\s*(\d{1,15}(?:\.\d{1,9})?)\s*([A-Za-z]*)\s*$/.exec(text);
  if (match === null) return undefined;
  const [, digits = '', unit = ''] = match;
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined;
  if (factor === undefined) return undefined;
  const amount = Math.ceil(Number(digits) * factor);
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** The shortest exact form: `1500ms`, `30s`, `5m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const factor = msByUnit[unit] ?? 1;
    if (ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
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
