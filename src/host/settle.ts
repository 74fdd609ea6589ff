/** Waiting until what was written is on the disk. */
import { spawn } from 'node:child_process';
import { StepError } from '../errors.ts';

/**
 * Resolves when all that was written so far to the file system that holds `absolutePath` is durable. One syncfs(2) for a whole
 * tree instead of an fsync(2) for each file of thousands, each of which would wait for a commit of the journal. Node
 * offers no syncfs, so sync(1) of the coreutils is run, which is on every distribution. Throws StepError when it fails.
 */
export function settle(absolutePath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('sync', ['-f', absolutePath], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
    const fail = (because: string, cause?: unknown) =>
      reject(
        new StepError(`cannot make ${absolutePath} durable by sync -f: ${because}`, { cause }),
      );
    child.on('error', (error) => fail(error.message, error));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else fail(said.trim() || `it ended with ${code ?? signal}`);
    });
  });
}
