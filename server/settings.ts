/**
 * The settings by name: what each may be, its default, and how its text is read. `config.ts` finds
 * the texts; this module is pure.
 */
import { resolve } from 'node:path';
import { closestName } from '../catalog/closest-name.ts';
import { CodedError } from '../catalog/coded-error.ts';
import { limitNames, limitSpecs, type LimitName } from './limits.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './units.ts';

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

export type Setting = string | number | boolean | readonly string[] | undefined;

export interface SettingSpec {
  readonly kind:
    | 'text'
    | 'optional'
    | 'location'
    | 'locations'
    | 'texts'
    | 'boolean'
    | 'port'
    | 'choice'
    | 'limit';
  readonly default: Setting;
  readonly help: string;
  readonly choices?: readonly string[] | undefined;
  readonly secret?: boolean | undefined;
}

export const ownSettings = {
  warehouse: { kind: 'location', default: 'warehouse', help: 'folder or s3:// URL of the tables' },
  allowPath: {
    kind: 'locations',
    default: [],
    help: 'another root of readable Delta paths; may be repeated',
  },
  host: { kind: 'text', default: '127.0.0.1', help: 'address to listen on' },
  port: { kind: 'port', default: 8080, help: 'port to listen on; 0 picks a free one' },
  allowRemote: {
    kind: 'boolean',
    default: false,
    help: 'listen beyond loopback without authentication',
  },
  allowHost: {
    kind: 'texts',
    default: [],
    help: 'another host name clients may use; may be repeated',
  },
  versionChecksums: {
    kind: 'choice',
    default: 'verify',
    choices: ['verify', 'ignore'],
    help: 'whether tables must fit the checksums in their logs',
  },
  logLevel: {
    kind: 'choice',
    default: 'warn',
    choices: ['silent', 'error', 'warn', 'info', 'debug'],
    help: 'what is logged to standard error',
  },
  s3Endpoint: {
    kind: 'optional',
    default: undefined,
    help: 'URL of a store that is not Amazon’s',
  },
  s3Region: { kind: 'optional', default: undefined, help: 'region of the buckets' },
  s3PathStyle: {
    kind: 'choice',
    default: 'auto',
    choices: ['auto', 'true', 'false'],
    help: 'bucket in the path of URLs; auto: where an endpoint is set',
  },
  s3Anonymous: { kind: 'boolean', default: false, help: 'do not sign requests: public buckets' },
  s3AccessKeyId: {
    kind: 'optional',
    default: undefined,
    help: 'instead of the SDK’s chain of credentials',
  },
  s3SecretAccessKey: { kind: 'optional', default: undefined, help: 'of that key', secret: true },
  s3SessionToken: { kind: 'optional', default: undefined, help: 'of that key', secret: true },
  s3Bucket: {
    kind: 'texts',
    default: [],
    help: 'BUCKET.SETTING=VALUE, such as data.endpoint=http://host:9000; may be repeated',
    secret: true,
  },
  cacheDirectory: {
    kind: 'location',
    default: undefined,
    help: 'where files of object stores are kept once fetched',
  },
  tempDirectory: {
    kind: 'location',
    default: undefined,
    help: 'where large statements spill to disk',
  },
} satisfies Record<string, SettingSpec>;

export type OwnName = keyof typeof ownSettings;
export type SettingName = OwnName | LimitName;

export const settingSpecs = {
  ...ownSettings,
  ...Object.fromEntries(
    limitNames.map((name) => [
      name,
      { kind: 'limit', default: limitSpecs[name].default, help: limitSpecs[name].reason },
    ]),
  ),
} as unknown as { readonly [name in SettingName]: SettingSpec };

export const settingNames = Object.keys(settingSpecs) as readonly SettingName[];

/** @throws CodedError INVALID_CONFIGURATION; `where` says which source had the texts. */
export function parseTexts(
  spec: SettingSpec,
  name: SettingName,
  texts: readonly string[],
  where: string,
  base: string,
): Setting {
  const text = texts.at(-1) ?? '';
  switch (spec.kind) {
    case 'text':
      if (text.trim() === '') throw invalid(`${where} is empty`);
      return text;
    case 'optional':
      return text.trim() === '' ? undefined : text.trim();
    case 'texts':
      return texts.map((item) => item.trim()).filter((item) => item !== '');
    case 'location':
    case 'locations': {
      const given =
        spec.kind === 'location' ? text : texts.map((t) => t.trim()).filter((t) => t !== '');
      return resolveLocations(spec, given, base);
    }
    case 'boolean':
      if (!/^(true|false|1|0|yes|no)$/i.test(text))
        throw invalid(`${where} must be true or false, not "${text}"`);
      return /^(true|1|yes)$/i.test(text);
    case 'port':
      if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
        throw invalid(`${where} must be a port from 0 to 65535, not "${text}"`);
      }
      return Number(text);
    case 'choice':
      if (!(spec.choices ?? []).includes(text)) {
        throw unknownName(`value "${text}" of ${where}`, text, spec.choices ?? []);
      }
      return text;
    case 'limit':
      return parseLimit(name as LimitName, text, where);
  }
}

function parseLimit(name: LimitName, text: string, where: string): number {
  const { unit, min, max } = limitSpecs[name];
  const count = /^\d{1,16}$/.test(text) ? Number(text) : undefined;
  const [value, example] = {
    bytes: [parseSize(text), 'a size like 64MiB'] as const,
    ms: [parseDuration(text), 'a duration like 30s'] as const,
    count: [count, 'a whole number'] as const,
  }[unit];
  if (value === undefined) throw invalid(`${where} must be ${example}, not "${text}"`);
  if (value < min || value > max) {
    throw invalid(
      `${where} is ${formatLimit(name, value)}, outside ${formatLimit(name, min)} to ${formatLimit(name, max)}`,
    );
  }
  return value;
}

export function formatLimit(name: LimitName, value: number): string {
  switch (limitSpecs[name].unit) {
    case 'bytes':
      return formatSize(value);
    case 'ms':
      return formatDuration(value);
    case 'count':
      return String(value);
  }
}

/** Paths become absolute; URLs stay. */
export function resolveLocations(spec: SettingSpec, value: Setting, base: string): Setting {
  const absolute = (location: string): string =>
    /^[a-z][a-z0-9+.-]*:\/\//i.test(location)
      ? location.replace(/\/+$/, '')
      : resolve(base, location);
  if (spec.kind === 'location' && typeof value === 'string') return absolute(value);
  if (spec.kind === 'locations' && Array.isArray(value))
    return value.map((v) => absolute(String(v)));
  return value;
}

/** Hides a secret setting, and user names and passwords inside URLs. */
export function maskSecrets(spec: SettingSpec, value: Setting): unknown {
  if (spec.secret === true) return Array.isArray(value) ? value.map(() => '********') : '********';
  const mask = (text: string): string =>
    text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1********@');
  if (typeof value === 'string') return mask(value);
  return Array.isArray(value) ? value.map((item) => mask(String(item))) : value;
}

/** The settings as text for `levee serve --help`. */
export function settingsHelp(): string {
  return settingNames
    .map((name) => `  --${kebab(name).padEnd(30)} ${settingSpecs[name].help}`)
    .join('\n');
}

export function invalid(message: string): CodedError {
  return new CodedError('INVALID_CONFIGURATION', message);
}

export function unknownName(what: string, name: string, known: readonly string[]): CodedError {
  const nearest = closestName(name, known);
  const hint = nearest === undefined ? undefined : `Did you mean ${nearest}?`;
  return new CodedError('INVALID_CONFIGURATION', `unknown ${what}`, { hint });
}

export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function variable(name: string): string {
  return `LEVEE_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
}
