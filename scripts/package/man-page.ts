/** Man page agent(8): the help of every command, and what a page of section 8 says besides. */
import type { CommandHelp, Entry } from './command-help.ts';
import type { Release } from './release.ts';

const files: readonly Entry[] = [
  { term: '/etc/bootstrap-agent/agent.yaml', text: 'Settings baked into the image. Optional.' },
  {
    term: '/etc/bootstrap-agent/roles/',
    text: 'Role files, one for each class, and their templates. The package ships none here: put yours in while the image is built.',
  },
  {
    term: '/opt/bootstrap-agent/roles/',
    text: 'Role files to start from, checked by agent validate /opt/bootstrap-agent/roles.',
  },
  { term: '/opt/bootstrap-agent/docs/', text: 'Reference of role files, and their JSON Schema.' },
  { term: '/var/lib/bootstrap-agent/', text: 'Journal and reports of boots.' },
  { term: '/var/cache/bootstrap-agent/', text: 'Artifacts by their digest.' },
  { term: '/run/bootstrap-agent/', text: 'Secrets and status, in memory only.' },
];

const environment: readonly Entry[] = [
  {
    term: 'AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE>, AWS_REGION',
    text: "As in AWS's own tools. On an instance none need be set.",
  },
  {
    term: 'NODE_EXTRA_CA_CERTS',
    text: 'File of further authorities to trust, such as that of a proxy.',
  },
  { term: 'NO_COLOR', text: 'No colours, even on a terminal.' },
];

/** roff, for man(1). */
export function manPage([program, ...commands]: readonly CommandHelp[], release: Release): string {
  const { usage, description, options, epilogue } = program as CommandHelp;
  const date = new Date(release.epoch * 1000).toISOString().slice(0, 10);
  return [
    '.\\" Made from `agent --help` by `npm run package`.',
    `.TH AGENT 8 ${date} "bootstrap-agent ${release.version}"`,
    '.SH NAME',
    `agent \\- ${plain(lowerFirst(description)).replace(/\.$/, '')}`,
    '.SH SYNOPSIS',
    ...synopsis(usage),
    ...commands.flatMap((command) => ['.br', ...synopsis(command.usage)]),
    '.SH DESCRIPTION',
    plain(description),
    '.SH OPTIONS',
    ...list(options),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH EXIT STATUS',
    ...exitStatus(epilogue),
    '.SH FILES',
    ...list(files),
    '.SH ENVIRONMENT',
    ...list(environment),
    '.SH SEE ALSO',
    '.BR systemctl (1),',
    '.BR journalctl (1)',
    '',
  ].join('\n');
}

function synopsis(usage: string): string[] {
  const [name, ...rest] = usage.split(' ');
  return [`.B ${plain(name as string)}`, plain(rest.join(' '))];
}

function section(command: CommandHelp): string[] {
  const usage = command.usage.replace(/^agent /, '');
  return [
    `.SS ${plain(usage)}`,
    plain(sentence(command.description)),
    ...list(command.arguments),
    ...list(command.options.filter(({ term }) => term !== '-h, --help')),
  ];
}

/** `Exit codes: 0 done; 1 …; 64 ….` as a list. */
function exitStatus(epilogue: string): string[] {
  const codes = /^Exit codes: (.*)$/m.exec(epilogue)?.[1];
  if (codes === undefined) throw new Error('`agent --help` names no exit codes at its end.');
  return list(
    codes
      .replace(/\.$/, '')
      .split('; ')
      .map((part) => ({
        term: part.slice(0, part.indexOf(' ')),
        text: sentence(part.slice(part.indexOf(' ') + 1)),
      })),
  );
}

function list(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ term, text }) => ['.TP', `.B ${plain(term)}`, plain(sentence(text))]);
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.)]$/.test(upper) ? upper : `${upper}.`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Backslashes, hyphens that must stay hyphens, and a dot or quote at the start of a line mean something to roff. */
function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}
