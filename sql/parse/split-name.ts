/** A table's name in a string, as `table_changes` takes it, -> its parts. */
import { CodedError } from '../../catalog/coded-error.ts';

const part = /\s*(?:`((?:[^`]|``)+)`|"((?:[^"]|"")+)"|([^\s.`"]+))\s*(\.|$)/y;

/** ``a.`b.c`."d"`` -> `a`, `b.c`, `d`. Throws INVALID_NAME. */
export function splitName(text: string): readonly string[] {
  const parts: string[] = [];
  part.lastIndex = 0;
  for (;;) {
    const found = part.exec(text);
    if (found === null) throw new CodedError('INVALID_NAME', `"${text}" is not a table's name.`);
    const [, ticked, quoted, plain, end] = found;
    parts.push(ticked?.replaceAll('``', '`') ?? quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end !== '.') return parts;
  }
}
