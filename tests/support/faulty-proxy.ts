/**
 * An HTTP proxy on loopback in front of an S3 server that does to requests what networks do. Each rule
 * is used for as many requests as it says, those that match, in turn.
 */
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export type Fault =
  /** Refused before it reaches the server. */
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  /** Done by the server; the answer never comes. */
  | { readonly kind: 'lost answer' }
  /** The connection breaks before the server hears of it. */
  | { readonly kind: 'reset' }
  /** The body breaks off after so many bytes. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'delay'; readonly ms: number };

export interface Rule {
  readonly fault: Fault;
  readonly method?: string | undefined;
  readonly path?: RegExp | undefined;
  times: number;
}

export interface FaultyProxy {
  readonly endpoint: string;
  /** `METHOD path?query`, in the order of their arrival. */
  readonly requests: string[];
  readonly rules: Rule[];
  close(): Promise<void>;
}

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const requests: string[] = [];
  const rules: Rule[] = [];

  function faultOf({ method = '', url = '' }: IncomingMessage): Fault | undefined {
    const rule = rules.find(
      (one) =>
        one.times > 0 &&
        (one.method === undefined || one.method === method) &&
        (one.path === undefined || one.path.test(url)),
    );
    if (rule === undefined) return undefined;
    rule.times--;
    return rule.fault;
  }

  function pass(incoming: IncomingMessage, answer: ServerResponse, fault: Fault | undefined): void {
    const { method, url, headers } = incoming;
    // Signed as sent: the name of the host stays as it is.
    const outgoing = forward({ hostname, port, method, path: url, headers }, (found) => {
      if (fault?.kind === 'lost answer') {
        found.resume();
        found.once('end', () => answer.destroy());
        return;
      }
      answer.writeHead(found.statusCode ?? 500, found.headers);
      if (fault?.kind !== 'cut') {
        found.pipe(answer);
        return;
      }
      let left = fault.afterBytes;
      found.on('data', (chunk: Buffer) => {
        if (left < 0) return;
        answer.write(chunk.subarray(0, left));
        left -= chunk.length;
        if (left < 0) setTimeout(() => answer.destroy(), 20);
      });
      found.once('end', () => {
        if (left >= 0) answer.end();
      });
    });
    outgoing.once('error', () => answer.destroy());
    incoming.pipe(outgoing);
  }

  const server = createServer((incoming, answer) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    const fault = faultOf(incoming);
    switch (fault?.kind) {
      case 'status': {
        incoming.resume();
        const body = `<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>injected</Message></Error>`;
        incoming.once('end', () => {
          answer.writeHead(fault.status, { 'Content-Type': 'application/xml' });
          answer.end(body);
        });
        return;
      }
      case 'reset':
        incoming.socket.destroy();
        return;
      case 'delay':
        setTimeout(() => pass(incoming, answer, undefined), fault.ms);
        return;
      case 'lost answer':
      case 'cut':
      case undefined:
        pass(incoming, answer, fault);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${own}`,
    requests,
    rules,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
