/** `agent abandon`: ends the time for which this failed node is kept for debugging, so that its group is told ABANDON. */

import { exitCode } from '../exit-code.ts';
import type { Host } from '../host/host.ts';
import { localHost } from '../host/local-host.ts';
import { heldPath, readHeld } from '../lifecycle/held.ts';
import { demandRoot } from './demand-root.ts';
import type { Output } from './output.ts';

/** As `abandon`. Throws ConfigError where the process is not root's. */
export function abandonThisInstance(output: Output, uid = process.getuid?.()): Promise<number> {
  demandRoot('agent abandon', uid, 'Run it by sudo.');
  return abandon(localHost(), output);
}

/** Gives 0, or 75 where this node is not held: a node that works is not to be lost by a slip. */
export async function abandon(
  { files, isRunning }: Pick<Host, 'files' | 'isRunning'>,
  output: Output,
): Promise<number> {
  const held = await readHeld(files);
  if (held === undefined || (held.process !== undefined && !isRunning(held.process))) {
    output.err(
      'This node is not held for debugging, so there is nothing to end: agent status says what it is. To take a node that works out of service: agent drain\n',
    );
    return exitCode.tryAgain;
  }
  await files.remove(heldPath);
  output.out(`ABANDON goes to the ${held.waits} now, and Auto Scaling terminates this instance.\n`);
  return exitCode.done;
}
