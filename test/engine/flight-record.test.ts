import { mkdtempSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { causeChain } from '../../src/engine/cause-chain.ts';
import { type BootEnd, flightRecord, writeFlightRecord } from '../../src/engine/flight-record.ts';
import { obituary } from '../../src/engine/obituary.ts';
import type { Report } from '../../src/engine/report.ts';
import { ConfigError, StepError, UnavailableError } from '../../src/errors.ts';
import { rootedFiles } from '../../src/host/files.ts';
import { recordedOwnership } from '../../src/host/ownership.ts';
import type { Identity } from '../../src/identity/identity.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { Redactor } from '../../src/redaction.ts';
import { badBoot, eventsAt, goodBoot } from './events-of-a-boot.ts';
import { drift } from './steps.ts';

const root = mkdtempSync(join(tmpdir(), 'records-'));
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  await rm(`${root}.ownership`, { force: true });
});

const identity = {
  facts: { instance_id: 'i-0abc' },
  class: { name: 'tomcat', source: 'tag', held: [] },
  tags: { Class: 'tomcat' },
  tagNames: ['Class'],
  tagsFrom: 'metadata',
  userData: { kind: 'ours', document: { text: 'class: tomcat' }, carriedIn: 'plain' },
} as unknown as Identity;
const plan = {
  digest: 'abcdef',
  release: { name: '1', source: 'tag' },
  steps: [
    { id: 'file:/etc/x', needs: [] },
    { id: 'service:x.service', needs: ['file:/etc/x'] },
    { id: 'service:y.service', needs: ['service:x.service'] },
    { id: 'package:z', needs: [] },
  ],
} as unknown as Plan;
const report: Report = {
  outcome: 'failed',
  steps: [
    {
      id: 'file:/etc/x',
      kind: 'file',
      outcome: 'failed',
      attempts: 2,
      startedAt: 1,
      finishedAt: 2,
      drift: drift('content', 'the whole\nold text'),
      error: 'no',
    },
  ],
  failure: { step: 'file:/etc/x', error: new StepError('no') },
  startedAt: 1,
  finishedAt: 2,
};

test('holds all that explains a boot', () => {
  const end: BootEnd = {
    events: goodBoot,
    exitCode: 1,
    identity,
    plan,
    report,
    verdict: { result: 'ABANDON', because: 'no', error: new StepError('no') },
  };
  const record = flightRecord(end);
  expect(record).toMatchObject({
    agentVersion: '1.2.3',
    simulated: true,
    bootId: 'boot-1',
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:04:06.160Z',
    exitCode: 1,
    identity: { class: { name: 'tomcat', source: 'tag' }, userData: 'ours' },
    planDigest: 'abcdef',
    release: { name: '1' },
    steps: [{ id: 'file:/etc/x', differences: ['content is 2 lines, wanted new'], attempts: 2 }],
    verdict: { result: 'ABANDON', because: 'no' },
    failure: [{ name: 'StepError', message: 'no' }],
    metadataRequests: 7,
  });
  expect(record.calls).toEqual([
    { service: 's3', operation: 'GetObject', count: 2, failed: 1 },
    { service: 'autoscaling', operation: 'CompleteLifecycleAction', count: 1, failed: 0 },
  ]);
  expect(JSON.stringify(record)).not.toContain('whole');
  expect(record.steps[0]).not.toHaveProperty('drift');
  expect(record.events.some(({ type }) => type === 'step-progress')).toBe(false);
});

test('of a boot that ended before it knew who it was', () => {
  const record = flightRecord({
    events: eventsAt(
      [0, { type: 'boot-started', agentVersion: '1', simulated: false, bootId: 'b' }],
      [5, { type: 'metadata-answered', key: 'api/token', status: 403, ms: 5 }],
    ),
    exitCode: 78,
    error: new ConfigError('metadata is switched off'),
  });
  expect(record).toMatchObject({
    exitCode: 78,
    steps: [],
    calls: [],
    metadataRequests: 1,
    failure: [{ name: 'ConfigError', message: 'metadata is switched off' }],
  });
  expect(record).not.toHaveProperty('identity');
  expect(flightRecord({ events: [], exitCode: 70 })).toMatchObject({ failure: [], bootId: '' });
});

test('is written under its time and as the latest, redacted, and the oldest are removed', async () => {
  const files = rootedFiles(root, { ownership: recordedOwnership(root) });
  const redactor = new Redactor();
  redactor.learn('correct-horse');
  const record = flightRecord({
    events: badBoot,
    exitCode: 1,
    error: new StepError('refused: correct-horse'),
  });
  let path = '';
  for (let day = 1; day <= 52; day += 1) {
    const startedAt = new Date(Date.UTC(2026, 0, day)).toISOString();
    path = await writeFlightRecord(files, redactor, { ...record, startedAt });
  }
  expect(path).toBe('/var/lib/bootstrap-agent/reports/2026-02-21T00-00-00.000Z-boot-1.json');
  const directory = join(root, 'var/lib/bootstrap-agent/reports');
  const names = (await readdir(directory)).sort();
  expect(names).toHaveLength(51);
  expect(names[0]).toBe('2026-01-03T00-00-00.000Z-boot-1.json');
  expect(names.at(-1)).toBe('latest.json');
  const latest = await readFile(join(directory, 'latest.json'), 'utf8');
  expect(latest).toBe(await readFile(join(root, path), 'utf8'));
  expect(JSON.parse(latest).failure).toEqual([
    { name: 'StepError', message: 'refused: [redacted]' },
  ]);
  // A clock that is not set yet makes the latest look like the oldest.
  const startedAt = new Date(0).toISOString();
  const early = await writeFlightRecord(files, redactor, { ...record, startedAt });
  expect(await files.read(early)).toBeDefined();
  expect(await readdir(directory)).toHaveLength(51);
});

test('the cause chain: every error and what caused it; faults of a configuration; the stack of a bug', () => {
  const bug = new TypeError('x is not a function');
  const chain = causeChain(
    new ConfigError('two faults', {
      faults: ['a', 'b'],
      cause: new UnavailableError('down', { cause: 'ECONNREFUSED' }),
    }),
  );
  expect(chain).toEqual([
    { name: 'ConfigError', message: 'two faults', faults: ['a', 'b'] },
    { name: 'UnavailableError', message: 'down' },
    { name: 'string', message: 'ECONNREFUSED' },
  ]);
  expect(causeChain(bug)[0]?.stack).toContain('flight-record.test.ts');
  bug.cause = bug;
  expect(causeChain(bug)).toHaveLength(10);
});

test('says what a failure took with it, each with the need that it did not get', () => {
  const rest = { kind: 'file', attempts: 0 } as const;
  const record = flightRecord({
    events: goodBoot,
    exitCode: 1,
    plan,
    report: {
      ...report,
      steps: [
        ...report.steps,
        { ...rest, id: 'service:x.service', outcome: 'skipped' },
        { ...rest, id: 'service:y.service', outcome: 'skipped' },
        { ...rest, id: 'package:z', outcome: 'failed' },
      ],
    },
  });
  expect(record).toMatchObject({ version: 1, failedStep: 'file:/etc/x' });
  expect(record.consequences).toEqual([
    { step: 'service:x.service', lacked: 'file:/etc/x' },
    { step: 'service:y.service', lacked: 'service:x.service' },
    { step: 'package:z' },
  ]);
});

test('is told to a console in some short lines that steer no terminal', () => {
  const because = Array.from({ length: 90 }, (_, n) => `\u001b[2J${n} ${'x'.repeat(400)}`).join(
    '\n',
  );
  const record = flightRecord({
    events: goodBoot,
    exitCode: 1,
    verdict: { result: 'ABANDON', because },
  });
  const lines = obituary(record, ['s3://acme-boots/x/']).split('\n');
  expect(lines.length).toBeLessThan(35);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(200);
  expect(lines[0]).toMatch(/^bootstrap-agent 1\.2\.3: ABANDON after .*exit code 1/);
  expect(lines.join('')).not.toContain('\u001b');
  expect(lines).toContain('  record: s3://acme-boots/x/');
});
