/**
 * Intervals as table properties write them: `interval 30 days`, `1 week 2 days`, `12 hours`. Months
 * and years have no fixed length and are refused, as Delta does.
 * https://docs.delta.io/latest/table-properties.html
 */
const unitMs: ReadonlyMap<string, number> = new Map([
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
  ['millisecond', 1],
  ['microsecond', 0.001],
]);

/** Milliseconds, whole; `undefined` for text that is no such interval, or a negative one. */
export function parseIntervalMs(text: string): number | undefined {
  const words = text.trim().toLowerCase().split(/\s+/);
  if (words[0] === 'interval') words.shift();
  if (words.length === 0 || words.length % 2 !== 0 || words.length > 40) return undefined;
  let total = 0;
  for (let i = 0; i < words.length; i += 2) {
    const [amount = '', unit = ''] = words.slice(i, i + 2);
    const ms = unitMs.get(unit.replace(/s$/, ''));
    if (ms === undefined || !/^[+-]?\d{1,15}(?:\.\d{1,9})?$/.test(amount)) return undefined;
    if (amount.includes('.') && ms !== 1000) return undefined;
    total += Number(amount) * ms;
  }
  const whole = Math.floor(total);
  return whole >= 0 && Number.isSafeInteger(whole) ? whole : undefined;
}
