/** `agent status`: what the last boot of this machine did, or is doing. */
import { join, resolve } from 'node:path';
import { recordsDirectory } from '../engine/flight-record.ts';
import { renderStatus } from '../engine/render-status.ts';
import { statusPath } from '../engine/status.ts';
import { DamagedStatus, readStatus } from '../engine/status-file.ts';
import { messageOf } from '../errors.ts';
import { exitCode } from '../exit-code.ts';
import { rootedFiles } from '../host/files.ts';
import { realOwnership } from '../host/ownership.ts';
import { isRunning } from '../host/process-mark.ts';
import type { BakedRecord } from '../image/baked-record.ts';
import { DamagedLeaving, readLeaving } from '../lifecycle/leaving.ts';
import { renderLeaving } from '../lifecycle/render-leaving.ts';
import type { Output } from './output.ts';
import { knownRecord } from './surroundings.ts';

export interface StatusOptions {
  /** Folder that is the machine's root: `/`, or what `agent rehearse --keep` printed. */
  readonly root: string;
  readonly json?: boolean;
}

/**
 * Gives 0 where the last boot is done or under way, its exit code where it failed, 75 where nobody can tell: there was none
 * since power-on (and `null`), its process is gone before it was over, or its status is damaged (and `error`).
 */
export async function status(options: StatusOptions, output: Output): Promise<number> {
  const { json } = options;
  const root = resolve(options.root);
  const files = rootedFiles(root, { ownership: realOwnership(root) });
  const image = await knownRecord(files);
  const record = await readStatus(files).catch((error: unknown) => {
    if (error instanceof DamagedStatus) return error;
    throw error;
  });
  if (record instanceof DamagedStatus) {
    const error = `${join(root, statusPath)} holds no status: ${record.found}. What the last boot came to: journalctl -b -t bootstrap-agent, and its record in ${join(root, recordsDirectory)}/latest.json; the next boot writes the status anew`;
    if (json) output.out(`${JSON.stringify({ error, exitCode: exitCode.tryAgain }, null, 2)}\n`);
    else if (image !== undefined) output.out(imageRow(image));
    output.err(`${error}\n`);
    return exitCode.tryAgain;
  }
  const known = await readLeaving(files).catch((error: unknown) => {
    if (error instanceof DamagedLeaving) return error;
    throw error;
  });
  const leaving = known instanceof DamagedLeaving ? undefined : known;
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
    ...(known && { leaving: leaving ?? { error: messageOf(known) } }),
  };
  if (json) output.out(`${JSON.stringify(shown, null, 2)}\n`);
  else {
    if (known instanceof DamagedLeaving) output.err(`${messageOf(known)}\n`);
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
