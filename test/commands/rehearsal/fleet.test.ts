import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FleetReport } from '../../../src/commands/rehearsal/fleet-report.ts';
import { rehearse } from '../../../src/commands/rehearse.ts';
import { StoppedError } from '../../../src/exit-code.ts';
import { printed } from '../printed.ts';
import { scenarioFolder } from '../scenario-folder.ts';

const never = new AbortController().signal;
const head = 'extends: tomcat\ndescription: a test\n';
const good = 'expect: { verdict: CONTINUE, exit: 0 }\n';

function scenario(yaml: string): string {
  const { path, remove } = scenarioFolder({ 'scenario.yaml': head + yaml });
  onTestFinished(remove);
  return path;
}

async function fleetOf(name: string, fleet: number, options = {}) {
  const output = printed();
  const code = await rehearse({ scenario: name, fleet, json: true, ...options }, output, never);
  return { code, report: JSON.parse(output.stdout) as FleetReport };
}

describe('a fleet that is healthy', () => {
  it.each(['tomcat', 'php'])('of %s nodes meets no throttle', async (name) => {
    const { code, report } = await fleetOf(name, 6);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      nodes: 6,
      asDescribed: true,
      surprises: [],
      verdicts: { CONTINUE: 6, ABANDON: 0 },
      throttles: [],
    });
    const { first, half, last } = report.inServiceMs;
    expect(first).toBeGreaterThan(0);
    expect(half).toBeGreaterThanOrEqual(first ?? Infinity);
    expect(last).toBeGreaterThanOrEqual(half ?? Infinity);
    const complete = report.calls.find(
      ({ call }) => call === 'autoscaling:CompleteLifecycleAction',
    );
    expect(complete).toMatchObject({ all: 6, aNode: 1 });
    expect(report.limits.every(({ refused, peak }) => refused === 0 && peak > 0)).toBe(true);
    expect(new Set(report.slowest.map(({ node }) => node)).size).toBe(3);
  });

  it('says so in a hundred columns', async () => {
    const output = printed();
    expect(await rehearse({ scenario: 'tomcat', fleet: 3 }, output, never)).toBe(0);
    expect(output.stdout).toMatch(
      /\n {2}1st node +0\.\d\d s\n {2}2nd node +0\.\d\d s\n {2}3rd node/,
    );
    expect(output.stdout).toMatch(/autoscaling:\* +6 +unknown +unknown +0\n/);
    expect(output.stdout).toContain('Throttles: none was met.');
    expect(output.stdout).toContain('All ended as the scenario describes it.');
    expect(Math.max(...output.stdout.split('\n').map(({ length }) => length))).toBeLessThan(101);
  });
});

describe('a fleet that AWS slows down', () => {
  it('says where, whom it held up, and survives', async () => {
    const limits =
      'aws: { limits: { secretsmanager:GetSecretValue: { tokens: 2, per_second: 5 } } }\n';
    const { code, report } = await fleetOf(scenario(good + limits), 6);
    expect(code).toBe(0);
    expect(report.verdicts.CONTINUE).toBe(6);
    const [throttle] = report.throttles;
    expect(throttle?.call).toBe('secretsmanager:GetSecretValue');
    expect(throttle?.nodes).toBeGreaterThanOrEqual(1);
    expect(report.limits).toContainEqual(
      expect.objectContaining({ source: 'the scenario', tokens: 2, refused: throttle?.times }),
    );
  });

  it('is told of at the end of the launch too, and is spread where the group launches slowly', async () => {
    const { report } = await fleetOf('busy-account', 14);
    expect(report.verdicts.CONTINUE).toBe(14);
    const complete = report.throttles.find(({ call }) => call.endsWith(':CompleteLifecycleAction'));
    expect(complete?.onCriticalPathOf).toBe(complete?.nodes);
    expect(complete?.nodes).toBeGreaterThan(0);
    const limits = 'aws: { limits: { autoscaling:*: { tokens: 20, per_second: 10 } } }\n';
    const slow = scenario(`${good}${limits}fleet: { launches_over_seconds: 30 }\n`);
    const spread = await fleetOf(slow, 14);
    expect(spread.report.throttles).toEqual([]);
    expect(spread.report.inServiceMs.last).toBeGreaterThan(25_000);
  });

  it('is slowed down the same way each time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trace-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const trace = join(folder, 'fleet.jsonl');
    await fleetOf('busy-account', 14, { trace, seed: 'again' });
    const text = readFileSync(trace, 'utf8');
    expect(text).toContain('"throttled":true');
    expect(text.match(/"event":"boot-finished"/g)?.length).toBe(14);
    const output = printed();
    const code = await rehearse({ scenario: '', replay: trace }, output, never);
    expect(output.stdout).toContain('The same, byte for byte');
    expect(code).toBe(0);
  });
});

describe('a fleet that does not boot', () => {
  it('is as it should be where its scenario says so', async () => {
    const { code, report } = await fleetOf('class-typo', 2);
    expect([code, report.asDescribed]).toEqual([0, true]);
    expect(report.inServiceMs).toEqual({ first: null, half: null, last: null });
  });

  it('and is not, where it says otherwise', async () => {
    const output = printed();
    const name = scenario(`${good}instance: { tags: { Class: tomact } }\n`);
    expect(await rehearse({ scenario: name, fleet: 2 }, output, never)).toBe(70);
    expect(output.stdout).toMatch(
      /These did NOT end as the scenario describes it:\n {2}i-\w+ and 1 more: ABANDON, exit 78/,
    );
    expect(output.stdout).toMatch(/1st node +never/);
  });

  it('is gone when a person stops it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
    const stop = new AbortController();
    stop.abort(new StoppedError('Stopped by SIGINT.'));
    const output = printed();
    expect(await rehearse({ scenario: 'tomcat', fleet: 3 }, output, stop.signal)).toBe(75);
    expect(output.stderr).toContain('Stopped by SIGINT. The rehearsal ended there.');
    expect(readdirSync(folder)).toEqual([]);
  });
});
