/** A signal that is aborted when the client closes its connection before the answer is out. */
import type { FastifyReply } from 'fastify';
import { clientGone } from '../statement-body.ts';

export function clientSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const response = reply.raw;
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(clientGone());
  });
  // The connection may have gone before anybody listened.
  if (response.destroyed) controller.abort(clientGone());
  return controller.signal;
}
