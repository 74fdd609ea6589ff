/** Faulty answers: decides which fault befalls a request, and answers on the wire as that fault says. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { Fault } from './fault.ts';
import { held } from './time/event-clock.ts';

export interface Faults {
  /**
   * The fault that befalls a request, or undefined; counts the request. `name` is the request in full:
   * `imds:meta-data/instance-id`, `s3:GetObject:bucket/key`, `autoscaling:CompleteLifecycleAction`. A fault on a shorter
   * name (`s3`, `s3:GetObject`) befalls everything below it. Faults are tried in the order written and the first that is
   * due wins, so "503 twice" followed by "reset once" befalls three requests in that order.
   */
  befalling(name: string): Fault | undefined;
}

/** What a service answers when nothing goes wrong. */
export interface Answer {
  readonly status: number;
  /** Content-Length is added from the body, unless given here. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** A fault of the kind "answer with this status". */
export interface Refusal {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
}

export interface Exchange {
  readonly response: ServerResponse;
  readonly fault: Fault | undefined;
  readonly clock: Clock;
  /** Does what was asked and gives the answer; not called where the fault keeps the request from being done. */
  readonly answer: () => Answer | Promise<Answer>;
  /** Puts a refusal into the words of the service: XML, JSON, plain text. */
  readonly refuse: (refusal: Refusal) => Answer;
  /** Aborted when the service closes: ends delays and slow bodies. */
  readonly signal?: AbortSignal;
}

/** Makes a scenario's faults ready; `until_seconds` counts from this call, by `clock`. */
export function faultsFor(faults: readonly Fault[], clock: Clock): Faults {
  const origin = clock.monotonic();
  const armed = faults.map((fault) => ({
    fault,
    matches: matcher(fault.on),
    seen: 0,
    befallen: 0,
  }));
  return {
    befalling(name) {
      const seconds = (clock.monotonic() - origin) / 1000;
      for (const one of armed) {
        if (one.fault.until_seconds !== undefined && seconds >= one.fault.until_seconds) continue;
        if (one.befallen >= (one.fault.times ?? Number.POSITIVE_INFINITY)) continue;
        if (!one.matches(name)) continue;
        one.seen += 1;
        if (one.seen <= (one.fault.skip ?? 0)) continue;
        one.befallen += 1;
        return one.fault;
      }
      return undefined;
    },
  };
}

/**
 * Answers a request on the wire, as its fault says or correctly. Gives the status that was put on the wire, 0 where the
 * client got none. Never throws because the client went away; rejects with what `answer` throws.
 */
export async function answerWith(exchange: Exchange): Promise<number> {
  const { response, fault, refuse } = exchange;
  const kind = fault?.do;
  if (kind === 'reset') {
    response.socket?.resetAndDestroy();
    return 0;
  }
  if (kind === 'hang') {
    if (!response.destroyed) await held(exchange.clock, response, once(response, 'close'));
    return 0;
  }
  if (typeof kind === 'object' && 'status' in kind) return send(response, refuse(kind));
  const delayMs = typeof kind === 'object' && 'delay_ms' in kind ? (kind.delay_ms ?? 0) : 0;
  if (delayMs > 0 && !(await slept(exchange, delayMs))) {
    return 0;
  }
  const answer = await exchange.answer();
  if (kind === 'lose-answer') {
    response.destroy();
    return 0;
  }
  if (typeof kind !== 'object') return send(response, answer);
  const body = bytesOf(answer);
  if ('truncate_at' in kind) {
    writeHead(response, answer, body);
    await write(response, body.subarray(0, kind.truncate_at));
    response.destroy();
    return answer.status;
  }
  if ('corrupt_at' in kind)
    return send(response, { ...answer, body: flipped(body, kind.corrupt_at) });
  if ('bytes_per_second' in kind) {
    const { bytes_per_second: rate } = kind;
    // Twenty pieces a second, so that a client sees a trickle rather than bursts; a wait that took too long is made good.
    const piece = Math.max(1, Math.floor(rate / 20));
    const begun = exchange.clock.monotonic();
    writeHead(response, answer, body);
    for (let at = 0; at < body.length && !response.destroyed; at += piece) {
      const dueMs = begun + ((at + piece) / rate) * 1000 - exchange.clock.monotonic();
      if (dueMs > 0 && !(await slept(exchange, dueMs))) return answer.status;
      await write(response, body.subarray(at, at + piece));
    }
    response.end();
    return answer.status;
  }
  return send(response, answer);
}

/** Waits by the simulator's clock; gives false, and cuts the connection, where the service closes meanwhile. */
async function slept({ clock, response, signal }: Exchange, ms: number): Promise<boolean> {
  try {
    await held(clock, response, clock.sleep(ms, signal));
    return true;
  } catch {
    response.destroy();
    return false;
  }
}

/** `*` stands for any characters, slashes and colons included; a name also covers what lies below it. */
function matcher(pattern: string): (name: string) => boolean {
  const source = pattern
    .split('*')
    .map((literal) => literal.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  const regExp = new RegExp(`^${source}(:.*)?$`, 's');
  return (name) => regExp.test(name);
}

function send(response: ServerResponse, answer: Answer): number {
  const body = bytesOf(answer);
  writeHead(response, answer, body);
  response.end(body);
  return answer.status;
}

function writeHead(response: ServerResponse, answer: Answer, body: Buffer): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, { 'content-length': String(body.length), ...answer.headers });
}

function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.once('close', resolve);
    response.flushHeaders();
    response.write(bytes, () => {
      response.off('close', resolve);
      resolve();
    });
  });
}

function bytesOf(answer: Answer): Buffer {
  return Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(answer.body ?? '');
}

/** A copy with one byte flipped; the last one where the body is shorter than the position. */
function flipped(body: Buffer, position: number): Buffer {
  const copy = Buffer.from(body);
  const at = Math.min(position, copy.length - 1);
  const byte = copy[at];
  if (byte !== undefined) copy[at] = byte ^ 0xff;
  return copy;
}
