import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Each ```console block: a command after "$ ", and what it prints; a line "…" stands for any lines. */
function examplesIn(file: string): { command: string; printed: string[] }[] {
  const blocks = readFileSync(file, 'utf8').matchAll(/```console\n([\s\S]*?)```/g);
  return [...blocks].map(([, block = '']) => {
    const [first = '', ...printed] = block.trimEnd().split('\n');
    return { command: first.replace(/^\$ /, ''), printed };
  });
}

/** The pieces between "…" must come in this order, each as consecutive lines. */
function missingFrom(output: string, printed: readonly string[]): string[] {
  let rest = `\n${output}`;
  const missing: string[] = [];
  for (const piece of printed.join('\n').split(/(?:^|\n)…(?:\n|$)/)) {
    if (piece === '') continue;
    const at = rest.indexOf(`\n${piece}\n`);
    if (at < 0) missing.push(piece);
    else rest = rest.slice(at + piece.length + 1);
  }
  return missing;
}

describe.each(['README.md', 'docs/scenarios.md'])('the examples in %s', (file) => {
  const examples = examplesIn(file);

  it('are there', () => {
    expect(examples.length).toBeGreaterThan(0);
  });

  it.each(examples)('$command prints what the document shows', ({ command, printed }) => {
    const words = command.split(' ');
    expect(words.slice(0, 2)).toEqual(['npx', 'agent']);
    const { stdout } = spawnSync(process.execPath, ['src/main.ts', ...words.slice(2)], {
      encoding: 'utf8',
    });
    expect(missingFrom(stdout, printed)).toEqual([]);
  });
});
