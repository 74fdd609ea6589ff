import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rehearse } from '../../../src/commands/rehearse.ts';
import { shippedScenarios } from '../../../src/commands/simulated.ts';
import { listScenarios } from '../../../src/simulator/scenario/load-scenario.ts';
import { printed } from '../printed.ts';
import { scenarioFolder } from '../scenario-folder.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function record(scenario: string, options = {}): Promise<string> {
  const trace = join(folder, `${scenario.replaceAll('/', '-')}.jsonl`);
  await rehearse({ scenario, trace, ...options }, printed(), never);
  return trace;
}

describe('a recorded rehearsal', () => {
  const names = listScenarios(shippedScenarios()).map(({ name }) => name);
  it.each(names)('%s is the same when it is played again, byte for byte', async (scenario) => {
    const trace = await record(scenario);
    const text = readFileSync(trace, 'utf8');
    expect(text).toContain('"event":"boot-finished"');
    expect(text).not.toMatch(/127\.0\.0\.1:\d|simulated-p@ssword/);
    const output = printed();
    const code = await rehearse({ scenario: 'tomcat', replay: trace }, output, never);
    expect(output.stdout).toMatch(/^The same, byte for byte: \d+ lines\.\n$/);
    expect(code).toBe(0);
  });

  it('is another one for another seed', async () => {
    const [one, two] = [await record('php'), await record('php', { seed: '2' })];
    expect(one).toBe(two);
    const output = printed();
    const before = readFileSync(two, 'utf8');
    expect(before.split('\n')[0]).toContain('"seed":"2"');
    writeFileSync(two, before.replace('"seed":"2"', '"seed":"3"'));
    expect(await rehearse({ scenario: '', replay: two }, output, never)).toBe(70);
    expect(output.stdout).toMatch(
      /NOT the same\. The first difference is in line \d+:\n {2}recorded {2}\{/,
    );
  });

  it('is held against what the scenario has become', async () => {
    const head = 'extends: tomcat\ndescription: a test\nexpect: { verdict: CONTINUE, exit: 0 }\n';
    const { path, remove } = scenarioFolder({ 'scenario.yaml': head });
    try {
      const trace = await record(path);
      writeFileSync(
        join(path, 'scenario.yaml'),
        `${head}faults: [{ on: s3, do: { status: 503 }, times: 1 }]\n`,
      );
      const output = printed();
      expect(await rehearse({ scenario: '', replay: trace, json: true }, output, never)).toBe(70);
      const { same, difference } = JSON.parse(output.stdout);
      expect(same).toBe(false);
      expect(difference.expected).toContain('"operation":"GetObject"');
      expect(difference.found).toContain('"status":503');
    } finally {
      remove();
    }
  });

  it('cannot be of a service that hangs', async () => {
    const { path, remove } = scenarioFolder({
      'scenario.yaml':
        'extends: tomcat\ndescription: a test\nexpect: { verdict: CONTINUE, exit: 0 }\nfaults: [{ on: s3, do: hang }]\n',
    });
    try {
      await expect(record(path)).rejects.toThrow(/cannot be traced: its fault on s3 hangs/);
    } finally {
      remove();
    }
  });

  it('holds the nodes that booted before its own, too', async () => {
    const lines = readFileSync(await record('crash-loop'), 'utf8')
      .trim()
      .split('\n');
    const ended = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'verdict');
    expect(ended.map(({ node }) => node)).toEqual([
      'i-00000000000000001',
      'i-00000000000000002',
      'i-0a1b2c3d4e5f60718',
    ]);
    expect(ended[2].because).toContain('2 nodes of this group failed in a row');
  });

  it('cannot be of a fleet in which some boot before the others', async () => {
    const fleet = rehearse({ scenario: 'crash-loop', fleet: 2 }, printed(), never);
    await expect(fleet).rejects.toThrow(/no scenario for a fleet/);
  });

  it.each([
    ['nothing', undefined, /There is no trace .*agent rehearse --trace/s],
    ['something else', 'hello\n', /is no trace of a rehearsal .* hello/s],
    ['another version', '{"trace":2,"scenario":"tomcat","seed":"1"}', /is no trace/],
  ])('is not taken for one where it is %s', async (_, text, words) => {
    const path = join(folder, 'odd');
    rmSync(path, { force: true });
    if (text !== undefined) writeFileSync(path, text);
    await expect(rehearse({ scenario: '', replay: path }, printed(), never)).rejects.toThrow(words);
  });
});
