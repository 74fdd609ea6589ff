import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { StatusRecord } from '../../src/engine/status.ts';
import { exitCode } from '../../src/exit-code.ts';
import type { Happening } from '../../src/happening.ts';
import type { Drain } from '../../src/lifecycle/leaving.ts';

type Outcome<T extends Happening['type']> = Extract<
  Happening,
  { type: T; outcome: string }
>['outcome'];

/** The compiler asks for each: a word that `agent status` may say cannot be added without its line in the document. */
const words = {
  state: {
    starting: true,
    identity: true,
    planning: true,
    applying: true,
    probing: true,
    registering: true,
    prepared: true,
    done: true,
    failed: true,
  } satisfies Record<StatusRecord['state'], true>,
  steps: { unchanged: true, changed: true, failed: true, skipped: true } satisfies Record<
    Outcome<'step-finished'>,
    true
  >,
  hook: { completed: true, 'already-completed': true, 'not-sent': true } satisfies Record<
    Outcome<'hook-completed'>,
    true
  >,
  drain: {
    draining: true,
    drained: true,
    incomplete: true,
    returning: true,
    returned: true,
    lost: true,
  } satisfies Record<Drain['state'], true>,
};

const lines = readFileSync('docs/operations.md', 'utf8').split('\n');
const section = (title: string) => {
  const from = lines.findIndex((line) => line.startsWith('## ') && line.includes(title));
  expect(from, title).toBeGreaterThan(0);
  const to = lines.findIndex((line, at) => at > from && line.startsWith('## '));
  return lines.slice(from, to);
};

it.each(Object.entries(words))('says what each word of the row %s means', (row, known) => {
  // The rows of a table that begin with an empty cell go on with the one above.
  const rows = section('agent status').filter((line) => line.startsWith('| '));
  const first = rows.findIndex((line) => line.startsWith(`| \`${row}\` `));
  const next = rows.findIndex((line, at) => at > first && !line.startsWith('| |'));
  const about = row === 'state' ? rows : rows.slice(first, next < 0 ? undefined : next);
  const missing = Object.keys(known).filter(
    (word) => !about.some((line) => new RegExp(`\`(\\w+ )?${word}\``).test(line)),
  );
  expect(missing).toEqual([]);
});

it('says what each exit code means, what the group is told, and what systemd does', () => {
  const rows = section('Exit codes').filter((line) => /^\| \d/.test(line));
  const cells = rows.map((line) => line.split(' | '));
  expect(cells.map(([code]) => Number(code?.slice(2)))).toEqual(Object.values(exitCode));
  expect(cells.map(({ length }) => length)).toEqual(rows.map(() => 4));
});
