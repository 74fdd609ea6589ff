import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderStatus } from '../../src/engine/render-status.ts';
import { type StatusRecord, statusAfter, statusPath } from '../../src/engine/status.ts';
import { readStatus, statusFile } from '../../src/engine/status-file.ts';
import { StepError } from '../../src/errors.ts';
import type { Event, Happening } from '../../src/events.ts';
import { rootedFiles } from '../../src/host/files.ts';
import type { Files } from '../../src/host/host.ts';
import { recordedOwnership } from '../../src/host/ownership.ts';
import { virtualClock } from '../virtual-clock.ts';
import { badBoot, goodBoot, rareEvents } from './events-of-a-boot.ts';

const statusOf = (events: readonly Event[]) =>
  events.reduce<StatusRecord | undefined>(statusAfter, undefined);

describe('the record', () => {
  test('moves through the states of a boot', () => {
    const states: string[] = [];
    let record: StatusRecord | undefined;
    for (const event of goodBoot) {
      record = statusAfter(record, event);
      if (record !== undefined && states.at(-1) !== record.state) states.push(record.state);
    }
    expect(states).toEqual(['starting', 'identity', 'planning', 'applying', 'probing', 'done']);
  });

  test('holds what is known at the end', () => {
    expect(statusOf([...goodBoot, ...rareEvents])).toMatchObject({
      identity: { instanceId: 'i-0abc', group: 'shop' },
      class: 'tomcat',
      release: '2026-01',
      planDigest: 'abcdef0123456789',
      steps: { planned: 4, unchanged: 1, changed: 3, failed: 0, skipped: 0, current: [] },
      probes: { 'http:8080': 'answered 200' },
      verdict: { result: 'CONTINUE' },
      hook: 'CONTINUE completed',
      exitCode: 0,
      startedAt: goodBoot[0]?.at,
    });
  });

  test('names the steps at work', () => {
    expect(statusOf(goodBoot.filter(({ elapsed }) => elapsed <= 42))?.steps.current).toEqual([
      'sysctl',
      'artifact:shop',
    ]);
  });

  test('keeps the first failure', () => {
    expect(statusOf(badBoot)).toMatchObject({
      state: 'failed',
      failure: 'artifact:shop: sha256 differs',
      exitCode: 78,
      hook: 'ABANDON not-sent: the instance is in no Auto Scaling group',
    });
    expect(statusOf([badBoot[0]!, badBoot.find(({ type }) => type === 'verdict')!])).toMatchObject({
      state: 'failed',
      failure: 'artifact:shop: sha256 differs',
    });
  });

  test('is unknown before the boot began', () => {
    expect(statusOf(rareEvents)).toBeUndefined();
  });
});

describe('as text', () => {
  const now = (goodBoot[0]?.at ?? 0) + 30_000;
  const shown = (events: readonly Event[]) => renderStatus(statusOf(events)!, now);

  test('of a boot that met several faults: each on a line of its own, below the verdict', () => {
    const faults = ['roles/a.yaml:1:1: no', 'roles/a.yaml:2:1: neither'];
    const verdict = { type: 'verdict', result: 'ABANDON', because: '2 faults', faults } as const;
    expect(shown([badBoot[0]!, { at: 0, elapsed: 1, ...verdict }])).toContain(
      'verdict    ABANDON: 2 faults\n           roles/a.yaml:1:1: no\n           roles/a.yaml:2:1: neither\n',
    );
  });

  test('of a boot that is over', () => {
    expect(shown(badBoot)).toBe(`\
state      failed after 100 ms
started    2026-01-02T03:04:05.000Z
instance   i-0abc, m5.large in eu-west-1a
group      shop
class      tomcat
release    2026-01
plan       abcdef012345
steps      0 of 4 done (0 changed, 0 unchanged, 2 failed, 1 skipped)
verdict    ABANDON: artifact:shop: sha256 differs
hook       ABANDON not-sent: the instance is in no Auto Scaling group
exit code  78
agent      1.2.3 (simulated)
`);
  });

  test('of a boot that goes on', () => {
    const text = shown(goodBoot.filter(({ elapsed }) => elapsed <= 805 && elapsed !== 800));
    expect(text).toContain('state      probing for 30.0 s\n');
    expect(text).toContain('at work    service:shop.service\n');
    expect(text).toContain(
      'probe      http:8080: connection refused on port 8080: nothing listens\n',
    );
    expect(text).not.toContain('exit code');
  });

  test('before anything is known', () => {
    expect(shown(goodBoot.slice(0, 1)).split('\n')).toHaveLength(4);
  });
});

describe('the file', () => {
  let root: string;
  let files: Files;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'status-'));
    files = rootedFiles(root, { ownership: recordedOwnership(root) });
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
    rmSync(`${root}.ownership`, { force: true });
  });

  test('holds all that was told once it is settled', async () => {
    const told: Happening[] = [];
    const status = statusFile(files, virtualClock(), (happening) => told.push(happening));
    goodBoot.forEach(status.listener);
    await status.settled();
    expect(await readStatus(files)).toEqual(statusOf(goodBoot));
    await status.settled();
    expect(told).toEqual([]);
  });

  test('is written at once when the state changes, and coalesced otherwise', async () => {
    const clock = virtualClock();
    const states: string[] = [];
    const write: Files['write'] = async (path, bytes) => {
      expect(path).toBe(statusPath);
      const { state, steps } = JSON.parse(bytes.toString()) as StatusRecord;
      states.push(`${clock.monotonic()} ${state} ${steps.changed}`);
    };
    const status = statusFile({ ...files, write }, clock, () => undefined);
    for (const event of goodBoot) {
      await clock.sleep(event.elapsed - clock.monotonic());
      status.listener(event);
    }
    await clock.sleep(2_000);
    // 541: half a second after the first detail that came after the state, whatever came meanwhile.
    expect(states).toEqual([
      '0 starting 0',
      '9 identity 0',
      '20 planning 0',
      '40 applying 0',
      '541 applying 1',
      '805 probing 3',
      '1160 done 3',
    ]);
  });

  test('that cannot be written is one warning', async () => {
    const told: Happening[] = [];
    const write = () => Promise.reject(new StepError('read-only file system'));
    const status = statusFile({ ...files, write }, virtualClock(), (h) => told.push(h));
    goodBoot.forEach(status.listener);
    await status.settled();
    goodBoot.forEach(status.listener);
    await status.settled();
    expect(told).toEqual([
      { type: 'warning', message: 'no status is kept: read-only file system' },
    ]);
  });

  test('is unknown where the agent has not run, and an error where it is no status', async () => {
    expect(await readStatus(files)).toBeUndefined();
    const written = JSON.stringify(statusOf(goodBoot));
    for (const [text, found] of [
      ['', 'it is empty'],
      [written.slice(0, 40), 'it is cut off after 40 bytes'],
      ['state: done', 'it is not JSON'],
      ['{"startedAt":1,"state":"done"}', 'it is JSON, but of something else'],
      ['null', 'it is JSON, but of something else'],
    ] as const) {
      await files.write(statusPath, text);
      await expect(readStatus(files)).rejects.toThrow(
        `${statusPath} holds no status record: ${found}; the next boot writes it anew`,
      );
    }
  });
});
