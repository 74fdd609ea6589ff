/** `agent status`: what the last boot of this machine did, or is doing. */
import { join, resolve } from 'node:path';
import { renderStatus } from '../engine/render-status.ts';
import { readStatus } from '../engine/status-file.ts';
import { exitCode } from '../exit-code.ts';
import { rootedFiles } from '../host/files.ts';
import { realOwnership } from '../host/ownership.ts';
import type { Output } from './output.ts';

export interface StatusOptions {
  /** Folder that is the machine's root: `/`, or what `agent rehearse --keep` printed. */
  readonly root: string;
  readonly json?: boolean;
}

/** Gives 0 where the last boot is done or under way, its exit code where it failed, 75 (and `null`) where there was none since power-on. */
export async function status(options: StatusOptions, output: Output): Promise<number> {
  const { json } = options;
  const root = resolve(options.root);
  const record = await readStatus(rootedFiles(root, { ownership: realOwnership(root) }));
  if (record === undefined) {
    if (json) output.out('null\n');
    output.err(
      `No boot of the agent since power-on: ${join(root, 'run/bootstrap-agent/status.json')} is not there. Start one: systemctl start bootstrap-agent\n`,
    );
    return exitCode.tryAgain;
  }
  output.out(json ? `${JSON.stringify(record, null, 2)}\n` : renderStatus(record, Date.now()));
  return record.exitCode ?? exitCode.done;
}
