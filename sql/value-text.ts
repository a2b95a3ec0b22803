/** Text of values whose DuckDB type has no Delta counterpart and that answers carry as strings. */

const microsPerSecond = 1_000_000n;

/** `HH:MM:SS` with as many digits of the fraction as are needed, of microseconds since midnight. */
export function formatTime(micros: bigint): string {
  const seconds = Number(micros / microsPerSecond);
  const fraction = Number(micros % microsPerSecond);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  return fraction === 0
    ? clock
    : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

/** A UUID of its 128 bits; DuckDB stores it with the top bit flipped, so that it sorts as signed. */
export function formatUuid(low: bigint, high: bigint): string {
  const top = BigInt.asUintN(64, high ^ (1n << 63n));
  const hex =
    top.toString(16).padStart(16, '0') + BigInt.asUintN(64, low).toString(16).padStart(16, '0');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/**
 * ISO 8601 duration, `P1Y2M3DT4H5M6.789S`; each part has its own sign, as months, days and time of
 * day are independent of each other. Zero is `PT0S`.
 */
export function formatInterval(months: number, days: number, micros: bigint): string {
  const years = Math.trunc(months / 12);
  const restMonths = months % 12;
  const negative = micros < 0n;
  const magnitude = negative ? -micros : micros;
  const sign = negative ? '-' : '';
  const hours = magnitude / (3600n * microsPerSecond);
  const minutes = (magnitude / (60n * microsPerSecond)) % 60n;
  const seconds = (magnitude / microsPerSecond) % 60n;
  const fraction = magnitude % microsPerSecond;
  let date = '';
  if (years !== 0) date += `${years}Y`;
  if (restMonths !== 0) date += `${restMonths}M`;
  if (days !== 0) date += `${days}D`;
  let time = '';
  if (hours !== 0n) time += `${sign}${hours}H`;
  if (minutes !== 0n) time += `${sign}${minutes}M`;
  if (seconds !== 0n || fraction !== 0n) {
    const digits =
      fraction === 0n ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
    time += `${sign}${seconds}${digits}S`;
  }
  if (date === '' && time === '') return 'PT0S';
  return `P${date}${time === '' ? '' : `T${time}`}`;
}
