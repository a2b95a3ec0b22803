/**
 * Where results go: standard output, a file (`\o`), or a pager when standard output is a terminal
 * and the text is longer than the screen. A slow reader slows the statement down (back-pressure), a
 * reader that has gone ends it (`OutputClosedError`).
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { displayWidth } from './display-width.ts';
import { escapeTerminalControls } from './escape-controls.ts';
import { OutputClosedError } from './repl-error.ts';

/** Something that takes text, in order. `write` resolves when more is welcome. */
export interface TextOutput {
  write(text: string): Promise<void>;
  /** Everything is written, or has nowhere to go; may be called again. */
  end(): Promise<void>;
}

/** Writes to a stream that stays open (standard output) or is ended with the output (a file). */
export class StreamOutput implements TextOutput {
  readonly #stream: Writable;
  readonly #isTerminal: boolean;
  readonly #endsStream: boolean;
  #failure: Error | undefined;

  constructor(
    stream: Writable,
    options: { readonly isTerminal: boolean; readonly endsStream: boolean },
  ) {
    this.#stream = stream;
    this.#isTerminal = options.isTerminal;
    this.#endsStream = options.endsStream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(error);
    });
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#failure ??= isClosedPipe(error)
      ? new OutputClosedError('the output was closed by its reader')
      : error;
  }

  async write(text: string): Promise<void> {
    this.#check();
    if (text === '') return;
    const safe = this.#isTerminal ? escapeTerminalControls(text) : text;
    await new Promise<void>((resolve) => {
      // The callback comes after the write and after its failure, whichever it is. A stream that was
      // destroyed, as a child's input is when the child ends, tells it here and emits no error.
      this.#stream.write(safe, (error) => {
        if (error) this.#fail(error);
        resolve();
      });
    });
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async end(): Promise<void> {
    this.#check();
    if (!this.#endsStream || this.#stream.writableEnded) return;
    await new Promise<void>((resolve) => {
      this.#stream.end(() => {
        resolve();
      });
      this.#stream.once('error', () => {
        resolve();
      });
    });
    this.#check();
  }
}

/** Opens `path` for writing, emptying it. Fails when it cannot be opened. */
export async function openFileOutput(path: string): Promise<TextOutput> {
  const stream = createWriteStream(path, { encoding: 'utf8' });
  const output = new StreamOutput(stream, { isTerminal: false, endsStream: true });
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => {
      resolve();
    });
    stream.once('error', reject);
  });
  return output;
}

export interface PagerOptions {
  /** A shell command, as in `PAGER`. */
  readonly command: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Of the terminal, in cells and lines. */
  readonly columns: number;
  readonly rows: number;
}

/**
 * Holds text back while it fits the screen; what does not fit goes to the pager. A user who leaves
 * the pager ends the statement.
 */
export class PagedOutput implements TextOutput {
  readonly #direct: TextOutput;
  readonly #options: PagerOptions;
  #held: string[] = [];
  #lines = 0;
  #toPager: StreamOutput | undefined;
  #exited: Promise<void> = Promise.resolve();

  constructor(direct: TextOutput, options: PagerOptions) {
    this.#direct = direct;
    this.#options = options;
  }

  async write(text: string): Promise<void> {
    if (this.#toPager !== undefined) {
      await this.#toPager.write(text);
      return;
    }
    this.#held.push(text);
    this.#lines += this.#screenLines(text);
    // The next prompt takes a line of its own.
    if (this.#lines > this.#options.rows - 1) await this.#startPager();
  }

  async end(): Promise<void> {
    if (this.#toPager === undefined) {
      const held = this.#held;
      this.#held = [];
      for (const text of held) await this.#direct.write(text);
      await this.#direct.end();
      return;
    }
    try {
      await this.#toPager.end();
    } catch (error) {
      if (!(error instanceof OutputClosedError)) throw error;
    } finally {
      await this.#exited;
    }
  }

  #screenLines(text: string): number {
    let lines = 0;
    for (const line of text.split('\n').slice(0, -1)) {
      const cells = line.length < this.#options.columns ? 1 : displayWidth(line);
      lines += Math.max(1, Math.ceil(cells / this.#options.columns));
    }
    return lines;
  }

  async #startPager(): Promise<void> {
    const pager = spawn(this.#options.command, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      // Long lines are cut at the edge and can be scrolled to, colours pass.
      env: { LESS: '-SR', ...this.#options.environment },
    });
    this.#exited = new Promise((resolve) => {
      pager.once('close', () => {
        resolve();
      });
      pager.once('error', () => {
        resolve();
      });
    });
    this.#toPager = new StreamOutput(pager.stdin, { isTerminal: true, endsStream: true });
    const held = this.#held;
    this.#held = [];
    for (const text of held) await this.#toPager.write(text);
  }
}

function isClosedPipe(error: NodeJS.ErrnoException): boolean {
  return ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'].includes(
    error.code ?? '',
  );
}
