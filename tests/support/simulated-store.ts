/**
 * An `ObjectStore` whose requests wait until a seeded scheduler lets one of them go on, so that each
 * seed is another order of everything. Requests fail, and puts answer ambiguously:
 *
 *     asked -> (waits) -> visible -> (waits) -> durable -> (waits) -> answered
 *         \-> error          \-> error, or "exists", although it is there
 *
 * A crash forgets what is not durable and all requests under way; their callers hear no more of them.
 * As on a disk, making one object of a folder durable makes all that are visible in it so.
 */
import { setImmediate } from 'node:timers/promises';
import { CodedError } from '../../catalog/coded-error.ts';
import type { ByteRange, CallOptions, ObjectStore, StoredObject } from '../../catalog/ports.ts';
import type { MemoryStore } from './memory-store.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface FaultRates {
  /** A request fails and nothing happens. */
  readonly fails: number;
  /** A put that is done answers with an error. */
  readonly failsAfterwards: number;
  /** A put that is done answers "exists": its client tried again by itself. */
  readonly saysExists: number;
}

export class SimulatedStore implements ObjectStore {
  readonly memory: MemoryStore;
  readonly #random: SeededRandom;
  readonly #rates: FaultRates;
  #waiting: (() => void)[] = [];
  #volatile = new Set<string>();
  #isDown = false;
  /** Every object that `putIfAbsent` made, in order. */
  readonly created: string[] = [];
  steps = 0;

  constructor(memory: MemoryStore, random: SeededRandom, rates: FaultRates) {
    this.memory = memory;
    this.#random = random;
    this.#rates = rates;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Lets one waiting request go on, whichever; then everybody until all wait again. */
  async step(): Promise<void> {
    this.steps++;
    const index = this.#random.below(this.#waiting.length);
    const [resume] = this.#waiting.splice(index, 1);
    resume?.();
    await setImmediate();
  }

  async crash(): Promise<void> {
    // Who is at work and not waiting hears nothing any more from the next request on.
    this.#isDown = true;
    for (let turns = 0; turns < 100; turns++) await setImmediate();
    this.#isDown = false;
    this.#waiting = [];
    for (const location of this.#volatile) this.memory.delete(location);
    this.#volatile = new Set();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#isDown) this.#waiting.push(resolve);
    });
  }

  async #begin(what: string, location: string): Promise<void> {
    await this.#turn();
    if (this.#random.chance(this.#rates.fails)) {
      throw new CodedError('IO_ERROR', `simulated: cannot ${what} ${location}`);
    }
  }

  #makeDurable(location: string): void {
    const folder = location.slice(0, location.lastIndexOf('/'));
    for (const other of this.#volatile) {
      if (other.startsWith(`${folder}/`)) this.#volatile.delete(other);
    }
  }

  async *list(
    folder: string,
    options: CallOptions & { readonly startAfter?: string | undefined } = {},
  ): AsyncGenerator<StoredObject> {
    await this.#begin('list', folder);
    yield* this.memory.list(folder, options);
  }

  async listFolders(folder: string): Promise<readonly string[]> {
    await this.#begin('list', folder);
    return this.memory.listFolders(folder);
  }

  async read(
    location: string,
    options: CallOptions & { readonly range?: ByteRange | undefined } = {},
  ): Promise<Uint8Array | undefined> {
    await this.#begin('read', location);
    return this.memory.read(location, options);
  }

  async stat(location: string): Promise<StoredObject | undefined> {
    await this.#begin('look up', location);
    return this.memory.stat(location);
  }

  async put(location: string, bytes: Uint8Array): Promise<void> {
    await this.#begin('write', location);
    this.memory.set(location, bytes);
    this.#volatile.add(location);
    await this.#turn();
    this.#makeDurable(location);
  }

  async putIfAbsent(location: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    await this.#begin('write', location);
    if ((await this.memory.putIfAbsent(location, bytes)) === 'exists') return 'exists';
    this.created.push(location);
    this.#volatile.add(location);
    await this.#turn();
    if (this.#random.chance(this.#rates.failsAfterwards / 2)) {
      throw new CodedError('IO_ERROR', `simulated: lost the answer for ${location}`);
    }
    this.#makeDurable(location);
    await this.#turn();
    if (this.#random.chance(this.#rates.failsAfterwards / 2)) {
      throw new CodedError('IO_ERROR', `simulated: lost the answer for ${location}`);
    }
    return this.#random.chance(this.#rates.saysExists) ? 'exists' : 'created';
  }

  async publish({ from, to }: { from: string; to: string }): Promise<'created' | 'exists'> {
    const bytes = await this.read(from);
    if (bytes === undefined) throw new CodedError('IO_ERROR', `simulated: ${from} is not there`);
    const outcome = await this.putIfAbsent(to, bytes);
    await this.remove(from);
    return outcome;
  }

  async remove(location: string): Promise<void> {
    await this.#begin('remove', location);
    return this.memory.remove(location);
  }

  async prepareFolder(): Promise<void> {}

  async sync(locations: readonly string[]): Promise<void> {
    await this.#begin('sync', locations.join(', '));
    for (const location of locations) this.#makeDurable(location);
  }
}
