/**
 * Bounded parallelism for what must be handled in order.
 */

/**
 * The results of `read` for each item, in the items' order, with at most `parallel` under way. When
 * one fails or the consumer leaves, the rest is left to end by itself, unseen.
 */
export async function* readInOrder<T, R>(
  items: readonly T[],
  parallel: number,
  read: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  let next = 0;
  const start = (): void => {
    const item = items[next];
    if (next >= items.length || item === undefined) return;
    next++;
    const promise = read(item);
    promise.catch(() => undefined);
    underWay.push(promise);
  };
  while (underWay.length < parallel && next < items.length) start();
  for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) {
    const result = await first;
    start();
    yield result;
  }
}
