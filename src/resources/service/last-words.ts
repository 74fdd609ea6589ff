/** The last words of units: what their journal says at the end, for the message that they failed. */
import type { Host } from '../../host/host.ts';
import { lastLines } from '../programs.ts';

const most = 20;

/** Several lines, not redacted; of several units the last of all of them, each line with its unit. */
export async function lastWords(
  host: Host,
  units: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const whose = units.flatMap((unit) => ['-u', unit]);
  const form = units.length === 1 ? ['-o', 'cat'] : ['-o', 'with-unit', '--no-hostname'];
  const argv = ['journalctl', ...whose, '-n', `${most}`, '--no-pager', ...form] as const;
  const { stdout } = await host.run([...argv], { timeoutSeconds: 10, ...(signal && { signal }) });
  const lines = lastLines(stdout, most);
  return lines === ''
    ? `its journal is empty (journalctl ${whose.join(' ')})`
    : `${units.length === 1 ? 'its journal says' : 'the journals of its units say'} last:\n${lines}`;
}
