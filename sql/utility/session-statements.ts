/** `USE`, `SET`, `RESET`: what a session remembers. */
import { CodedError } from '../../catalog/coded-error.ts';
import { closestName } from '../../catalog/closest-name.ts';
import { catalogName, defaultSchema } from '../../catalog/relation.ts';
import { formatDuration, parseDuration } from '../duration.ts';
import { errorAt } from '../errors.ts';
import { dialects } from '../parse/dialect.ts';
import type {
  ResetSetting,
  SetSetting,
  ShowSettings,
  Use,
  UseCatalog,
} from '../parse/statement.ts';
import type { StatementResult } from '../sql-engine.ts';
import type { StatementContext } from '../statement-context.ts';
import type { Session } from '../session.ts';
import { emptyResult, staticResult, stringType } from '../static-result.ts';

export async function useSchema(
  { schema }: Use,
  { services, session, signal }: StatementContext,
): Promise<StatementResult> {
  session.currentSchema = await services.catalog.resolveSchema(schema.parts, { signal });
  return emptyResult();
}

/** There is one catalog: any other name is an error, that one is in use already. */
export function useCatalog({ catalog }: UseCatalog): StatementResult {
  const name = catalog.parts.join('.');
  if (name.toLowerCase() === catalogName) return emptyResult();
  throw new CodedError('CATALOG_NOT_FOUND', `There is no catalog "${name}".`);
}

/** The settings a session has. Everything else is refused by name, rather than accepted and ignored. */
interface Setting {
  readonly initial: string;
  read(session: Session): string;
  /** `undefined` for a value the setting cannot have. */
  write(session: Session, value: string): true | undefined;
  /** The hint for a value it cannot have. */
  readonly expected: string;
}

const settings: { readonly [key: string]: Setting } = {
  dialect: {
    initial: 'duckdb',
    read: ({ dialect }) => dialect,
    write(session, value) {
      const dialect = dialects.find((known) => known === value.toLowerCase());
      if (dialect === undefined) return undefined;
      session.dialect = dialect;
      return true;
    },
    expected: `It is one of ${dialects.join(', ')}.`,
  },
  max_staleness: {
    initial: '0s',
    expected: "Write a duration like '5s' or '500ms'; '0s' asks for the newest versions.",
    read: ({ maxStalenessMs = 0 }) => formatDuration(maxStalenessMs),
    write(session, value) {
      const maxStalenessMs = parseDuration(value);
      if (maxStalenessMs === undefined) return undefined;
      session.maxStalenessMs = maxStalenessMs;
      return true;
    },
  },
  timezone: {
    initial: 'UTC',
    read: () => 'UTC',
    // All values are computed in UTC; saying so is allowed, anything else would be a promise.
    write: (_session, value) =>
      ['utc', 'etc/utc', '+00:00', 'z'].includes(value.toLowerCase()) ? true : undefined,
    expected: 'Only UTC is supported.',
  },
  'spark.databricks.delta.schema.automerge.enabled': {
    initial: 'false',
    read: ({ mergeSchema }) => String(mergeSchema ?? false),
    write(session, value) {
      if (!/^(true|false)$/i.test(value)) return undefined;
      session.mergeSchema = value.toLowerCase() === 'true';
      return true;
    },
    expected: 'It is true or false.',
  },
  'spark.databricks.delta.retentiondurationcheck.enabled': {
    initial: 'true',
    read: ({ checkVacuumRetention }) => String(checkVacuumRetention ?? true),
    write(session, value) {
      if (!/^(true|false)$/i.test(value)) return undefined;
      session.checkVacuumRetention = value.toLowerCase() === 'true';
      return true;
    },
    expected: 'It is true or false.',
  },
  'spark.sql.sources.partitionoverwritemode': {
    initial: 'static',
    read: ({ partitionOverwriteMode }) => partitionOverwriteMode ?? 'static',
    write(session, value) {
      const mode = value.toLowerCase();
      if (mode !== 'static' && mode !== 'dynamic') return undefined;
      session.partitionOverwriteMode = mode;
      return true;
    },
    expected: 'It is static or dynamic.',
  },
};

export function setSetting(statement: SetSetting, context: StatementContext): StatementResult {
  const setting = settingNamed(statement.key, (code, message, hint) =>
    errorAt(context.source, statement.start, { code, message, hint }),
  );
  if (setting.write(context.session, statement.value) === undefined) {
    throw errorAt(context.source, statement.start, {
      code: 'INVALID_PARAMETER_VALUE',
      message: `${statement.key} cannot be set to "${statement.value}".`,
      hint: setting.expected,
    });
  }
  return emptyResult();
}

export function resetSetting(
  { key }: ResetSetting,
  { session }: StatementContext,
): StatementResult {
  if (key === undefined) {
    for (const setting of Object.values(settings)) setting.write(session, setting.initial);
    session.currentSchema = defaultSchema;
    return emptyResult();
  }
  const setting = settingNamed(
    key,
    (code, message, hint) => new CodedError(code, message, { hint }),
  );
  setting.write(session, setting.initial);
  return emptyResult();
}

export function showSettings(
  { key }: ShowSettings,
  { session }: StatementContext,
): StatementResult {
  const columns = [
    { name: 'key', type: stringType },
    { name: 'value', type: stringType },
  ];
  if (key === undefined) {
    return staticResult(
      columns,
      Object.entries(settings).map(([name, setting]) => [name, setting.read(session)]),
    );
  }
  const setting = settingNamed(
    key,
    (code, message, hint) => new CodedError(code, message, { hint }),
  );
  return staticResult(columns, [[key, setting.read(session)]]);
}

function settingNamed(
  key: string,
  error: (code: 'INVALID_PARAMETER_VALUE', message: string, hint: string) => CodedError,
): Setting {
  const name = key.toLowerCase();
  const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
  if (setting !== undefined) return setting;
  const closest = closestName(name, Object.keys(settings));
  throw error(
    'INVALID_PARAMETER_VALUE',
    `There is no setting "${key}".`,
    closest === undefined
      ? `The settings are ${Object.keys(settings).join(', ')}.`
      : `Did you mean ${closest}?`,
  );
}
