/** The code blocks of a document, fenced and indented alike. */
import { readFileSync } from 'node:fs';

export interface Block {
  /** What stands behind the fence: console, sh, yaml; empty for an indented block. */
  readonly language: string;
  readonly lines: readonly string[];
  /** Number of its first line, from 1. */
  readonly line: number;
}

export function blocksOf(file: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; lines: string[]; line: number; fenced: boolean } | undefined;
  const close = () => {
    if (open !== undefined) blocks.push(open);
    open = undefined;
  };
  let previous = '';
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const fence = /^```(\w*)/.exec(line);
    if (open?.fenced) {
      if (fence) close();
      else open.lines.push(line);
    } else if (fence) {
      close();
      open = { language: fence[1] ?? '', lines: [], line: index + 2, fenced: true };
    } else if (/^ {4}/.test(line) && (open !== undefined || previous === '')) {
      open ??= { language: '', lines: [], line: index + 1, fenced: false };
      open.lines.push(line.slice(4));
    } else if (line !== '') {
      close();
    }
    previous = line;
  }
  close();
  return blocks;
}
