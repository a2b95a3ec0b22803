/**
 * All files of a table written anew, under its own definition or another one, in one commit that changes
 * no row: for taking the traces of a table feature out of the data.
 */
import { enforcedFeatures } from '../../../catalog/log/protocol.ts';
import type { AddFile, DomainMetadata } from '../../../catalog/log/actions.ts';
import { removeFile } from '../../../catalog/commit/remove-file.ts';
import type { Snapshot } from '../../../catalog/snapshot.ts';
import type { ObjectName } from '../../parse/statement.ts';
import type { StatementContext } from '../../statement-context.ts';
import { changeRows } from '../dml/change-rows.ts';
import { openRowTarget } from '../dml/row-target.ts';
import { rewriteFiles } from '../maintenance/rewrite-files.ts';
import { removeStagedFiles } from '../remove-staged.ts';
import { isConflict } from '../retry-conflicts.ts';
import type { WriteTarget } from '../write-target.ts';

export interface RewrittenTable {
  readonly operation: string;
  readonly parameters: { readonly [key: string]: string };
  /** The definition to write under; `undefined` for the one it has. */
  readonly definition: (snapshot: Snapshot) => WriteTarget | undefined;
  readonly domain?: ((snapshot: Snapshot) => DomainMetadata | undefined) | undefined;
}

/** Files that one pass takes in. */
const passFilesMax = 500;

/** Makes no commit where there is neither a file nor another definition. */
export async function rewriteTable(
  name: ObjectName,
  { operation, parameters, definition, domain }: RewrittenTable,
  context: StatementContext,
): Promise<void> {
  await changeRows(context, async (work) => {
    const { services, signal } = work;
    const target = await openRowTarget(name, undefined, false, work);
    const { snapshot } = target;
    const next = definition(snapshot);
    const files = [...snapshot.files];
    if (files.length === 0 && next === undefined) return;
    const added: AddFile[] = [];
    let isCommitting = false;
    try {
      for (let at = 0; at < files.length; at += passFilesMax) {
        const some = files.slice(at, at + passFilesMax);
        added.push(...(await rewriteFiles(some, target, undefined, work, next)).files);
      }
      isCommitting = true;
      const transaction = services.transactions.begin(snapshot);
      transaction.readWholeTable();
      transaction.enforces(enforcedFeatures);
      if (next !== undefined) transaction.setMetadata(next.metadata);
      const changed = domain?.(snapshot);
      if (changed !== undefined) transaction.setDomainMetadata(changed);
      const deletionTimestamp = services.clock.nowMs();
      transaction.remove(
        files.map((file) =>
          removeFile(snapshot.files.addFile(file), { deletionTimestamp, dataChange: false }),
        ),
      );
      transaction.add(added);
      const operationMetrics = {
        numRewrittenFiles: String(files.length),
        numOutputFiles: String(added.length),
      };
      await transaction.commit(
        {
          operation,
          operationParameters: parameters,
          operationMetrics,
          rowTrackingPreserved: true,
        },
        signal,
      );
    } catch (error) {
      // What may have been committed is left alone.
      if (!isCommitting || isConflict(error)) {
        await removeStagedFiles(services.store, snapshot.location, added);
      }
      throw error;
    }
  });
}
