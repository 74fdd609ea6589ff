import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf } from './blocks.ts';
import { documents } from './documents.ts';

/** What of a clone the examples use, and an npx that runs this tree's sources. */
let clone: string;

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'docs-test-'));
  // Copies, since an example may change what it finds.
  for (const name of ['roles', 'scenarios', 'examples', 'packer'])
    cpSync(name, join(clone, name), { recursive: true });
  const npx = `#!/bin/sh\n[ "$1" = agent ] && shift && exec '${process.execPath}' '${resolve('src/main.ts')}' "$@"\n`;
  writeFileSync(join(clone, 'npx'), npx, { mode: 0o755 });
});

afterAll(() => rmSync(clone, { recursive: true, force: true }));

interface Example {
  readonly command: string;
  readonly printed: string[];
}

/** A console block: each command after "$ ", and what it prints; a line "…" stands for any lines. */
function examplesIn({ lines }: Block): Example[] {
  const examples: Example[] = [];
  for (const line of lines)
    if (line.startsWith('$ ')) examples.push({ command: line.slice(2), printed: [] });
    else examples.at(-1)?.printed.push(line);
  return examples;
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

const files = documents.map((file) => ({
  file,
  examples: blocksOf(file)
    .filter(({ language }) => language === 'console')
    .flatMap(examplesIn),
}));

describe.each(files.filter(({ examples }) => examples.length > 0))(
  'the examples in $file',
  ({ examples }) => {
    it.each(examples)('$command prints what the document shows', ({ command, printed }) => {
      const { stdout } = spawnSync('/bin/sh', ['-c', command], {
        encoding: 'utf8',
        cwd: clone,
        env: { ...process.env, PATH: `${clone}${delimiter}${process.env.PATH}` },
      });
      expect(missingFrom(stdout, printed)).toEqual([]);
    });
  },
);

it('the documents that show what the agent prints are among them', () => {
  const shown = files.filter(({ examples }) => examples.length > 0).map(({ file }) => file);
  expect(shown).toEqual(
    expect.arrayContaining(['README.md', 'docs/scenarios.md', 'docs/install.md']),
  );
});
