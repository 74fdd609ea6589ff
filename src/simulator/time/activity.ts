/** Activity: whether this process still has something under way that takes no simulated time. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';

export interface Activity {
  /** True while a request, a file operation or a decompression is under way that waits for nothing but this computer. */
  busy(): boolean;
  /**
   * The request behind `response` is not under way while `wait` lasts, which is for the simulated clock or for its client to
   * go away.
   */
  holding<T>(response: ServerResponse, wait: Promise<T>): Promise<T>;
  /** Stops looking. */
  close(): void;
}

/**
 * Node's own names of what is under way (process.getActiveResourcesInfo): file operations, connections being made, bytes
 * being written. Sockets and servers that only stand open are not among them.
 */
const underWay = /Req|ConnectWrap$|WriteWrap$|ShutdownWrap$/;

/** Told when a request is on its socket, not before: one that waits for a free socket may wait for a request that is held. */
const requestsSent = 'http.client.request.start';

/** Looks at the whole process, all that is not simulated included. */
export function watchActivity(): Activity {
  const requests = new Set<ClientRequest>();
  const held = new Set<ServerResponse>();
  const begun = (message: unknown) => {
    const { request } = message as { request: ClientRequest };
    if (request.closed) return;
    requests.add(request);
    request.once('close', () => requests.delete(request));
  };
  subscribe(requestsSent, begun);
  const inflating = watchInflating();
  return {
    // Requests that are held come from this process, too.
    busy: () => requests.size > held.size || inflating.count() > 0 || workUnderWay(),
    async holding(response, wait) {
      const over = () => void held.delete(response);
      if (!response.destroyed) held.add(response);
      response.once('close', over);
      try {
        return await wait;
      } finally {
        over();
        response.off('close', over);
      }
    },
    close() {
      unsubscribe(requestsSent, begun);
      inflating.close();
    },
  };
}

const known = new Map<string, boolean>();

function workUnderWay(): boolean {
  for (const name of process.getActiveResourcesInfo()) {
    let counts = known.get(name);
    if (counts === undefined) {
      counts = underWay.test(name);
      known.set(name, counts);
    }
    if (counts) return true;
  }
  return false;
}

type Transform = (chunk: unknown, encoding: string, done: (...result: unknown[]) => void) => void;

/** Decompression runs on threads of which Node tells nothing: what all streams of zlib inherit is asked instead. */
function watchInflating(): { count(): number; close(): void } {
  const stream = createGunzip();
  const base = Object.getPrototypeOf(
    Object.getPrototypeOf(Object.getPrototypeOf(stream)),
  ) as NodeJS.EventEmitter & { _transform: Transform };
  stream.close();
  const original = base._transform;
  let running = 0;
  base._transform = function (this: NodeJS.EventEmitter, chunk, encoding, done) {
    running += 1;
    const over = () => {
      this.off('close', over);
      running -= 1;
    };
    // A stream that is destroyed never calls back.
    this.once('close', over);
    original.call(this, chunk, encoding, (...result) => {
      over();
      done(...result);
    });
  };
  return {
    count: () => running,
    close: () => {
      base._transform = original;
    },
  };
}
