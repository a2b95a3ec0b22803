/** A whole server in this process, listening on a free port of loopback, over a scratch warehouse. */
import type { AddressInfo } from 'node:net';
import { buildServer } from '../../server/build-server.ts';
import { openParts } from '../../server/open-parts.ts';
import { makeScratch } from './open-engine.ts';
import { testConfig } from './test-server.ts';

export interface OpenServer {
  readonly url: string;
  readonly warehouse: string;
  /** Stops the server and removes its warehouse. */
  readonly close: () => Promise<void>;
}

export async function openServer(): Promise<OpenServer> {
  const { folder, remove } = await makeScratch();
  const config = testConfig({ config: { warehouse: folder } });
  const server = await buildServer(config, { ...(await openParts(config)), docsPage: false });
  await server.http.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.http.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    warehouse: folder,
    close: async () => {
      await server.close();
      await remove();
    },
  };
}
