import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { liveProgress } from '../../src/engine/progress.ts';
import { badBoot, eventsAt, goodBoot } from './events-of-a-boot.ts';

/** A screen of rows, as a terminal would show it after the sequences that progress uses. */
class Screen {
  readonly isTTY = true;
  readonly columns = 60;
  text = '';
  writes = 0;

  write(text: string): void {
    this.writes += 1;
    let left = text;
    const erase = new RegExp(
      `^${String.fromCharCode(27)}\\[(\\d+)F${String.fromCharCode(27)}\\[0J`,
    );
    for (let up = erase.exec(left); up !== null; up = erase.exec(left)) {
      const rows = this.text.split('\n').slice(0, -1);
      this.text = rows
        .slice(0, rows.length - Number(up[1]))
        .map((row) => `${row}\n`)
        .join('');
      left = left.slice(up[0].length);
    }
    this.text += left;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('on a terminal', () => {
  test('shows what is at work, how far, and since when', () => {
    const screen = new Screen();
    const progress = liveProgress(screen);
    goodBoot.filter(({ elapsed }) => elapsed <= 400).forEach(progress.listener);
    vi.advanceTimersByTime(1000);
    expect(screen.text).toBe(
      ['1.4 s  2 of 4 steps', '  artifact:shop  1.36 s  32.0 of 64.0 MB (50 %)', ''].join('\n'),
    );
  });

  test('redraws ten times a second at most, whatever comes', () => {
    const screen = new Screen();
    const progress = liveProgress(screen);
    progress.listener(goodBoot[0]!);
    for (let n = 0; n < 1000; n += 1) {
      const [event] = eventsAt([n, { type: 'step-progress', step: 'x', line: `line ${n}` }]);
      progress.listener(event!);
      vi.advanceTimersByTime(1);
    }
    expect(screen.writes).toBe(10);
    progress.stop();
  });

  test('a log line goes above the block, which stays', () => {
    const screen = new Screen();
    const progress = liveProgress(screen);
    goodBoot.slice(0, 9).forEach(progress.listener);
    vi.advanceTimersByTime(100);
    progress.above('first\n');
    progress.above('second\n');
    expect(screen.text.split('\n')).toEqual([
      'first',
      'second',
      '0.1 s  0 of 4 steps',
      '  sysctl  101 ms',
      '  artifact:shop  100 ms',
      '',
    ]);
  });

  test('is gone at the end of the boot, and draws no more', () => {
    const screen = new Screen();
    const progress = liveProgress(screen);
    for (const event of goodBoot) {
      progress.listener(event);
      vi.advanceTimersByTime(100);
    }
    expect(screen.writes).toBeGreaterThan(5);
    expect(screen.text).toBe('');
    const { writes } = screen;
    badBoot.slice(0, 9).forEach(progress.listener);
    vi.advanceTimersByTime(1000);
    expect(screen.writes).toBe(writes);
  });

  test('probes and retries are shown; rows are clipped to the terminal, control characters taken out', () => {
    const screen = new Screen();
    const progress = liveProgress(screen);
    eventsAt(
      [0, { type: 'step-started', step: 'command:x' }],
      [0, { type: 'step-progress', step: 'command:x', line: `a\u001b[2Jb${'y'.repeat(90)}` }],
      [0, { type: 'step-started', step: 'artifact:x' }],
      [0, { type: 'step-retrying', step: 'artifact:x', because: '503', waitMs: 120 }],
      [
        0,
        {
          type: 'probe-answered',
          probe: 'tcp:1',
          ok: false,
          detail: 'refused',
          inARow: 0,
          wanted: 1,
        },
      ],
    ).forEach(progress.listener);
    vi.advanceTimersByTime(100);
    const rows = screen.text.split('\n');
    expect(rows[1]).toHaveLength(59);
    expect(rows[1]).toMatch(/^ {2}command:x {2}100 ms {2}a \[2Jby+…$/);
    expect(rows[2]).toBe('  artifact:x  100 ms  again in 120 ms: 503');
    expect(rows[3]).toBe('  tcp:1  100 ms  refused');
    progress.stop();
  });

  test('of many steps at work six are shown, and how many more there are', () => {
    const screen = new Screen();
    const progress = liveProgress(screen);
    for (let n = 0; n < 9; n += 1)
      eventsAt([0, { type: 'step-started', step: `s${n}` }]).forEach(progress.listener);
    vi.advanceTimersByTime(100);
    const rows = screen.text.trimEnd().split('\n');
    expect(rows).toHaveLength(8);
    expect(rows.at(-1)).toBe('  and 3 more');
    progress.stop();
  });
});

test('elsewhere it draws nothing and lets log lines pass', () => {
  const written: string[] = [];
  const progress = liveProgress({ write: (text) => written.push(text) });
  goodBoot.forEach(progress.listener);
  vi.advanceTimersByTime(1000);
  progress.above('line\n');
  progress.stop();
  expect(written).toEqual(['line\n']);
});
