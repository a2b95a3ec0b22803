/** Hadoop's glob patterns, which PATTERN takes: `*`, `?`, `[a-z]`, `[^a]`, `{a,b}`. Pure. */
import { CodedError } from '../../../catalog/coded-error.ts';

/** Matches a whole path; `*` and `?` stop at `/`. @throws INVALID_PARAMETER_VALUE */
export function globExpression(pattern: string): RegExp {
  let text = '';
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? '';
    if (char === '*') text += '[^/]*';
    else if (char === '?') text += '[^/]';
    else if (char === '{') {
      depth++;
      text += '(?:';
    } else if (char === '}' && depth > 0) {
      depth--;
      text += ')';
    } else if (char === ',' && depth > 0) text += '|';
    else if (char === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) throw invalid(pattern, 'a [ without its ]');
      const inner = pattern
        .slice(at + 1, end)
        .replace(/^!/, '^')
        .replaceAll(/[\\\]&[]/g, '\\$&');
      text += `(?!/)[${inner}]`;
      at = end;
    } else if (char === '\\') {
      at++;
      text += escaped(pattern[at] ?? '\\');
    } else text += escaped(char);
  }
  if (depth > 0) throw invalid(pattern, 'a { without its }');
  try {
    return new RegExp(`^${text}$`, 'u');
  } catch (error) {
    throw invalid(pattern, 'a range without sense', error);
  }
}

function escaped(char: string): string {
  return char.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function invalid(pattern: string, what: string, cause?: unknown): CodedError {
  const message = `The pattern ${JSON.stringify(pattern)} has ${what}.`;
  return new CodedError('INVALID_PARAMETER_VALUE', message, { cause });
}
