import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { playedFaults } from './played-faults.ts';

it('docs/faults.md shows what the agent prints; else: npm run docs:faults, and read what changed', async () => {
  const played = await playedFaults();
  expect(stable(played)).toEqual(stable(readFileSync('docs/faults.md', 'utf8')));
  // What no reader shall ever meet.
  expect(played).not.toMatch(/\n {4}at |undefined|\[object|a bug in the agent|exit code 70/);
}, 300_000);

/** By section; a slow machine waits a second longer, and a line may break elsewhere. */
function stable(document: string): string[] {
  const seconds = document.replace(/(last answer after) +\d+\s+s/g, '$1 N s');
  return seconds.split('\n### ').map((section) => section.replace(/\s+/g, ' '));
}
