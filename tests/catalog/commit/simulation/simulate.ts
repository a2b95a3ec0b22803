/** One simulated history: a seed makes the table, its writers, their order, faults and crashes. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { createTransactions } from '../../../../catalog/commit/transactions.ts';
import type { Metadata, Protocol } from '../../../../catalog/log/actions.ts';
import { createSnapshotCache } from '../../../../catalog/snapshot-cache.ts';
import { noParquet } from '../../../support/fake-parquet.ts';
import { MemoryStore } from '../../../support/memory-store.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { SimulatedStore } from '../../../support/simulated-store.ts';
import { metaData, oneColumn, protocol, TableBuilder } from '../../../support/table-builder.ts';
import { checkHistory, type HistoryFacts } from './check-history.ts';
import { runWriter, type Application, type Operation } from './writers.ts';

const location = '/tables/t';

export async function simulate(seed: number): Promise<HistoryFacts> {
  const random = new SeededRandom(seed);
  const memory = new MemoryStore();
  const store = new SimulatedStore(memory, random, ratesOf(random));
  const table = tableOf(random);
  new TableBuilder(memory, location).commit(table.protocol, table.metadata);

  const journal: Operation[] = [];
  let ids = 0;
  let nowMs = Date.UTC(2026, 0, 1);
  const nextId = (): string => `op${ids++}`;
  const clock = {
    // Clocks of machines differ, and some are set back.
    nowMs: () => (nowMs += random.below(20) - 5),
  };

  const writersCount = 2 + random.below(15);
  const processesCount = 1 + random.below(Math.min(6, writersCount));
  const applications = Array.from({ length: 1 + random.below(4) }, (_, i): Application => ({
    appId: `app${i}`,
    nextVersion: 1n,
  }));
  const failures: unknown[] = [];
  let running = 0;

  function startAll(operations: number): void {
    const processes = Array.from({ length: processesCount }, () => {
      const snapshots = createSnapshotCache({
        store,
        parquet: noParquet,
        clock,
        bytesMax: 1 << 24,
      });
      const latest = () => snapshots.latest(location);
      return {
        snapshots,
        transactions: createTransactions({ store, clock, newId: nextId, latest }),
      };
    });
    running = writersCount;
    for (let writer = 0; writer < writersCount; writer++) {
      const process = processes[writer % processesCount];
      const application = applications[writer % applications.length];
      assert.ok(process !== undefined && application !== undefined);
      const ports = { location, store, random, journal, nowMs: clock.nowMs, nextId, ...process };
      runWriter(operations, application, ports)
        .catch((error: unknown) => failures.push(error))
        .finally(() => running--);
    }
  }

  const crashes = random.chance(0.4) ? 1 + random.below(3) : 0;
  for (let life = 0; life <= crashes; life++) {
    startAll(2 + random.below(6));
    const stepsMax = life < crashes ? random.below(1500) : Infinity;
    const began = store.steps;
    await setImmediate();
    while (running > 0 && failures.length === 0 && store.steps - began < stepsMax) {
      if (store.waitingCount > 0) await store.step();
      else await letThemWork(() => store.waitingCount > 0 || running === 0);
    }
    if (failures.length > 0) throw failures[0];
    await store.crash();
  }
  return checkHistory({
    memory,
    location,
    journal,
    isSerializable: !table.isWriteSerializable,
    hasTimestamps: table.hasTimestamps,
    hasRowIds: table.hasRowIds,
  });
}

/** Long work lets others have the thread in between; it ends by itself. */
async function letThemWork(isEnded: () => boolean): Promise<void> {
  for (let turns = 0; turns < 1000 && !isEnded(); turns++) await setImmediate();
  assert.ok(isEnded(), 'everybody waits for nothing');
}

function ratesOf(random: SeededRandom): ConstructorParameters<typeof SimulatedStore>[2] {
  if (random.chance(0.3)) return { fails: 0, failsAfterwards: 0, saysExists: 0 };
  return {
    fails: random.next() * 0.05,
    failsAfterwards: random.next() * 0.3,
    saysExists: random.next() * 0.2,
  };
}

function tableOf(random: SeededRandom): {
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly isWriteSerializable: boolean;
  readonly hasTimestamps: boolean;
  readonly hasRowIds: boolean;
} {
  const isWriteSerializable = random.chance(0.3);
  const hasTimestamps = random.chance(0.3);
  const hasRowIds = random.chance(0.3);
  return {
    isWriteSerializable,
    hasTimestamps,
    hasRowIds,
    protocol: {
      ...protocol({ minWriterVersion: 7 }),
      writerFeatures: [
        'appendOnly',
        'invariants',
        ...(hasTimestamps ? ['inCommitTimestamp'] : []),
        ...(hasRowIds ? ['rowTracking', 'domainMetadata'] : []),
      ],
    },
    metadata: metaData({
      schema: {
        kind: 'struct',
        fields: [
          ...oneColumn.fields,
          { name: 'p', type: { kind: 'string' }, nullable: true, metadata: {} },
        ],
      },
      partitionColumns: ['p'],
      configuration: {
        ...(isWriteSerializable ? { 'delta.isolationLevel': 'WriteSerializable' } : {}),
        ...(hasTimestamps ? { 'delta.enableInCommitTimestamps': 'true' } : {}),
      },
    }),
  };
}
