/** Prints a document into a file, or to standard output. */
import { resolve } from 'node:path';
import { localHost } from '../host/local-host.ts';
import type { Output } from './output.ts';

/** `into`: a path; true: standard output. Throws StepError where the file cannot be written. */
export async function print(text: string, into: string | true, output: Output): Promise<void> {
  if (into === true) {
    output.out(text);
    return;
  }
  await localHost().files.write(resolve(into), text);
  output.err(`Written: ${resolve(into)}\n`);
}
