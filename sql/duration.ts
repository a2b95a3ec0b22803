/**
 * Durations as people write them: `30s`, `500ms`, `5m`, `1h`. One without a unit is refused, because
 * half the world would mean milliseconds.
 */
const msByUnit: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds, rounded up to a whole one; `undefined` when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  return parseAmount(text, msByUnit);
}

/**
 * A number and one of the units, times the unit, rounded up to a whole one; `undefined` for what has
 * another form or is not exact.
 */
export function parseAmount(
  text: string,
  units: { readonly [unit: string]: number },
): number | undefined {
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
