/** One run of a Node process as a whole: wall time, CPU time and peak memory by its own account at exit. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Run {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  /** performance.now() when the process was started. */
  readonly startedAt: number;
  readonly exitCode: number;
}

const usage = fileURLToPath(new URL('usage.cjs', import.meta.url));

/** Runs `node <args>` to its end; its output is thrown away. */
export async function measured(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Run> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--require', usage, ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
  });
  let report = '';
  child.stdio[3]?.on('data', (data) => {
    report += data;
  });
  const [exitCode] = await once(child, 'close');
  const wallMs = performance.now() - startedAt;
  return {
    wallMs,
    startedAt,
    exitCode: exitCode as number,
    ...(JSON.parse(report) as { cpuMs: number; peakMb: number }),
  };
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
