import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type Block, blocksOf } from './blocks.ts';
import { documents } from './documents.ts';

/** What a shell line begins with, where it is a command that somebody could paste. */
const programs =
  /^(\$ )?(sudo |env )?(npm|npx|node|agent|packer|aws|systemctl|systemd-\w+|journalctl|apt-get|dnf|rpm|dpkg|mkdir|tar|cp|mv|ln|curl|git|sh|\.\/|examples\/|packer\/)\b/;
/** Says that a block cannot be pasted just anywhere, and why. */
const marked = /needs an AWS account|on an instance|as root|in the image/i;
/** What CI itself runs, from a clean clone, and the machine tests for the packages that they install. */
const run: readonly RegExp[] = [
  /^npm ci && npx agent dry-run/,
  /^npm ci && npm test/,
  /^npm run package$/,
];

it.each(documents)('every command of %s is run by a test, or says what it needs', (file) => {
  const pasted = blocksOf(file).filter(({ language }) => ['', 'sh', 'bash'].includes(language));
  const unmarked = pasted.filter((block) => !marked.test(introductionOf(block)));
  const commands = unmarked.flatMap(({ lines }) => lines.filter((line) => programs.test(line)));
  expect(commands.filter((line) => !run.some((pattern) => pattern.test(line)))).toEqual([]);

  function introductionOf({ line, lines }: Block): string {
    // The comment in its first line, or the sentence before it.
    const before = readFileSync(file, 'utf8')
      .split('\n')
      .slice(Math.max(0, line - 5), line - 1);
    return [...before, lines[0] ?? ''].join('\n');
  }
});

it.each(documents)('every npm script that %s names is there', (file) => {
  const named = readFileSync(file, 'utf8').matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g);
  const missing = [...named].map(([, name = '']) => name).filter((name) => !scripts.has(name));
  expect(missing).toEqual([]);
});

it.each(documents)('every link of %s leads somewhere', (file) => {
  const links = readFileSync(file, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]+)/g);
  const broken = [...links].filter(([, path = '']) => !existsSync(join(dirname(file), path)));
  expect(broken.map(([, path]) => path)).toEqual([]);
});

const scripts = new Set(Object.keys(packageJson.scripts));
