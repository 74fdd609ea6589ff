import { describe, expect, it, onTestFinished } from 'vitest';
import { boot } from '../../src/commands/boot.ts';
import { planned } from '../../src/commands/dry-run.ts';
import { shippedScenarios, simulatedSurroundings } from '../../src/commands/simulated.ts';
import type { CallCount } from '../../src/engine/flight-record.ts';
import type { LedgerEntry } from '../../src/simulator/ledger.ts';
import { listScenarios } from '../../src/simulator/scenario/load-scenario.ts';

const never = new AbortController().signal;
const scenarios = listScenarios(shippedScenarios());

/** Where there is no plan, there is nothing to predict: the dry run ends in the boot's own words. */
const withoutPlan: Readonly<Record<string, RegExp>> = {
  'class-typo': /tomact/,
  's3-down': /SlowDown/,
};
/** Calls that the scenario refuses for a while, or that depend on when somebody takes the hook away. */
const refused: Readonly<Record<string, readonly string[]>> = {
  contention: ['autoscaling:CompleteLifecycleAction'],
  throttled: ['autoscaling:DescribeLifecycleHooks', 'secretsmanager:GetSecretValue'],
  'fresh-role': ['secretsmanager:GetSecretValue'],
  'hook-created-late': ['autoscaling:CompleteLifecycleAction'],
  'hook-deleted': ['autoscaling:CompleteLifecycleAction'],
};
const untimely: Readonly<Record<string, readonly string[]>> = {
  'hook-created-late': [
    'autoscaling:CompleteLifecycleAction',
    'autoscaling:DescribeAutoScalingInstances',
  ],
  // Asked until it is healthy, as long as that takes.
  standalone: [
    'elb:DescribeInstanceHealth',
    'elbv2:DescribeTargetGroups',
    'elbv2:DescribeTargetHealth',
  ],
  'hook-deleted': [
    'autoscaling:CompleteLifecycleAction',
    'autoscaling:DescribeAutoScalingInstances',
  ],
};

type Counts = Readonly<Record<string, number>>;

function countsOf(
  calls: readonly { readonly service: string; readonly operation: string; readonly n: number }[],
): Counts {
  const counts: Record<string, number> = {};
  for (const { service, operation, n } of calls) {
    const name = `${service}:${operation}`;
    if (n > 0) counts[name] = (counts[name] ?? 0) + n;
  }
  return counts;
}

const received = (calls: readonly LedgerEntry[]) => countsOf(calls.map((c) => ({ ...c, n: 1 })));
const recorded = (calls: readonly CallCount[]) =>
  countsOf(calls.map((call) => ({ ...call, n: call.count })));
const succeeded = (calls: readonly CallCount[]) =>
  countsOf(calls.map((call) => ({ ...call, n: call.count - call.failed })));

describe('the ledger of AWS calls, of every scenario that ships', () => {
  it.each(scenarios.map(({ name, expect }) => [name, expect.verdict] as const))(
    '%s (%s): what a dry run predicts, a boot records, and AWS received',
    async (name, verdict) => {
      const surroundings = await simulatedSurroundings(name);
      onTestFinished(() => surroundings.simulation.close());
      const { ledger } = surroundings.simulation.aws;
      const dry = planned(surroundings, 'test', never);
      const words = withoutPlan[name];
      if (words !== undefined) await expect(dry).rejects.toThrow(words);
      const foreseen = words === undefined ? await dry : undefined;
      const before = ledger.calls.length;
      const { record } = await boot(surroundings, {
        agentVersion: '0',
        listeners: [],
        signal: never,
      });
      expect(recorded(record.calls)).toEqual(received(ledger.calls.slice(before)));
      if (foreseen === undefined) return;

      const ofAws = foreseen.calls.filter(({ service }) => service !== 'imds');
      const predicted = countsOf(ofAws.map((call) => ({ ...call, n: call.count })));
      if (verdict === 'ABANDON') {
        // It ended somewhere on its way: nothing was done that was not foreseen, and heartbeats only where it took long. What a
        // failure writes down of itself belongs to no healthy boot.
        const {
          'autoscaling:RecordLifecycleActionHeartbeat': _,
          's3:PutObject': written = 0,
          ...made
        } = succeeded(record.calls);
        expect(written).toBeLessThanOrEqual(name === 'crash-loop' ? 2 : 0);
        for (const [call, n] of Object.entries(made))
          expect(n, call).toBeLessThanOrEqual(predicted[call] ?? 0);
        return;
      }
      const timely = (counts: Counts) =>
        Object.fromEntries(
          Object.entries(counts).filter(([call]) => !untimely[name]?.includes(call)),
        );
      expect(timely(succeeded(record.calls))).toEqual(timely(predicted));
      const failed = record.calls
        .filter((call) => call.failed > 0)
        .map(({ service, operation }) => `${service}:${operation}`);
      expect(refused[name] ?? []).toEqual(expect.arrayContaining(failed));
      const requests = foreseen.calls.find(({ service }) => service === 'imds')?.count;
      // Requests that got no answer are made again, as often as that takes.
      if (name !== 'metadata-late') expect(record.metadataRequests).toBe(requests);
    },
  );
});
