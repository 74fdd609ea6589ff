import { describe, expect, it } from 'vitest';
import { firstDifference, Trace } from '../../src/simulator/trace.ts';

const head = { trace: 1, agentVersion: '0', scenario: 'x', seed: '1' } as const;
const when = { at: 0, elapsed: 0 };

describe('a trace', () => {
  it('tells what happens at one moment in an order of its own, whoever came first', () => {
    const recorded = (swapped: boolean) => {
      const trace = new Trace(() => 12.34567);
      const call = { service: 's3', operation: 'GetObject', status: 200, at: 0, attempt: 1 };
      const doings = [
        () => trace.call('i-1', { ...call, subject: 'b/2' }),
        () => trace.call('i-1', { ...call, subject: 'b/1' }),
        () => trace.event('i-1', { ...when, type: 'step-started', step: 'a', heldUpBy: 'c' }),
        () => trace.request('i-0', { method: 'GET', key: 'user-data', status: 404, at: 0 }),
      ];
      for (const doing of swapped ? doings.toReversed() : doings) doing();
      trace.event('i-1', { ...when, type: 'step-progress', step: 'a', bytes: 7 });
      trace.end('i-1', { exitCode: 0 });
      return trace.text(head);
    };
    expect(recorded(true)).toBe(recorded(false));
    expect(recorded(false).trim().split('\n').slice(1)).toEqual([
      '{"at":12.346,"node":"i-0","request":"GET user-data","status":404}',
      '{"at":12.346,"node":"i-1","call":"s3:GetObject","subject":"b/1","status":200}',
      '{"at":12.346,"node":"i-1","call":"s3:GetObject","subject":"b/2","status":200}',
      '{"at":12.346,"node":"i-1","event":"step-started","step":"a"}',
      '{"end":"i-1","exitCode":0}',
    ]);
  });

  it("has nothing in it that is only this run's", () => {
    const trace = new Trace(() => 0);
    trace.replace('http://127.0.0.1:4711', 'http://aws');
    trace.event('i', { ...when, type: 'warning', message: 'http://127.0.0.1:4711 is silent' });
    const process = { pid: 1, startTicks: 2 };
    const started = { agentVersion: '0', simulated: true, bootId: 'b', process };
    trace.event('i', { ...when, type: 'boot-started', ...started });
    expect(trace.text(head)).not.toMatch(/4711|pid/);
    expect(trace.text(head)).toContain('http://aws is silent');
  });

  it.each([
    ['a\nb\n', 'a\nb\n', undefined],
    ['a\nb\n', 'a\nc\n', { line: 2, expected: 'b', found: 'c' }],
    ['a\n', 'a\nb\n', { line: 2, expected: '', found: 'b' }],
    ['a', 'a\nb', { line: 2, expected: undefined, found: 'b' }],
  ])('differs first where it does: %j, %j', (expected, found, difference) => {
    expect(firstDifference(expected, found)).toEqual(difference);
  });
});
