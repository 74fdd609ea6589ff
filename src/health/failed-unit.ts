/** Notices that a unit which the node depends on has failed, so that nobody waits for its probe in vain. */
import type { Host } from '../host/host.ts';
import { lastWords } from '../resources/service/last-words.ts';
import type { Step } from '../resources/step.ts';

/**
 * A question for `awaitHealthy`: why waiting is in vain, or undefined. One systemctl call asks for all started units of
 * the plan. A unit that systemd restarts by itself (Restart=) is activating, not failed, and is waited for.
 */
export function failedUnit(steps: readonly Step[], host: Host): () => Promise<string | undefined> {
  const units = unitsStarted(steps);
  return async () => {
    if (units.length === 0) return undefined;
    const properties = '--property=Id,ActiveState,Result,ExecMainStatus';
    const { stdout } = await host.run(['systemctl', 'show', properties, ...units], {
      timeoutSeconds: 10,
    });
    for (const block of stdout.split('\n\n')) {
      const { Id, ActiveState, Result, ExecMainStatus } = propertiesIn(block);
      if (ActiveState === 'failed')
        return `${Id} has failed (${Result}, exit status ${ExecMainStatus})\n${await lastWords(host, [Id ?? ''])}`;
    }
    return undefined;
  };
}

/** What the units of the plan said last, where they run and the node is not healthy all the same; '' where it has none. */
export function lastWordsOfUnits(steps: readonly Step[], host: Host): () => Promise<string> {
  const units = unitsStarted(steps);
  return async () => (units.length === 0 ? '' : lastWords(host, units));
}

function unitsStarted(steps: readonly Step[]): string[] {
  return steps.flatMap((step) =>
    step.kind === 'service' && step.state === 'started' ? [step.unit] : [],
  );
}

function propertiesIn(block: string): Record<string, string> {
  const lines = block.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
