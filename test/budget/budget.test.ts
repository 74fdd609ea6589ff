import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { readBudget } from '../../src/budget/budget-file.ts';
import { compare } from '../../src/budget/compare.ts';
import { spentIn } from '../../src/budget/spent.ts';
import { checkBudget } from '../../src/commands/check-budget.ts';
import { type FlightRecord, flightRecord } from '../../src/engine/flight-record.ts';
import { ConfigError } from '../../src/errors.ts';
import { printed } from '../commands/printed.ts';
import { eventsAt, goodBoot } from '../engine/events-of-a-boot.ts';
import { failedRecord } from '../engine/records.ts';

const nothing = (async function* () {})();
const received = eventsAt([
  690,
  {
    type: 'aws-received',
    service: 's3',
    operation: 'GetObject',
    bytes: 64_000_000,
    ms: 380,
    waitedMs: 300,
    step: 'artifact:shop',
  },
]);
const events = [...goodBoot, ...received].sort((a, b) => a.elapsed - b.elapsed);
const good: FlightRecord = flightRecord({ events, exitCode: 0 });

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'budget-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function written(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

async function held(budget: string, record: FlightRecord = good, json = false) {
  const output = printed();
  const file = written('budget.yaml', budget);
  const source = written('record.json', JSON.stringify(record));
  const code = await checkBudget({ file, source, json }, {}, output, nothing);
  return { code, text: output.stdout };
}

test('a boot within its budget: 0, and every line of it', async () => {
  const { code, text } = await held(`boot: { seconds: 2, metadata_requests: 7, aws_calls: 3 }
stages: { 'http:8080': { seconds: 1 } }
steps: { 'artifact:shop': { seconds: 1, bytes: 70000000 }, 'artifact:gone': { seconds: 1 } }
calls: { 's3:GetObject': 2, 'ec2:DescribeTags': 0 }
`);
  expect(code).toBe(0);
  expect(text).toMatch(/steps\.artifact:shop +bytes +70\.0 MB +64\.0 MB\n/);
  expect(text).toMatch(/steps\.artifact:gone +seconds +1\.00 s +not done\n/);
  expect(text).toContain('Within the budget: 9 of 9.');
});

test('one that is over: 1, and by how much', async () => {
  const budget = `boot: { seconds: 1, bytes: 60000000, metadata_requests: 6 }
steps: { 'artifact:shop': { seconds: 0.5 } }
calls: { 's3:GetObject': 1 }
`;
  const { code, text } = await held(budget);
  expect(code).toBe(1);
  expect(text).toMatch(/X {3}boot +seconds +1\.00 s +1\.16 s +\+0\.16 s\n/);
  expect(text).toMatch(/X {3}calls\.s3:GetObject +calls +1 +2 +\+1\n/);
  expect(text).toContain('Over the budget: 5 of 5.');
  const document = JSON.parse((await held(budget, good, true)).text);
  expect(document).toMatchObject({ within: false, bootExitCode: 0 });
  expect(document.lines[1]).toEqual({
    of: 'boot',
    what: 'bytes',
    budget: 60_000_000,
    found: 64_000_000,
    over: 4_000_000,
  });
});

test('a boot that failed is within no budget, however early it ended', async () => {
  const { code, text } = await held('boot: { seconds: 60 }\n', failedRecord());
  expect(code).toBe(1);
  expect(text).toContain('The boot failed');
});

test('a wrong file is told with the place of each fault; one that limits nothing is no budget', async () => {
  const wrong = held('boot: { secnods: 1 }\nsteps: { a: { bytes: -1 } }\n');
  await expect(wrong).rejects.toThrow(ConfigError);
  const { faults = [] } = (await wrong.catch((error: unknown) => error)) as ConfigError;
  expect(faults.join('\n')).toMatch(/budget\.yaml:1:\d+.*secnods.*[\s\S]*budget\.yaml:2:\d+/);
  await expect(held('{}\n')).rejects.toThrow(/limits nothing/);
  const missing = checkBudget({ file: join(folder, 'none'), source: '-' }, {}, printed(), nothing);
  await expect(missing).rejects.toThrow(/There is no budget file .*--from <record> proposes one/);
});

test('one is proposed from a good boot, which is within it; from a bad boot none', async () => {
  const source = written('record.json', JSON.stringify(good));
  const output = printed();
  const options = { file: undefined, source: undefined };
  expect(await checkBudget({ ...options, from: source }, {}, output, nothing)).toBe(0);
  expect(output.stdout).toMatch(/^# Proposed by agent budget --from /);
  const { code, text } = await held(output.stdout);
  expect(text).toMatch(/steps\.artifact:shop +bytes +70\.4 MB/);
  expect(code).toBe(0);
  // Half as much again, and it is over.
  const slower = good.events.map((event) => ({ ...event, elapsed: event.elapsed * 2 }));
  expect((await held(output.stdout, { ...good, events: slower })).code).toBe(1);
  const bad = written('bad.json', JSON.stringify(failedRecord()));
  await expect(checkBudget({ ...options, from: bad }, {}, printed(), nothing)).rejects.toThrow(
    /a boot that failed/,
  );
});

test('the example is a budget, and a fast boot is within it', () => {
  const file = new URL('../../examples/budget.yaml', import.meta.url);
  const budget = readBudget(readFileSync(file, 'utf8'), 'examples/budget.yaml');
  const lines = compare(budget, spentIn(good));
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter(({ over }) => over !== undefined)).toEqual([]);
});
