/** A headless Chromium, spoken to over its own debugging pipe: two file descriptors, and no port that anybody else could reach. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const binary = process.env.CHROMIUM ?? '/usr/bin/chromium';

export interface Message {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** Chrome DevTools Protocol: https://chromedevtools.github.io/devtools-protocol/ */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #send: Writable;
  /** All that the browser told, in order. */
  readonly messages: Message[] = [];
  #session: string | undefined;
  #last = 0;

  /** Throws where there is no Chromium; says which package brings it. */
  static async start(): Promise<Chromium> {
    try {
      accessSync(binary);
    } catch {
      throw new Error(
        `${binary} is not there: apt-get install chromium, or name another one in CHROMIUM`,
      );
    }
    const browser = new Chromium();
    const { targetId } = await browser.ask('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await browser.ask('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = String(sessionId);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log', 'Audits'])
      await browser.ask(`${domain}.enable`);
    return browser;
  }

  private constructor() {
    this.#profile = mkdtempSync(join(tmpdir(), 'bootstrap-agent-browser-'));
    const flags = [
      '--headless=new',
      '--remote-debugging-pipe',
      // As root there is no other way, and the page is our own.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-extensions',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      // Whatever it tried to look up would fail, and be seen.
      '--host-resolver-rules=MAP * ~NOTFOUND',
      `--user-data-dir=${this.#profile}`,
    ];
    this.#process = spawn(binary, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.#send = this.#process.stdio[3] as Writable;
    let rest = '';
    (this.#process.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\0');
      rest = parts.pop() ?? '';
      for (const part of parts) this.#take(JSON.parse(part));
    });
  }

  /** One command of the protocol; throws what the browser refuses. */
  async ask(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#last;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    const sessionId = this.#session && { sessionId: this.#session };
    this.#send.write(`${JSON.stringify({ id, method, params, ...sessionId })}\0`);
    const { error, result = {} } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** What an expression is in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.ask('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as { result: { value: T }; exceptionDetails?: { text: string } };
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
    return result.value;
  }

  /** Opens a page and waits until it is loaded. */
  async open(url: string): Promise<void> {
    const before = this.messages.length;
    await this.ask('Page.navigate', { url });
    while (!this.messages.slice(before).some(({ method }) => method === 'Page.loadEventFired'))
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await gone;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10 });
  }

  #take(message: Answer & Message & { id?: number }): void {
    if (message.id === undefined) this.messages.push(message);
    else this.#waiting.get(message.id)?.(message);
  }
}

interface Answer {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}
