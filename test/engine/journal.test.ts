import { mkdtempSync } from 'node:fs';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { StepError } from '../../src/errors.ts';
import type { Event, Happening } from '../../src/events.ts';
import { rootedFiles } from '../../src/host/files.ts';
import type { Files } from '../../src/host/host.ts';
import { recordedOwnership } from '../../src/host/ownership.ts';
import { changing, play, step } from './steps.ts';

const roots: string[] = [];
let root: string;
let files: Files;
const key = { instanceId: 'i-0abc', bootId: '4f1e-77', planDigest: 'd1' };
const onDisk = () => join(root, 'var/lib/bootstrap-agent/journal/i-0abc/4f1e-77.jsonl');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'journal-'));
  roots.push(root, `${root}.ownership`);
  files = rootedFiles(root, { ownership: recordedOwnership(root) });
});
afterAll(() => Promise.all(roots.map((path) => rm(path, { recursive: true, force: true }))));

const at = (happening: Happening, when = 1_700_000_000_000): Event => ({
  at: when,
  elapsed: 1,
  ...happening,
});
const applying = (id: string) => at({ type: 'step-applying', step: id, differences: ['content'] });
const finished = (id: string, outcome: 'changed' | 'unchanged' | 'failed' | 'skipped') =>
  at({ type: 'step-finished', step: id, outcome, ms: 3 });

async function written(...events: Event[]): Promise<void> {
  const journal = await openJournal(files, key);
  events.forEach(journal.listener);
  await journal.settled();
  await journal.close();
}

test('a first run finds nothing earlier', async () => {
  const journal = await openJournal(files, key);
  expect(journal.earlier.steps.size).toBe(0);
  expect(journal.earlier.hook).toBeUndefined();
  expect(journal.warnings).toEqual([]);
  expect(journal.path).toBe('/var/lib/bootstrap-agent/journal/i-0abc/4f1e-77.jsonl');
  await journal.close();
});

test('holds the events that matter, one JSON line each with the digest of the plan, and no others', async () => {
  await written(
    at({ type: 'step-started', step: 'a' }),
    applying('a'),
    at({ type: 'step-progress', step: 'a', bytes: 1 }),
    finished('a', 'changed'),
  );
  const lines = (await readFile(onDisk(), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { type: 'step-applying', step: 'a', planDigest: 'd1', at: 1_700_000_000_000 },
    { type: 'step-finished', step: 'a', outcome: 'changed', planDigest: 'd1' },
  ]);
});

test('the next run in the same boot learns what was done, under another plan as well', async () => {
  await written(
    applying('a'),
    finished('a', 'changed'),
    applying('b'),
    finished('b', 'failed'),
    finished('c', 'skipped'),
  );
  const journal = await openJournal(files, { ...key, planDigest: 'd2' });
  expect(Object.fromEntries(journal.earlier.steps)).toEqual({
    a: { applying: 1, succeeded: 2 },
    b: { applying: 3, succeeded: 0 },
  });
  await journal.close();
});

test('another boot of the same instance starts afresh', async () => {
  await written(applying('a'));
  const journal = await openJournal(files, { ...key, bootId: 'another' });
  expect(journal.earlier.steps.size).toBe(0);
  await journal.close();
});

test.each([
  ['completed', { result: 'CONTINUE' }],
  ['already-completed', undefined],
  ['not-sent', undefined],
] as const)('a hook that was %s', async (outcome, expected) => {
  await written(at({ type: 'hook-completed', result: 'CONTINUE', outcome }));
  const journal = await openJournal(files, key);
  expect(journal.earlier.hook).toEqual(expected);
  await journal.close();
});

test('a damaged line is a warning that names it; unknown lines are ignored', async () => {
  await written(applying('a'));
  await appendFile(
    onDisk(),
    '{"type":"step-fin\u0000\n7\n{"type":"of the future","step":"x"}\n{}\n',
  );
  await written(finished('a', 'changed'));
  const journal = await openJournal(files, key);
  expect(journal.warnings).toEqual([
    `${journal.path}, line 2: damaged, skipped.`,
    `${journal.path}, line 3: damaged, skipped.`,
  ]);
  expect(Object.fromEntries(journal.earlier.steps)).toEqual({ a: { applying: 1, succeeded: 6 } });
  await journal.close();
});

test('cut at any byte, it opens without a warning, keeps its whole lines, and goes on', async () => {
  await written(applying('a'), finished('a', 'changed'), applying('bä'), finished('bä', 'failed'));
  const whole = await readFile(onDisk());
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: whole.length }), async (cut) => {
      await writeFile(onDisk(), whole.subarray(0, cut));
      await written(applying('next'));
      const journal = await openJournal(files, key);
      const lines = whole.subarray(0, cut).toString().split('\n').length - 1;
      expect(journal.warnings).toEqual([]);
      expect(journal.earlier.steps.get('next')).toEqual({ applying: lines + 1, succeeded: 0 });
      expect(journal.earlier.steps.get('a')?.applying ?? 0).toBe(lines >= 1 ? 1 : 0);
      expect(journal.earlier.steps.get('a')?.succeeded ?? 0).toBe(lines >= 2 ? 2 : 0);
      await journal.close();
    }),
    { numRuns: 60 },
  );
});

test('any bytes at all can be opened', async () => {
  await written(applying('a'));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await writeFile(onDisk(), bytes);
      const journal = await openJournal(files, key);
      expect(journal.earlier.hook).toBeUndefined();
      await journal.close();
    }),
    { numRuns: 40 },
  );
});

test('a run killed between the change and the restart: the next run restarts', async () => {
  const seen: boolean[] = [];
  const first = await openJournal(files, key);
  const steps = [step('conf'), step('app', ['conf'], ['conf'])];
  // Killed: the second step never begins, and the journal is not closed before the next run opens it.
  await play([steps[0]!], {
    journal: first,
    clock: systemClock,
    deadline: performance.now() + 60_000,
    listeners: [first.listener],
    behaviours: { conf: changing() },
  });
  await first.settled();
  const app = {
    check: ({ stale }: { stale: boolean }) => {
      seen.push(stale);
      return stale
        ? { differences: [{ aspect: 'state', wanted: 'restarted' }] as const }
        : undefined;
    },
  };
  for (const run of ['the next', 'one more']) {
    const journal = await openJournal(files, key);
    const { report } = await play(steps, {
      journal,
      clock: systemClock,
      deadline: performance.now() + 60_000,
      listeners: [journal.listener],
      behaviours: { app },
    });
    expect([run, report.outcome]).toEqual([run, 'done']);
    await journal.close();
  }
  expect(seen).toEqual([true, false, false]);
  await first.close();
});

test('keeps the twenty latest journals, those that an image brought along included', async () => {
  for (let n = 0; n < 25; n += 1) {
    const instanceId = n < 3 ? 'i-of-the-image' : 'i-0abc';
    // Random names: their order says nothing.
    const journal = await openJournal(files, { ...key, instanceId, bootId: `${(n * 7) % 25}` });
    journal.listener(at({ type: 'verdict', result: 'CONTINUE', because: 'x' }, 1_000 + n));
    await journal.close();
  }
  const directory = join(root, 'var/lib/bootstrap-agent/journal');
  expect(await readdir(join(directory, 'i-of-the-image'))).toEqual([]);
  const left = await readdir(join(directory, 'i-0abc'));
  const latest = Array.from({ length: 20 }, (_, n) => `${((n + 5) * 7) % 25}.jsonl`);
  expect(left.sort()).toEqual(latest.sort());
});

test('ids that are no ids stay inside the directory', async () => {
  const journal = await openJournal(files, { ...key, instanceId: '../../etc', bootId: '' });
  expect(journal.path).toBe('/var/lib/bootstrap-agent/journal/______etc/_.jsonl');
  await journal.close();
});

test('what cannot be written is told by settled, and stays told', async () => {
  const full = new StepError('no space left');
  const journal = await openJournal(
    {
      ...files,
      read: async () => undefined,
      makeDirectory: async () => undefined,
      openLog: async () => ({
        append: () => {
          throw full;
        },
        flushed: async () => undefined,
        close: async () => undefined,
      }),
    },
    key,
  );
  journal.listener(applying('a'));
  await expect(journal.settled()).rejects.toBe(full);
  await expect(journal.settled()).rejects.toBe(full);
});
