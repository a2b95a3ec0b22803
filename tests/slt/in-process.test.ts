import { makeScratch, openEngine } from '../support/open-engine.ts';
import { engineClient } from '../support/sql-client.ts';
import { testSltFolder } from '../support/slt-folder.ts';

testSltFolder('tests/slt', async () => {
  const { folder, remove } = await makeScratch();
  const engine = await openEngine({ warehouse: folder });
  return {
    client: engineClient(engine),
    warehouse: folder,
    close: async () => {
      await engine.close();
      await remove();
    },
  };
});
