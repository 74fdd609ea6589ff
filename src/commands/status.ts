/** `agent status`: what the last boot of this machine did, or is doing. */
import { join, resolve } from 'node:path';
import { renderStatus } from '../engine/render-status.ts';
import { readStatus } from '../engine/status-file.ts';
import { exitCode } from '../exit-code.ts';
import { rootedFiles } from '../host/files.ts';
import { realOwnership } from '../host/ownership.ts';
import { isRunning } from '../host/process-mark.ts';
import type { BakedRecord } from '../image/baked-record.ts';
import { readLeaving } from '../lifecycle/leaving.ts';
import { renderLeaving } from '../lifecycle/render-leaving.ts';
import type { Output } from './output.ts';
import { knownRecord } from './surroundings.ts';

export interface StatusOptions {
  /** Folder that is the machine's root: `/`, or what `agent rehearse --keep` printed. */
  readonly root: string;
  readonly json?: boolean;
}

/**
 * Gives 0 where the last boot is done or under way, its exit code where it failed, 75 where there was none since power-on
 * (and `null`), or where its process is gone before it was over.
 */
export async function status(options: StatusOptions, output: Output): Promise<number> {
  const { json } = options;
  const root = resolve(options.root);
  const files = rootedFiles(root, { ownership: realOwnership(root) });
  const image = await knownRecord(files);
  const record = await readStatus(files);
  const leaving = await readLeaving(files);
  if (record === undefined) {
    if (json) output.out('null\n');
    else if (image !== undefined) output.out(imageRow(image));
    output.err(
      `No boot of the agent since power-on: ${join(root, 'run/bootstrap-agent/status.json')} is not there. Start one: systemctl start bootstrap-agent\n`,
    );
    return exitCode.tryAgain;
  }
  const { process, exitCode: code } = record;
  const gone = code === undefined && process !== undefined && !isRunning(process);
  const shown = {
    ...record,
    ...(gone && { gone }),
    ...(image && { image }),
    ...(leaving && { leaving }),
  };
  if (json) output.out(`${JSON.stringify(shown, null, 2)}\n`);
  else {
    const runs = leaving !== undefined && (await files.stat(`/proc/${leaving.pid}`)) !== undefined;
    output.out(
      renderStatus(record, Date.now(), gone) +
        (image === undefined ? '' : imageRow(image)) +
        (leaving === undefined ? '' : renderLeaving(leaving, runs)),
    );
  }
  return code ?? (gone ? exitCode.tryAgain : exitCode.done);
}

/** Aligned with the rows of the status. */
function imageRow({ agentVersion, bakedAt, classes, packages, artifacts }: BakedRecord): string {
  const names = classes.map(({ name, release }) => (release ? `${name} ${release}` : name));
  const held = `${Object.keys(packages).length} packages, ${artifacts.length} artifacts`;
  return `image      baked ${bakedAt} by ${agentVersion} for ${names.join(', ')}: ${held}\n`;
}
