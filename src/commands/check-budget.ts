/** `agent budget`: holds the record of a boot against a budget file, or proposes such a file from a good boot. */
import { resolve } from 'node:path';
import { readBudget } from '../budget/budget-file.ts';
import { compare } from '../budget/compare.ts';
import { budgetText, propose } from '../budget/propose.ts';
import { renderBudget } from '../budget/render-budget.ts';
import { spentIn } from '../budget/spent.ts';
import { ConfigError } from '../errors.ts';
import { exitCode } from '../exit-code.ts';
import { localHost } from '../host/local-host.ts';
import { recordOf } from './fetch-record.ts';
import type { Output } from './output.ts';
import type { Environment } from './surroundings.ts';

export interface CheckBudgetOptions {
  readonly file: string | undefined;
  /** A path, an address like s3://bucket/key, or `-`; absent: the last boot of this machine. */
  readonly source: string | undefined;
  /** The record to propose a budget from, in place of holding one against it. */
  readonly from?: string;
  readonly json?: boolean;
}

/** Gives 0 where all is within, 1 where something is over. Throws ConfigError where budget or record is wrong. */
export async function checkBudget(
  { file, source, from, json }: CheckBudgetOptions,
  env: Environment,
  output: Output,
  input: AsyncIterable<Uint8Array>,
): Promise<number> {
  if (from !== undefined) {
    const record = await recordOf(from, env, input);
    if (record.exitCode !== exitCode.done)
      throw new ConfigError(
        `${from} is the record of a boot that failed (exit code ${record.exitCode}); propose a budget from a good one.`,
      );
    const budget = propose(spentIn(record));
    output.out(json ? `${JSON.stringify(budget, null, 2)}\n` : budgetText(budget, from));
    return exitCode.done;
  }
  const path = resolve(file ?? '');
  const bytes = await localHost().files.read(path);
  if (bytes === undefined)
    throw new ConfigError(
      `There is no budget file ${path}. agent budget --from <record> proposes one.`,
    );
  const budget = readBudget(bytes.toString('utf8'), file ?? '');
  const record = await recordOf(source, env, input);
  const lines = compare(budget, spentIn(record));
  if (lines.length === 0)
    throw new ConfigError(
      `${file} limits nothing. agent budget --from <record> proposes a budget.`,
    );
  // A boot that ended early took little.
  const failed = record.exitCode !== exitCode.done;
  const within = !failed && lines.every(({ over }) => over === undefined);
  if (json) {
    const { bootId, startedAt } = record;
    const document = { within, bootId, startedAt, bootExitCode: record.exitCode, lines };
    output.out(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    output.out(renderBudget(lines, output.colour));
    if (failed)
      output.out(`The boot failed: exit code ${record.exitCode}. agent report says why.\n`);
  }
  return within ? exitCode.done : exitCode.unhealthy;
}
