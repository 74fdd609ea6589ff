import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkedRatios } from '../../bench/budget.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'budget-'));
  writeFileSync(join(folder, 'budget.yaml'), 'start: 1.4\nmemory: 2.5\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('names the ratio that is over its budget', () => {
  const { lines, within } = checkedRatios(
    { start: 1.41, memory: 2.5 },
    join(folder, 'budget.yaml'),
  );
  expect(within).toBe(false);
  expect(lines).toEqual([
    'OVER    start: 1.41 x, at most 1.4 x',
    'within  memory: 2.50 x, at most 2.5 x',
  ]);
});

test('all are within', () => {
  expect(checkedRatios({ start: 1, memory: 1 }, join(folder, 'budget.yaml')).within).toBe(true);
});

test('a ratio that one side does not know is a mistake, not a pass', () => {
  expect(() => checkedRatios({ start: 1, cpu: 1 }, join(folder, 'budget.yaml'))).toThrow(
    /not measured: memory; without a budget: cpu/,
  );
});
