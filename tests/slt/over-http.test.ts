import { openServer } from '../support/open-server.ts';
import { httpClient } from '../support/sql-client.ts';
import { testSltFolder } from '../support/slt-folder.ts';

testSltFolder('tests/slt', async () => {
  const server = await openServer();
  const client = await httpClient(server.url);
  return {
    client,
    warehouse: server.warehouse,
    close: async () => {
      await client.close();
      await server.close();
    },
  };
});
