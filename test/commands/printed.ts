/** An Output that keeps what was printed. */
import type { Output } from '../../src/commands/output.ts';

export function printed(): Output & { readonly stdout: string; readonly stderr: string } {
  let stdout = '';
  let stderr = '';
  return {
    out(text) {
      stdout += text;
    },
    err(text) {
      stderr += text;
    },
    terminal: false,
    colour: false,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
  };
}
