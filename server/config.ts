/**
 * The server's settings: defaults, then `levee.yaml`, then the environment, then flags, each over
 * the one before, made into one frozen `Config`. The only reader of `process.env`. One table,
 * `settingSpecs`, gives every setting its name in all of them: `allowPath` is `allowPath:` in the
 * file, `LEVEE_ALLOW_PATH` in the environment and `--allow-path` among the flags.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, stringify, YAMLParseError } from 'yaml';
import { CodedError } from '../catalog/coded-error.ts';
import { closestName } from '../catalog/closest-name.ts';
import { limitNames, limitProblems, limitSpecs, type Limits } from './limits.ts';
import {
  formatLimit,
  invalid,
  kebab,
  maskSecrets,
  ownSettings,
  parseTexts,
  resolveLocations,
  settingNames,
  settingSpecs,
  unknownName,
  variable,
  type LogLevel,
  type OwnName,
  type Setting,
  type SettingName,
} from './settings.ts';

export interface Config {
  /** Absolute path or `s3://` URL; every `<schema>/<table>/_delta_log` below it is a table. */
  readonly warehouse: string;
  /** Further roots below which Delta paths may be read. */
  readonly allowPath: readonly string[];
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Listen beyond loopback although nobody is asked who they are. */
  readonly allowRemote: boolean;
  /** Names by which clients may address the server, besides its own (see plugins/host-check). */
  readonly allowHost: readonly string[];
  /** Whether a table whose log does not fit its version checksum is refused. */
  readonly versionChecksums: 'verify' | 'ignore';
  readonly logLevel: LogLevel;
  readonly s3Endpoint: string | undefined;
  readonly s3Region: string | undefined;
  readonly s3PathStyle: 'auto' | 'true' | 'false';
  readonly s3Anonymous: boolean;
  readonly s3AccessKeyId: string | undefined;
  readonly s3SecretAccessKey: string | undefined;
  readonly s3SessionToken: string | undefined;
  /** `BUCKET.SETTING=VALUE`: see `s3-config.ts`. */
  readonly s3Bucket: readonly string[];
  /** Where fetched files lie; `undefined` = below the system's temporary folder. */
  readonly cacheDirectory: string | undefined;
  /** Where DuckDB spills; `undefined` = a folder of its own in the system's temporary folder. */
  readonly tempDirectory: string | undefined;
  /** Threads of libuv's pool. Set by the launcher or the environment, never by us. */
  readonly threadPoolSize: number;
  readonly limits: Limits;
}

export interface CommandLine {
  readonly config: Config;
  readonly printConfig: boolean;
  readonly help: boolean;
}

export interface ConfigSources {
  /** The arguments after `levee serve`. */
  readonly argv: readonly string[];
  readonly env?: { readonly [name: string]: string | undefined };
  /** What relative paths of flags and environment start from. */
  readonly cwd?: string;
}

/**
 * Reads all sources.
 * @throws CodedError INVALID_CONFIGURATION for an unknown key or flag, a value of the wrong form
 *   or out of range, limits that do not fit together, or an address beyond loopback.
 */
export function loadConfig(sources: ConfigSources): CommandLine {
  const env = sources.env ?? process.env;
  const cwd = sources.cwd ?? process.cwd();
  const flags = readFlags(sources.argv);
  const values = new Map<SettingName, Setting>();
  for (const name of settingNames) {
    values.set(name, resolveLocations(settingSpecs[name], settingSpecs[name].default, cwd));
  }
  const file = flags.configFile ?? env['LEVEE_CONFIG'];
  readFile(resolve(cwd, file ?? 'levee.yaml'), file !== undefined, values);
  readEnvironment(env, cwd, values);
  for (const [name, texts] of flags.settings) {
    values.set(name, parseTexts(settingSpecs[name], name, texts, `--${kebab(name)}`, cwd));
  }
  const config = makeConfig(values, env['UV_THREADPOOL_SIZE']);
  return { config, printConfig: flags.printConfig, help: flags.help };
}

function makeConfig(
  values: ReadonlyMap<SettingName, Setting>,
  threadPool: string | undefined,
): Config {
  const threadPoolSize = Number(threadPool ?? '4');
  const limits = Object.fromEntries(limitNames.map((name) => [name, values.get(name)])) as Limits;
  const own = Object.fromEntries(
    Object.keys(ownSettings).map((name) => [name, values.get(name as OwnName)]),
  ) as unknown as Omit<Config, 'threadPoolSize' | 'limits'>;
  const [problem] = limitProblems(limits, threadPoolSize);
  if (problem !== undefined) throw invalid(problem);
  if (!isLoopback(own.host) && !own.allowRemote) {
    throw new CodedError(
      'INVALID_CONFIGURATION',
      `host "${own.host}" is reachable from other machines, and the server asks nobody who they are`,
      { hint: 'Listen on 127.0.0.1, or start with --allow-remote if the network is trusted.' },
    );
  }
  return Object.freeze({ ...own, threadPoolSize, limits: Object.freeze(limits) });
}

// --- flags ------------------------------------------------------------------------------------

interface Flags {
  readonly settings: ReadonlyMap<SettingName, readonly string[]>;
  readonly configFile: string | undefined;
  readonly printConfig: boolean;
  readonly help: boolean;
}

function readFlags(argv: readonly string[]): Flags {
  const settings = new Map<SettingName, string[]>();
  const known = new Map(settingNames.map((name) => [`--${kebab(name)}`, name]));
  const others = ['--config', '--print-config', '--help'];
  let configFile: string | undefined;
  let printConfig = false;
  let help = false;
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const inline = equals < 0 ? undefined : argument.slice(equals + 1);
    const name = known.get(flag);
    if (name !== undefined && settingSpecs[name].kind === 'boolean') {
      settings.set(name, [inline ?? 'true']);
    } else if (name !== undefined || flag === '--config') {
      const value = inline ?? argv[++index];
      if (value === undefined) throw invalid(`${flag} needs a value`);
      if (name === undefined) configFile = value;
      else settings.set(name, [...(settings.get(name) ?? []), value]);
    } else if (flag === '--print-config') printConfig = true;
    else if (flag === '--help' || flag === '-h') help = true;
    else
      throw unknownName(`${flag.startsWith('-') ? 'flag' : 'argument'} ${flag}`, flag, [
        ...known.keys(),
        ...others,
      ]);
  }
  return { settings, configFile, printConfig, help };
}

// --- file and environment ---------------------------------------------------------------------

function readFile(path: string, mustExist: boolean, values: Map<SettingName, Setting>): void {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing && !mustExist) return;
    const why = missing ? 'does not exist' : `cannot be read (${(error as Error).message})`;
    throw new CodedError('INVALID_CONFIGURATION', `the configuration file ${path} ${why}`, {
      cause: error,
    });
  }
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new CodedError('INVALID_CONFIGURATION', `${path} is not YAML: ${error.message}`, {
      cause: error,
    });
  }
  if (content === null || content === undefined) return;
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw invalid(`${path} must hold "name: value" lines`);
  }
  for (const [key, value] of Object.entries(content)) {
    const name = settingNames.find((known) => known === key);
    if (name === undefined) throw unknownName(`setting "${key}" in ${path}`, key, settingNames);
    if (value === null) continue;
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (texts.some((item) => typeof item === 'object' || item === undefined)) {
      throw invalid(`"${key}" in ${path} must be a plain value`);
    }
    const where = `"${key}" in ${path}`;
    values.set(name, parseTexts(settingSpecs[name], name, texts.map(String), where, dirname(path)));
  }
}

/** Unknown variables are left alone unless they look misspelt: orchestrators add their own. */
function readEnvironment(
  env: { readonly [name: string]: string | undefined },
  cwd: string,
  values: Map<SettingName, Setting>,
): void {
  const known = new Map(settingNames.map((name) => [variable(name), name]));
  for (const [key, text] of Object.entries(env)) {
    const name = known.get(key);
    if (name === undefined) {
      const meant =
        key.startsWith('LEVEE_') && !otherVariables.has(key)
          ? misspelt(key, [...known.keys()])
          : undefined;
      if (meant !== undefined) throw unknownName(`variable ${key}`, meant, [meant]);
    } else if (text !== undefined && text !== '') {
      const { kind } = settingSpecs[name];
      const texts = kind === 'locations' || kind === 'texts' ? text.split(',') : [text];
      values.set(name, parseTexts(settingSpecs[name], name, texts, key, cwd));
    }
  }
}

/** Read elsewhere: by this module, by the client, by the tests. */
const otherVariables = new Set([
  'LEVEE_CONFIG',
  'LEVEE_URL',
  'LEVEE_TOKEN',
  'LEVEE_SHARED',
  'LEVEE_HISTORY',
]);

function misspelt(key: string, known: readonly string[]): string | undefined {
  const nearest = closestName(key, known);
  return nearest !== undefined && Math.abs(nearest.length - key.length) <= 2 ? nearest : undefined;
}

// --- printing ---------------------------------------------------------------------------------

/** The result of all sources, as a `levee.yaml` that gives the same. Secrets are masked. */
export function printConfig(config: Config): string {
  const { limits, threadPoolSize: _, ...own } = config;
  const lines: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined) lines[name] = maskSecrets(settingSpecs[name as OwnName], value);
  }
  for (const name of limitNames) {
    const { unit } = limitSpecs[name];
    lines[name] = unit === 'count' ? limits[name] : formatLimit(name, limits[name]);
  }
  return stringify(lines);
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
  );
}
