/** Runs a program of this machine for the harness; a failure names the command and what it said. */
import { spawnSync } from 'node:child_process';

/** Gives what it wrote on standard output. */
export function sh(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  throw new Error(
    `${program} ${words.join(' ')}: ${error?.message ?? `exit status ${status}`}\n${stderr}${stdout}`.trim(),
  );
}

/** The same, where a failure is as good: what is to be gone may be gone already. */
export function tried(program: string, ...words: readonly string[]): boolean {
  return spawnSync(program, words, { stdio: 'ignore' }).status === 0;
}
