/**
 * What the server measures about itself, as Prometheus text
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { StatementRecord, StatementState } from '../statement-registry.ts';

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export class Telemetry {
  readonly #delay = monitorEventLoopDelay({ resolution: 10 });
  readonly #ended = new Map<StatementState, number>();
  readonly #buckets = durationBuckets.map(() => 0);
  #durationSum = 0;
  #durationCount = 0;
  #rows = 0;
  #bytes = 0;

  constructor() {
    this.#delay.enable();
  }

  statementEnded(record: StatementRecord): void {
    this.#ended.set(record.state, (this.#ended.get(record.state) ?? 0) + 1);
    const seconds = ((record.endedMs ?? record.submittedMs) - record.submittedMs) / 1000;
    this.#durationSum += seconds;
    this.#durationCount++;
    for (const [index, bound] of durationBuckets.entries()) {
      if (seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    }
    this.#rows += record.rowCount;
    this.#bytes += record.bytesSent;
  }

  /** @param gauges values that are read, not counted: name, help, value */
  text(gauges: readonly (readonly [name: string, help: string, value: number])[]): string {
    const lines: string[] = [];
    const add = (name: string, kind: string, help: string, samples: readonly string[]): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...samples);
    };
    for (const [name, help, value] of gauges) {
      add(name, name.endsWith('_total') ? 'counter' : 'gauge', help, [`${name} ${value}`]);
    }
    const states: readonly StatementState[] = ['SUCCEEDED', 'FAILED', 'CANCELED'];
    add(
      'levee_statements_total',
      'counter',
      'Statements that ended, by how.',
      states.map(
        (s) => `levee_statements_total{state="${s.toLowerCase()}"} ${this.#ended.get(s) ?? 0}`,
      ),
    );
    const duration = 'levee_statement_duration_seconds';
    add(duration, 'histogram', 'From arrival to the last byte made.', [
      ...durationBuckets.map(
        (bound, i) => `${duration}_bucket{le="${bound}"} ${this.#buckets[i] ?? 0}`,
      ),
      `${duration}_bucket{le="+Inf"} ${this.#durationCount}`,
      `${duration}_sum ${this.#durationSum}`,
      `${duration}_count ${this.#durationCount}`,
    ]);
    add('levee_result_rows_total', 'counter', 'Rows sent.', [
      `levee_result_rows_total ${this.#rows}`,
    ]);
    add('levee_result_bytes_total', 'counter', 'Bytes of results sent.', [
      `levee_result_bytes_total ${this.#bytes}`,
    ]);
    const p99 = this.#delay.percentile(99) / 1e9;
    const max = this.#delay.max / 1e9;
    this.#delay.reset();
    const lag = 'levee_event_loop_delay_seconds';
    add(lag, 'gauge', 'How late the event loop was since the last look.', [
      `${lag}{quantile="0.99"} ${Number.isFinite(p99) ? p99 : 0}`,
      `${lag}{quantile="1"} ${Number.isFinite(max) ? max : 0}`,
    ]);
    add('process_resident_memory_bytes', 'gauge', 'Resident memory.', [
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    ]);
    add('process_cpu_seconds_total', 'counter', 'CPU time.', [
      `process_cpu_seconds_total ${cpuSeconds()}`,
    ]);
    return `${lines.join('\n')}\n`;
  }

  close(): void {
    this.#delay.disable();
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
