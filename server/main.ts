/**
 * Starts and stops the server: settings, parts, listen; on SIGTERM or SIGINT no new statements, the
 * running ones may end within a limit, then everything is closed.
 */
import type { AddressInfo } from 'node:net';
import { CodedError } from '../catalog/coded-error.ts';
import { buildServer, type LeveeServer } from './build-server.ts';
import { loadConfig, printConfig, type Config } from './config.ts';
import { openParts } from './open-parts.ts';
import { settingsHelp } from './settings.ts';

export interface RunningServer {
  /** Where clients on this machine reach it. */
  readonly url: string;
  /** Resolves once everything is closed. May be called again. */
  readonly stop: () => Promise<void>;
  /** Resolves once the server has stopped, for whatever reason. */
  readonly stopped: Promise<void>;
}

/** `levee serve`. Resolves to the exit code when the server has stopped. */
export async function serve(argv: readonly string[]): Promise<number> {
  const { config, printConfig: printOnly, help } = loadConfig({ argv });
  if (help) {
    process.stdout.write(`Usage: levee serve [settings]\n\n${settingsHelp()}\n`);
    return 0;
  }
  if (printOnly) {
    process.stdout.write(printConfig(config));
    return 0;
  }
  const running = await startServer(config);
  process.stdout.write(`Levee is ready at ${running.url}\n`);
  await running.stopped;
  return 0;
}

/** Starts a server that stops at the first signal and ends the process at the second. */
export async function startServer(config: Config): Promise<RunningServer> {
  const server = await buildServer(config, await openParts(config));
  try {
    await listen(server, config);
  } catch (error) {
    await server.close();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  let markStopped = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (markStopped = resolve));
  const stop = (): Promise<void> => {
    stopping ??= stopServer(server).finally(() => {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
      process.off('unhandledRejection', onRejection);
      markStopped();
    });
    return stopping;
  };
  const onSignal = (): void => {
    if (stopping !== undefined) process.exit(130);
    void stop();
  };
  // A defect may cost a request, never the process.
  const onRejection = (error: unknown): void =>
    server.http.log.error({ err: error }, 'unhandled rejection');
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('unhandledRejection', onRejection);
  return { url: urlOf(server, config), stop, stopped };
}

async function stopServer(server: LeveeServer): Promise<void> {
  await server.drain();
  await server.close();
}

async function listen(server: LeveeServer, { host, port }: Config): Promise<void> {
  try {
    await server.http.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      {
        EADDRINUSE: 'the port is in use',
        EACCES: 'this user may not use the port',
        EADDRNOTAVAIL: 'this machine does not have the address',
      }[code ?? ''] ?? message;
    throw new CodedError('INVALID_CONFIGURATION', `cannot listen on ${host}:${port}: ${why}`, {
      hint: 'Choose another address with --host and --port.',
      cause: error,
    });
  }
}

function urlOf(server: LeveeServer, { host }: Config): string {
  const { port } = server.http.server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
