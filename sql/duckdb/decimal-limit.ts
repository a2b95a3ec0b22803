/** 128-bit integers leave Levee as DECIMAL(38,0); what does not fit is an error, never another value. */
import { CodedError } from '../../catalog/coded-error.ts';
import { isPresent, type DecimalVector } from '../../catalog/column-batch.ts';

export type DecimalLimit = 'hugeint' | 'uhugeint';

const limit = 10n ** 38n;
// Far from the limit the high word alone decides: 10^38 / 2^64 is about 5.4 * 10^18.
const highSafe = limit >> 64n;

/** Throws NUMERIC_VALUE_OUT_OF_RANGE for a present value of 39 digits. */
export function requireDecimal38(vector: DecimalVector, source: DecimalLimit): void {
  for (let i = 0; i < vector.length; i++) {
    const high = vector.words[2 * i + 1] ?? 0n;
    const unsignedOverflow = source === 'uhugeint' && high < 0n;
    if (!unsignedOverflow && high < highSafe && high > -highSafe) continue;
    if (!isPresent(vector, i)) continue;
    const signed = (high << 64n) | BigInt.asUintN(64, vector.words[2 * i] ?? 0n);
    const value = source === 'uhugeint' ? BigInt.asUintN(128, signed) : signed;
    if (value < limit && value > -limit) continue;
    throw new CodedError(
      'NUMERIC_VALUE_OUT_OF_RANGE',
      `The value ${value} does not fit in DECIMAL(38,0), the widest exact type of an answer.`,
      { hint: 'CAST it to DOUBLE or VARCHAR in the query.' },
    );
  }
}
