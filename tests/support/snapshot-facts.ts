/** All that a snapshot says, in a form that does not depend on the order of its files. */
import type { RemoveFile } from '../../catalog/log/actions.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';

function plain(value: unknown): unknown {
  const json = JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v));
  return JSON.parse(json);
}

/** `statsAsText`: statistics may be left out, because a checkpoint has them in another form or not. */
export function snapshotFacts(
  snapshot: Snapshot,
  { statsAsText } = { statsAsText: true },
): unknown {
  const { version, protocol, metadata, txns, domainMetadata, files } = snapshot;
  return {
    version,
    protocol: plain(protocol),
    metadata: plain(metadata),
    txns: plain([...txns].sort()),
    domains: plain([...domainMetadata].sort()),
    files: [...files]
      .map((file) => files.addFile(file))
      .map((file) => plain(statsAsText ? file : { ...file, stats: undefined }))
      .map((file) => JSON.stringify(file))
      .sort(),
  };
}

/** What a checkpoint keeps of tombstones: not their statistics and tags. */
export function tombstoneFacts(removes: Iterable<RemoveFile>): readonly string[] {
  return [...removes]
    .map(({ stats: _, tags: __, ...fields }) => JSON.stringify(sorted(fields)))
    .sort();
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
