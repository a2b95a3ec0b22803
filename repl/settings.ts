/**
 * What `\pset`, `\x` and `\timing` change: one immutable value, and the names and values a user
 * writes for its parts.
 */
import {
  defaultRenderOptions,
  findFormat,
  outputFormats,
  type ExpandedMode,
  type FitMode,
  type RenderOptions,
} from './render/render-options.ts';
import { UsageError } from './repl-error.ts';

export interface Settings {
  readonly render: Omit<RenderOptions, 'width'>;
  /** Cells of a line; 0 for the width of the terminal, which has no limit where there is none. */
  readonly columns: number;
  readonly pager: boolean;
  readonly timing: boolean;
  /** Of a statement, as the server reads it; `undefined` for the server's own. */
  readonly timeout: string | undefined;
}

export const defaultSettings: Settings = {
  render: defaultRenderOptions,
  columns: 0,
  pager: true,
  timing: false,
  timeout: undefined,
};

function parseSwitch(value: string | undefined, now: boolean): boolean {
  switch (value?.toLowerCase()) {
    case undefined:
      return !now;
    case 'on':
    case 'true':
    case '1':
      return true;
    case 'off':
    case 'false':
    case '0':
      return false;
  }
  throw new UsageError(`expected "on" or "off", not "${value}"`);
}

function parseExpanded(value: string | undefined, now: ExpandedMode): ExpandedMode {
  if (value?.toLowerCase() === 'auto') return 'auto';
  return parseSwitch(value, now === 'on') ? 'on' : 'off';
}

function parseFit(value: string | undefined): FitMode {
  if (value === 'wrap' || value === 'truncate' || value === 'off') return value;
  throw new UsageError(`expected "wrap", "truncate" or "off", not "${value ?? ''}"`);
}

interface Setting {
  readonly help: string;
  readonly show: (settings: Settings) => string;
  /** `value` is `undefined` when the user gave none: switches then change sides. */
  readonly set: (settings: Settings, value: string | undefined) => Settings;
}

function onOff(value: boolean): string {
  return value ? 'on' : 'off';
}

function withRender(settings: Settings, render: Partial<Settings['render']>): Settings {
  return { ...settings, render: { ...settings.render, ...render } };
}

export const settingTable: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  [
    'columns',
    {
      help: 'width of a line; 0 for that of the terminal',
      show: (settings) => String(settings.columns),
      set: (settings, value) => {
        if (value === undefined || !/^\d{1,5}$/.test(value)) {
          throw new UsageError(`expected a number of columns, not "${value ?? ''}"`);
        }
        return { ...settings, columns: Number(value) };
      },
    },
  ],
  [
    'expanded',
    {
      help: 'one line for each value: on, off, or auto (when the table is too wide)',
      show: (settings) => settings.render.expanded,
      set: (settings, value) =>
        withRender(settings, { expanded: parseExpanded(value, settings.render.expanded) }),
    },
  ],
  [
    'fieldsep',
    {
      help: 'between the fields of the unaligned format',
      show: (settings) => JSON.stringify(settings.render.fieldSeparator),
      set: (settings, value) => withRender(settings, { fieldSeparator: value ?? '|' }),
    },
  ],
  [
    'fit',
    {
      help: 'a table wider than the terminal: wrap, truncate, or off',
      show: (settings) => settings.render.fit,
      set: (settings, value) => withRender(settings, { fit: parseFit(value?.toLowerCase()) }),
    },
  ],
  [
    'footer',
    {
      help: 'the count of rows after a table: on or off',
      show: (settings) => onOff(settings.render.footer),
      set: (settings, value) =>
        withRender(settings, { footer: parseSwitch(value, settings.render.footer) }),
    },
  ],
  [
    'format',
    {
      help: outputFormats.join(', '),
      show: (settings) => settings.render.format,
      set: (settings, value) => {
        const format = findFormat(value ?? '');
        if (format === undefined) {
          throw new UsageError(
            `unknown format "${value ?? ''}"; there are ${outputFormats.join(', ')}`,
          );
        }
        return withRender(settings, { format });
      },
    },
  ],
  [
    'null',
    {
      help: 'text for NULL',
      show: (settings) => JSON.stringify(settings.render.nullText),
      set: (settings, value) => withRender(settings, { nullText: value ?? '' }),
    },
  ],
  [
    'pager',
    {
      help: 'for results longer than the screen: on or off',
      show: (settings) => onOff(settings.pager),
      set: (settings, value) => ({ ...settings, pager: parseSwitch(value, settings.pager) }),
    },
  ],
  [
    'timeout',
    {
      help: 'of a statement, like 90s or 1h; default for that of the server',
      show: (settings) => settings.timeout ?? 'default',
      set: (settings, value) => {
        if (value === undefined || value === 'default') return { ...settings, timeout: undefined };
        if (!/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(value)) {
          throw new UsageError(`expected a time like 90s or 1h, not "${value}"`);
        }
        return { ...settings, timeout: value };
      },
    },
  ],
  [
    'timing',
    {
      help: 'how long a statement took: on or off',
      show: (settings) => onOff(settings.timing),
      set: (settings, value) => ({ ...settings, timing: parseSwitch(value, settings.timing) }),
    },
  ],
  [
    'tuples_only',
    {
      help: 'only the rows, without names and count: on or off',
      show: (settings) => onOff(settings.render.tuplesOnly),
      set: (settings, value) =>
        withRender(settings, { tuplesOnly: parseSwitch(value, settings.render.tuplesOnly) }),
    },
  ],
]);

/** The settings with one of them changed. Throws `UsageError` for an unknown name or value. */
export function changeSetting(
  settings: Settings,
  name: string,
  value: string | undefined,
): Settings {
  const setting = settingTable.get(name);
  if (setting === undefined) {
    throw new UsageError(
      `unknown setting "${name}"; there are ${[...settingTable.keys()].join(', ')}`,
    );
  }
  return setting.set(settings, value);
}
