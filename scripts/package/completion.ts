/** Completion: what bash and zsh offer after `agent`, made from its help. */
import { type CommandHelp, type Entry, firstWord } from './command-help.ts';

const scenarios = '/opt/bootstrap-agent/scenarios';

/** For bash, without the bash-completion package being there. */
export function bashCompletion([program, ...commands]: readonly CommandHelp[]): string {
  const all = [program as CommandHelp, ...commands];
  return `# Completion of agent(8) for bash, made from its help.
_agent() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${commands.map(({ name }) => name).join('|')}|help) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command:$previous in
${all.flatMap((help) => help.options.flatMap((option) => bashValue(help.name, option))).join('\n')}
  esac
  case $command:$word in
${all.map((help) => `    ${help.name}:-*) ${bashWords(help.options.flatMap(flagsOf))} ;;`).join('\n')}
    :*|help:*) ${bashWords(commands.map(({ name }) => name))} ;;
${commands.flatMap(bashArgument).join('\n')}
  esac
}
complete -F _agent agent
`;
}

export function zshCompletion([program, ...commands]: readonly CommandHelp[]): string {
  const names = commands.map((help) => `'${zsh(`${help.name}:${help.description}`, '')}'`);
  const specs = (help: CommandHelp) =>
    [...help.options.flatMap(zshOption), ...help.arguments.map(zshArgument)]
      .map((spec) => ` \\\n        ${spec}`)
      .join('');
  return `#compdef agent
# Completion of agent(8) for zsh, made from its help.
_agent() {
  local state line
  local -a commands=(
    ${names.join('\n    ')}
  )
  _arguments -C${((program as CommandHelp).options.flatMap(zshOption) as string[]).map((it) => ` ${it}`).join('')} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest) case $line[1] in
${commands.map((help) => `      ${help.name}) _arguments${specs(help)} ;;`).join('\n')}
    esac ;;
  esac
}
_agent "$@"
`;
}

function flagsOf({ term }: Entry): string[] {
  return term.match(/(?<=^|\s)--?[\w-]+/g) ?? [];
}

/** What the value of an option, or an argument, can be: words, a folder, a scenario, or anything. */
function valuesOf({ term, text }: Entry): readonly string[] | 'folder' | 'scenario' | undefined {
  const choices = /\(choices: ([^)]*)\)/.exec(text)?.[1];
  if (choices !== undefined) return [...choices.matchAll(/"([^"]*)"/g)].map((it) => it[1] ?? '');
  if (/<folder>|^folder$/.test(term)) return 'folder';
  return term === 'scenario' ? 'scenario' : undefined;
}

function bashWords(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word"))`;
}

function bashValue(command: string, option: Entry): string[] {
  if (!option.term.includes('<')) return [];
  const values = valuesOf(option);
  const action =
    values === 'folder'
      ? 'compopt -o dirnames'
      : Array.isArray(values)
        ? bashWords(values)
        : 'COMPREPLY=()';
  return flagsOf(option).map((flag) => `    ${command}:${flag}) ${action}; return ;;`);
}

function bashArgument({ name, arguments: [argument] }: CommandHelp): string[] {
  const values = argument && valuesOf(argument);
  if (values === undefined) return [];
  const words =
    values === 'scenario'
      ? ` ${bashWords([`$(ls ${scenarios} 2>/dev/null)`])};`.replaceAll("'", '"')
      : '';
  return [`    ${name}:*)${words} compopt -o dirnames ;;`];
}

function zshOption(option: Entry): string[] {
  const value = /<(\w+)>/.exec(option.term)?.[1];
  const tail = value === undefined ? '' : `:${value}:${zshValues(option)}`;
  return flagsOf(option).map((flag) => `'${flag}[${zsh(option.text, ':[]')}]${tail}'`);
}

function zshArgument(argument: Entry): string {
  return `'::${firstWord(argument.term)}:${zshValues(argument)}'`;
}

function zshValues(entry: Entry): string {
  const values = valuesOf(entry);
  if (values === 'folder') return '_files -/';
  if (values === 'scenario') return `_files -W ${scenarios} -/`;
  return values === undefined ? ' ' : `(${values.join(' ')})`;
}

/** Inside single quotes of zsh. */
function zsh(text: string, special: string): string {
  const escaped = [...text].map((char) => (special.includes(char) ? `\\${char}` : char)).join('');
  return escaped.replaceAll("'", `'\\''`);
}
