import { describe, expect, it } from 'vitest';
import { type Timeline, timelineFrom } from '../../src/engine/timeline.ts';
import type { Wait } from '../../src/engine/waits.ts';
import { boots, surroundingsOf } from '../commands/trial-boot.ts';

/**
 * Delays of forty seconds by the scenario's clock, which runs ten times as fast as this machine's. None is found shorter than
 * it is; what the machine itself needs on the way counts ten times, so that up to a minute of it may be on top.
 */
const speed = 10;
const delayMs = 40_000;
const atLeast = delayMs * 0.95;
const atMost = delayMs + 60_000;

async function timelineOf(yaml: string): Promise<Timeline> {
  const surroundings = await surroundingsOf(`speed: ${speed}\n${yaml}`);
  const { events, exitCode } = await boots(surroundings);
  expect(exitCode).toBe(0);
  return timelineFrom(events);
}

function waited(timeline: Timeline, bar: string, what: Wait['for']): number {
  const found = timeline.bars.find(({ name }) => name === bar);
  expect(found, bar).toBeDefined();
  return (found?.waits ?? []).reduce((sum, one) => sum + (one.for === what ? one.ms : 0), 0);
}

/** It is in that bar, for that reason, and it is the longest wait of the boot. */
function expectFound(timeline: Timeline, bar: string, what: Wait['for']): void {
  const ms = waited(timeline, bar, what);
  expect(ms).toBeGreaterThan(atLeast);
  expect(ms).toBeLessThan(atMost);
  const elsewhere = timeline.bars
    .filter(({ name, part }) => name !== bar && part !== 'download')
    .flatMap(({ waits }) => waits)
    .filter((one) => one.for !== 'dependency' && one.for !== 'slot');
  for (const one of elsewhere) expect(one.ms, JSON.stringify(one)).toBeLessThan(ms);
}

describe('a delay that is injected is found where it belongs', () => {
  it('an object that S3 sends late: in its step and in its download', async () => {
    const timeline = await timelineOf(`faults:
  - on: s3:GetObject:acme-releases-eu-west-1/shop/1.4.2/shop.war
    do: { delay_ms: ${delayMs} }
`);
    expectFound(timeline, 'artifact:shop', 'network');
    expect(waited(timeline, 'download:shop', 'network')).toBeGreaterThan(atLeast);
    expect(timeline.bars.find(({ name }) => name === 'artifact:shop')?.critical).toBe(true);
  });

  it('a release manifest that S3 sends late: in role and plan', async () => {
    const timeline = await timelineOf(`faults:
  - on: s3:GetObject:acme-releases-eu-west-1/shop/1.4.2/release.json
    do: { delay_ms: ${delayMs} }
`);
    expectFound(timeline, 'role and plan', 'network');
  });

  it('a metadata service that comes late: in metadata, as another try', async () => {
    const timeline = await timelineOf(`metadata_after_seconds: ${delayMs / 1000}\n`);
    const ms = waited(timeline, 'metadata', 'retry') + waited(timeline, 'metadata', 'network');
    expect(ms).toBeGreaterThan(atLeast);
    expect(waited(timeline, 'metadata', 'retry')).toBeGreaterThan(0);
    expect(timeline.bars.find(({ name }) => name === 'metadata')?.retries).toBeGreaterThan(0);
  });

  it('an application that is slow to listen: in its probe', async () => {
    const timeline = await timelineOf(`machine:
  services:
    tomcat10.service:
      ready_after_ms: ${delayMs}
`);
    expectFound(timeline, 'probe:shop', 'application');
    const [wait] = timeline.bars.find(({ name }) => name === 'probe:shop')?.waits ?? [];
    expect(wait?.on).toContain('nothing listens');
  });

  it('secrets that are throttled: in their step, as another try', async () => {
    const timeline = await timelineOf(`faults:
  - on: secretsmanager
    do: { status: 400, code: ThrottlingException, message: Rate exceeded }
    until_seconds: ${delayMs / 1000}
`);
    const pauses = waited(timeline, 'secrets', 'retry');
    expect(pauses).toBeGreaterThan(0);
    const bar = timeline.bars.find(({ name }) => name === 'secrets');
    const took = (bar?.endMs ?? 0) - (bar?.startMs ?? 0);
    // What is no pause was a call that was refused, or the machine itself.
    expect(pauses + waited(timeline, 'secrets', 'network')).toBeGreaterThan(took / 3);
    expect(bar?.waits.find((one) => one.for === 'retry')?.on).toContain('throttles');
  });
});
