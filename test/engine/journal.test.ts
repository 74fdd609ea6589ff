import { mkdtempSync } from 'node:fs';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openJournal } from '../../src/engine/journal.ts';
import { StepError } from '../../src/errors.ts';
import type { Event, Happening } from '../../src/events.ts';
import { rootedFiles } from '../../src/host/files.ts';
import type { Files } from '../../src/host/host.ts';
import { recordedOwnership } from '../../src/host/ownership.ts';
import fc from '../random-examples.ts';
import { keyOf } from './run-keys.ts';
import { changing, play, step } from './steps.ts';

const roots: string[] = [];
let root: string;
let files: Files;
const key = keyOf();
const now = 1_700_000_000_000;
const onDisk = () => join(root, 'var/lib/bootstrap-agent/journal/i-0abc/000001-4f1e-77.jsonl');

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
  const journal = await openJournal(files, key, now);
  events.forEach(journal.listener);
  await journal.settled();
  await journal.close();
}

test('a first run finds nothing earlier', async () => {
  const journal = await openJournal(files, key, now);
  expect(journal.earlier.steps.size).toBe(0);
  expect(journal.previous).toBeUndefined();
  expect(journal.memory).toEqual({ units: [] });
  expect(journal.others).toBe(false);
  expect(journal.warnings).toEqual([]);
  expect(journal.path).toBe('/var/lib/bootstrap-agent/journal/i-0abc/000001-4f1e-77.jsonl');
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
    { type: 'run', key: { instanceId: 'i-0abc', bootId: '4f1e-77', planDigest: 'd1' } },
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
  const journal = await openJournal(files, { ...key, planDigest: 'd2' }, now);
  expect(Object.fromEntries(journal.earlier.steps)).toEqual({
    a: { applying: 2, succeeded: 3 },
    b: { applying: 4, succeeded: 0 },
  });
  await journal.close();
});

test('another boot of the same instance starts afresh, and knows how the last one ended', async () => {
  await written(applying('a'), at({ type: 'boot-finished', exitCode: 1, ms: 5 }));
  const journal = await openJournal(files, { ...key, bootId: 'another' }, now);
  expect(journal.earlier.steps.size).toBe(0);
  expect(journal.previous).toMatchObject({ key: { bootId: '4f1e-77' }, exitCode: 1 });
  await journal.close();
});

test('the last run is that of the highest number, whatever the clock said', async () => {
  for (const [bootId, at] of [
    ['one', now],
    ['two', now - 3_600_000],
    ['three', now + 3_600_000],
    ['four', now],
  ] as const)
    await (await openJournal(files, { ...key, bootId }, at)).close();
  const journal = await openJournal(files, { ...key, bootId: 'five' }, now - 1);
  expect(journal.previous?.key.bootId).toBe('four');
  expect(journal.path).toMatch(/000005-five\.jsonl$/);
  await journal.close();
});

test('a journal that was cut in its first line gives way to the one before', async () => {
  await written(at({ type: 'boot-finished', exitCode: 0, ms: 5 }));
  const torn = await openJournal(files, { ...key, bootId: 'torn' }, now);
  await torn.close();
  await writeFile(join(root, torn.path), '{"type":"run","ke');
  const journal = await openJournal(files, { ...key, bootId: 'next' }, now);
  expect(journal.previous).toMatchObject({ key: { bootId: '4f1e-77' }, exitCode: 0 });
  await journal.close();
});

test.each([
  ['completed', { result: 'CONTINUE', instanceId: 'i-0abc', rootVolume: 'vol-0a' }],
  ['already-completed', undefined],
  ['not-sent', undefined],
] as const)(
  'a hook that was %s is remembered over the journals of later boots',
  async (outcome, expected) => {
    await written(at({ type: 'hook-completed', result: 'CONTINUE', outcome }));
    for (const bootId of ['4f1e-77', 'b2', 'b3']) {
      const journal = await openJournal(files, { ...key, bootId }, now);
      if (expected === undefined) expect(journal.memory.completed).toBeUndefined();
      else expect(journal.memory.completed).toMatchObject(expected);
      await journal.close();
    }
    const clone = await openJournal(files, { ...key, instanceId: 'i-clone' }, now);
    expect(clone.memory.completed).toBeUndefined();
    expect(clone.others).toBe(true);
    await clone.close();
  },
);

describe('units that the agent brought up', () => {
  const units = { 'app.service': false, 'chrony.service': true, 'kept.service': true };
  const brings = (id: string, ...differences: string[]) =>
    at({ type: 'step-applying', step: `service:${id}`, differences });
  const remembered = async (rest: object) => {
    const journal = await openJournal(files, { ...key, bootId: 'later', ...rest }, now);
    await journal.close();
    return journal.memory.units;
  };

  test('are those that it started, or enabled where systemd starts them at boot', async () => {
    const journal = await openJournal(files, keyOf({ units }), now);
    journal.listener(brings('app', 'state is inactive (dead), wanted started'));
    // The image starts this one by itself; the agent was sooner this time.
    journal.listener(brings('chrony', 'state is inactive (dead), wanted started'));
    journal.listener(brings('kept', 'enabled is disabled, wanted enabled'));
    journal.listener(brings('kept', 'restart is started before, wanted restarted'));
    await journal.close();
    expect(await remembered({ units })).toEqual(['app.service', 'kept.service']);
  });

  test('are kept in mind until a run without them in its plan has stopped them', async () => {
    const first = await openJournal(files, keyOf({ units }), now);
    first.listener(brings('app', 'state is absent, wanted started'));
    await first.close();
    expect(await remembered({ units: {} })).toEqual(['app.service']);
    // That run was cut off before it came to it; a clone of the disk has the unit as well.
    expect(await remembered({ units: {}, instanceId: 'i-clone' })).toEqual(['app.service']);
    const stopping = await openJournal(files, { ...key, bootId: 'stopping' }, now);
    stopping.listener(finished('service:app', 'changed'));
    await stopping.close();
    expect(await remembered({ bootId: 'last' })).toEqual([]);
  });
});

test('a damaged line is a warning that names it; unknown lines are ignored', async () => {
  await written(applying('a'));
  await appendFile(
    onDisk(),
    '{"type":"step-fin\u0000\n7\n{"type":"of the future","step":"x"}\n{}\n',
  );
  await written(finished('a', 'changed'));
  const journal = await openJournal(files, key, now);
  expect(journal.warnings).toEqual([
    `${journal.path}, line 3: damaged, skipped.`,
    `${journal.path}, line 4: damaged, skipped.`,
  ]);
  expect(Object.fromEntries(journal.earlier.steps)).toEqual({ a: { applying: 2, succeeded: 8 } });
  await journal.close();
});

test('cut at any byte, it opens without a warning, keeps its whole lines, and goes on', async () => {
  await written(applying('a'), finished('a', 'changed'), applying('bä'), finished('bä', 'failed'));
  const whole = await readFile(onDisk());
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: whole.length }), async (cut) => {
      await writeFile(onDisk(), whole.subarray(0, cut));
      await written(applying('next'));
      const journal = await openJournal(files, key, now);
      const lines = whole.subarray(0, cut).toString().split('\n').length - 1;
      expect(journal.warnings).toEqual([]);
      expect(journal.earlier.steps.get('next')).toEqual({ applying: lines + 2, succeeded: 0 });
      expect(journal.earlier.steps.get('a')?.applying ?? 0).toBe(lines >= 2 ? 2 : 0);
      expect(journal.earlier.steps.get('a')?.succeeded ?? 0).toBe(lines >= 3 ? 3 : 0);
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
      const journal = await openJournal(files, key, now);
      expect(journal.earlier.last).toBeUndefined();
      await journal.close();
    }),
    { numRuns: 40 },
  );
});

test('a run killed between the change and the restart: the next run restarts', async () => {
  const seen: boolean[] = [];
  const first = await openJournal(files, key, now);
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
    const journal = await openJournal(files, key, now);
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

test('keeps the twenty latest journals', async () => {
  for (let n = 0; n < 25; n += 1) {
    // Random names: their order says nothing.
    const journal = await openJournal(files, { ...key, bootId: `${(n * 7) % 25}` }, now);
    await journal.close();
  }
  const left = await readdir(join(root, 'var/lib/bootstrap-agent/journal/i-0abc'));
  const latest = Array.from(
    { length: 20 },
    (_, n) => `0000${String(n + 6).padStart(2, '0')}-${((n + 5) * 7) % 25}.jsonl`,
  );
  expect(left.sort()).toEqual(latest);
});

test('ids that are no ids stay inside the directory', async () => {
  const journal = await openJournal(files, { ...key, instanceId: '../../etc', bootId: '' }, now);
  expect(journal.path).toBe('/var/lib/bootstrap-agent/journal/______etc/000001-_.jsonl');
  await journal.close();
});

test('what cannot be written is told by settled, and stays told', async () => {
  const full = new StepError('no space left');
  const journal = await openJournal(
    {
      ...files,
      read: async () => undefined,
      list: async () => [],
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
    now,
  );
  journal.listener(applying('a'));
  await expect(journal.settled()).rejects.toBe(full);
  await expect(journal.settled()).rejects.toBe(full);
});

test('what was sent in a pool that was left in the same run was sent for service', async () => {
  const pooled = { ...key, targetLifecycleState: 'Warmed:Running' };
  const journal = await openJournal(files, pooled, now);
  journal.listener(at({ type: 'pool-left' }));
  journal.listener(at({ type: 'hook-completed', result: 'CONTINUE', outcome: 'completed' }));
  await journal.close();
  const served = await openJournal(files, { ...key, targetLifecycleState: 'InService' }, now);
  expect(served.memory.completed).toMatchObject({ targetLifecycleState: 'InService' });
  await served.close();
  // Back in the pool the group waits again; and once more when it takes the node out for the second time.
  for (const targetLifecycleState of ['Warmed:Running', 'InService']) {
    const again = await openJournal(files, { ...key, targetLifecycleState }, now);
    expect(again.memory.completed).toBeUndefined();
    await again.close();
  }
});
