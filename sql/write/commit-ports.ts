/** What a commit needs of a statement's surroundings. */
import type { CommitPorts } from '../../catalog/commit/append.ts';
import type { StatementContext } from '../statement-context.ts';

export function commitPorts({ services, signal }: StatementContext): CommitPorts {
  return {
    store: services.store,
    clock: services.clock,
    newId: services.newId,
    latest: (location) => services.snapshots.latest(location, { signal }),
  };
}
