/** Prints line coverage per room of src/, and fails where a room of the river lies under 90 %. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const least = 90;
const river = [
  'identity',
  'roles',
  'releases',
  'plan',
  'engine',
  'resources',
  'health',
  'lifecycle',
  'image',
  'budget',
  'host',
  'aws',
  'commands',
];

interface Lines {
  total: number;
  covered: number;
}

const summary = JSON.parse(readFileSync('coverage/coverage-summary.json', 'utf8')) as Record<
  string,
  { lines: Lines }
>;
const rooms = new Map<string, Lines>();
for (const [file, { lines }] of Object.entries(summary)) {
  if (file === 'total') continue;
  const [room, rest] = relative('src', file).split('/');
  const name = rest === undefined ? '(bottom)' : (room ?? '');
  const sum = rooms.get(name) ?? { total: 0, covered: 0 };
  rooms.set(name, { total: sum.total + lines.total, covered: sum.covered + lines.covered });
}

console.log('\nLine coverage by room');
let short = 0;
for (const [name, { total, covered }] of [...rooms].sort()) {
  const percent = total === 0 ? 100 : (covered / total) * 100;
  const fails = river.includes(name) && percent < least;
  if (fails) short += 1;
  console.log(
    `  ${name.padEnd(12)} ${percent.toFixed(1).padStart(6)} %  ${covered}/${total}${fails ? `   under ${least} %` : ''}`,
  );
}
if (short > 0) process.exitCode = 1;
