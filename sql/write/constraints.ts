/** The CHECK constraints of a table: properties of its metadata, by the names they were given. Pure. */
import type { Metadata } from '../../catalog/log/actions.ts';

const prefix = 'delta.constraints.';

/** Names as written, with the text of their conditions. */
export function checkConstraints({
  configuration,
}: Pick<Metadata, 'configuration'>): readonly (readonly [name: string, condition: string])[] {
  return Object.entries(configuration)
    .filter(([key]) => key.toLowerCase().startsWith(prefix))
    .map(([key, text]) => [key.slice(prefix.length), text]);
}
