/** The values of a request against the parameters of its statement. */
import { CodedError } from '../catalog/coded-error.ts';
import type { QueryParameters } from './parse/lexical-edits.ts';
import type { Parameters, ParameterValue } from './sql-engine.ts';

/**
 * Throws UNBOUND_SQL_PARAMETER for a parameter without a value, and INVALID_PARAMETER_VALUE for a
 * value without a parameter: it was meant for something.
 */
export function requireParameters(wanted: QueryParameters, given: Parameters | undefined): void {
  switch (wanted.kind) {
    case 'none':
      return requireNoMore(0, given);
    case 'positional': {
      const values = given ?? [];
      if (!isPositional(values)) {
        throw new CodedError(
          'INVALID_PARAMETER_VALUE',
          'The statement has parameters by position, but values were given by name.',
          {
            hint: 'Send "parameters" as an array.',
          },
        );
      }
      if (values.length < wanted.count) throw unbound(`$${values.length + 1}`);
      return requireNoMore(wanted.count, values);
    }
    case 'named': {
      const values = given ?? {};
      if (isPositional(values)) {
        if (values.length === 0) throw unbound(`:${wanted.names[0] ?? ''}`);
        throw new CodedError(
          'INVALID_PARAMETER_VALUE',
          'The statement has parameters by name, but values were given by position.',
          {
            hint: 'Send "parameters" as an object.',
          },
        );
      }
      const missing = wanted.names.find((name) => !Object.hasOwn(values, name));
      if (missing !== undefined) throw unbound(`:${missing}`);
      const extra = Object.keys(values).find((name) => !wanted.names.includes(name));
      if (extra === undefined) return;
      throw new CodedError('INVALID_PARAMETER_VALUE', `The statement has no parameter :${extra}.`);
    }
  }
}

/** The value of `$1` (its number) or `:name`; `undefined` when there is none. */
export function parameterNamed(
  given: Parameters | undefined,
  name: string,
): ParameterValue | undefined {
  if (given === undefined) return undefined;
  if (isPositional(given)) return given[Number(name) - 1];
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

function isPositional(given: Parameters): given is readonly ParameterValue[] {
  return Array.isArray(given);
}

function requireNoMore(wanted: number, given: Parameters | undefined): void {
  const count =
    given === undefined ? 0 : isPositional(given) ? given.length : Object.keys(given).length;
  if (count <= wanted) return;
  throw new CodedError(
    'INVALID_PARAMETER_VALUE',
    `The statement has ${wanted} parameters, but ${count} values were given.`,
  );
}

function unbound(name: string): CodedError {
  return new CodedError('UNBOUND_SQL_PARAMETER', `The parameter ${name} has no value.`);
}
