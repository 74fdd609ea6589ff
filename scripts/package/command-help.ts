/** Command help: what `agent --help` prints, read back, so that the man page and the completions can't differ from it. */
import { run } from './tool.ts';

export interface Entry {
  /** As in the help: `--log <format>`, `[scenario]`, `dry-run [options] [scenario]`. */
  readonly term: string;
  readonly text: string;
}

export interface CommandHelp {
  /** Empty for the program itself. */
  readonly name: string;
  readonly usage: string;
  readonly description: string;
  readonly arguments: readonly Entry[];
  readonly options: readonly Entry[];
  readonly commands: readonly Entry[];
  /** What follows the lists. */
  readonly epilogue: string;
}

/** The program first, then each of its commands in the order of the help. */
export async function commandHelps(node: string, main: string): Promise<CommandHelp[]> {
  const env = { NO_COLOR: '1' };
  const program = readHelp('', await run(node, [main, '--help'], { env }));
  const names = program.commands.map(({ term }) => firstWord(term)).filter((it) => it !== 'help');
  const commands = names.map(async (name) =>
    readHelp(name, await run(node, [main, name, '--help'], { env })),
  );
  return [program, ...(await Promise.all(commands))];
}

/** Reads the layout that commander gives its help: paragraphs, and lists under a heading. */
export function readHelp(name: string, help: string): CommandHelp {
  const lists: Record<string, Entry[]> = { Arguments: [], Options: [], Commands: [] };
  const prose: string[] = [];
  let usage = '';
  for (const paragraph of help.trim().split(/\n{2,}/)) {
    const [heading, ...lines] = paragraph.split('\n') as [string, ...string[]];
    const list = lists[heading.replace(/:$/, '')];
    if (heading.startsWith('Usage: ')) usage = heading.slice('Usage: '.length);
    else if (list !== undefined && heading.endsWith(':')) list.push(...entries(lines));
    else prose.push([heading, ...lines].map((line) => line.trim()).join(' '));
  }
  const [description, ...epilogue] = prose;
  if (usage === '' || description === undefined) {
    throw new Error(`The help of \`agent ${name}\` has no usage or no description:\n${help}`);
  }
  return {
    name,
    usage,
    description,
    arguments: lists.Arguments as Entry[],
    options: lists.Options as Entry[],
    commands: lists.Commands as Entry[],
    epilogue: epilogue.join('\n'),
  };
}

/** An entry begins two columns in; what stands further in goes on with its text. */
function entries(lines: readonly string[]): Entry[] {
  const found: { term: string; text: string }[] = [];
  for (const line of lines) {
    const begins = /^ {2}(\S.*?)(?: {2,}(.*))?$/.exec(line);
    const last = found.at(-1);
    if (begins) found.push({ term: begins[1] as string, text: begins[2] ?? '' });
    else if (last) last.text = `${last.text} ${line.trim()}`.trim();
  }
  return found;
}

export function firstWord(text: string): string {
  return text.split(' ')[0] as string;
}
