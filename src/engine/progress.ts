/** Live progress on a terminal: a block of a few lines below the log that says what is at work now. */
import type { Event, Listener } from '../events.ts';
import { balancerOf, bytesOf, duration } from './sentence.ts';

/** Ten redraws a second look live; more only cost. Real time, since it is for a person's eyes, whatever the agent's clock does. */
const redrawEveryMs = 100;
const rowsShown = 6;

export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface LiveProgress {
  readonly listener: Listener;
  /** Writes log text above the block. Straight to the terminal when there is no block. */
  readonly above: (text: string) => void;
  /** Removes the block; later events draw no more. */
  stop(): void;
}

interface Row {
  readonly since: number;
  detail: string;
}

/** Progress on this terminal; draws nothing where it is not a TTY. */
export function liveProgress(terminal: Terminal): LiveProgress {
  if (terminal.isTTY !== true) {
    return {
      listener: () => undefined,
      above: (text) => terminal.write(text),
      stop: () => undefined,
    };
  }
  return new Block(terminal);
}

class Block implements LiveProgress {
  readonly #terminal: Terminal;
  readonly #rows = new Map<string, Row>();
  #elapsed = { ms: 0, at: 0 };
  #done = 0;
  #planned = 0;
  #drawn = '';
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  readonly listener: Listener = (event) => {
    if (this.#stopped) return;
    this.#elapsed = { ms: event.elapsed, at: performance.now() };
    this.#take(event);
    // Unref: a block on a screen is no reason to stay alive.
    this.#timer ??= setInterval(() => this.#draw(), redrawEveryMs).unref();
    if (event.type === 'boot-finished') this.stop();
  };

  readonly above = (text: string): void => {
    const drawn = this.#drawn;
    this.#terminal.write(`${erasing(drawn)}${text}${drawn}`);
  };

  stop(): void {
    clearInterval(this.#timer);
    this.#stopped = true;
    this.#show('');
  }

  #take(event: Event): void {
    switch (event.type) {
      case 'plan-made':
      case 'bake-planned':
        this.#planned = event.steps;
        break;
      case 'step-started':
        this.#rows.set(event.step, { since: event.elapsed, detail: '' });
        break;
      case 'step-progress':
        this.#detail(event.step, event.elapsed, event.line ?? bytesOf(event));
        break;
      case 'step-retrying':
        this.#detail(
          event.step,
          event.elapsed,
          `again in ${duration(event.waitMs)}: ${event.because}`,
        );
        break;
      case 'step-finished':
        this.#rows.delete(event.step);
        this.#done += 1;
        break;
      case 'probe-answered':
        this.#detail(event.probe, event.elapsed, event.detail);
        break;
      case 'target-health':
        this.#detail(balancerOf(event), event.elapsed, event.because);
        break;
      case 'verdict':
        this.#rows.clear();
        break;
    }
  }

  #detail(name: string, since: number, detail: string): void {
    const row = this.#rows.get(name);
    if (row === undefined) this.#rows.set(name, { since, detail });
    else row.detail = detail;
  }

  #draw(): void {
    const width = Math.max(20, this.#terminal.columns ?? 80) - 1;
    const now = this.#elapsed.ms + (performance.now() - this.#elapsed.at);
    const rows = [...this.#rows].slice(0, rowsShown).map(([name, { since, detail }]) => {
      return `  ${name}  ${duration(now - since)}${detail === '' ? '' : `  ${detail}`}`;
    });
    const more = this.#rows.size - rows.length;
    const lines = [
      `${(now / 1000).toFixed(1)} s  ${this.#done} of ${this.#planned} steps`,
      ...rows,
      ...(more > 0 ? [`  and ${more} more`] : []),
    ];
    this.#show(lines.map((line) => `${clipped(line, width)}\n`).join(''));
  }

  #show(block: string): void {
    if (block === this.#drawn) return;
    this.#terminal.write(`${erasing(this.#drawn)}${block}`);
    this.#drawn = block;
  }
}

/** Moves the cursor to the start of a block that was drawn and erases to the end of the screen (ECMA-48 CPL, ED). */
function erasing(block: string): string {
  const lines = block.split('\n').length - 1;
  return lines === 0 ? '' : `\u001b[${lines}F\u001b[0J`;
}

/** One row of the screen, whatever a program printed: no control characters, no wrapping. */
function clipped(line: string, width: number): string {
  const plain = line.replace(/\p{Cc}/gu, ' ');
  return plain.length <= width ? plain : `${plain.slice(0, width - 1)}…`;
}
