/**
 * JSON of a request, without JavaScript's silent losses: bytes that are not UTF-8, integers that
 * a double cannot hold, names that reach into prototypes and bottomless nesting are refused.
 */
import { CodedError } from '../catalog/coded-error.ts';

/** @throws CodedError INVALID_REQUEST */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new CodedError('INVALID_REQUEST', 'the body is not valid UTF-8', { cause: error });
  }
}

/**
 * Parses JSON. Members named `__proto__` are refused.
 * @param depthMax deepest nesting of arrays and objects
 * @throws CodedError INVALID_REQUEST
 */
export function parseJson(text: string, depthMax: number): unknown {
  checkTokens(text, depthMax);
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__')
        throw new CodedError('INVALID_REQUEST', 'no member may be named "__proto__"');
      return value;
    });
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError(
      'INVALID_REQUEST',
      `the JSON cannot be read: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

/** One token: a string (skipped), a number, or a bracket. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[[\]{}]/gs;

/**
 * Looks at numbers and brackets before anything is built. A number written without an exponent
 * must be one that a double holds exactly up to 2^53; with one it is a double and is taken as such.
 */
function checkTokens(text: string, depthMax: number): void {
  let depth = 0;
  for (const [token] of text.matchAll(tokens)) {
    const first = token.charCodeAt(0);
    if (first === 0x5b || first === 0x7b) {
      depth++;
      if (depth > depthMax) {
        throw new CodedError('INVALID_REQUEST', `the JSON is nested deeper than ${depthMax}`);
      }
    } else if (first === 0x5d || first === 0x7d) {
      depth--;
    } else if (first !== 0x22) {
      checkNumber(token);
    }
  }
}

function checkNumber(token: string): void {
  const value = Number(token);
  const isExact = /[eE]/.test(token)
    ? Number.isFinite(value)
    : Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (isExact) return;
  const shown = token.length > 60 ? `${token.slice(0, 60)}...` : token;
  throw new CodedError('INVALID_REQUEST', `the number ${shown} cannot be taken without loss`, {
    hint: 'Write it as a string and CAST it in the statement.',
  });
}
