/** A flight record in words: what both its page and its text say. */
import type { Failure } from './cause-chain.ts';
import type { Consequence } from './consequences.ts';
import type { FlightRecord } from './flight-record.ts';
import { duration } from './sentence.ts';

export function headlineOf(record: FlightRecord): { title: string; aside: string } {
  const { identity, startedAt, finishedAt, exitCode, start, simulated } = record;
  const who = identity === undefined ? 'An instance' : identity.facts.instance_id;
  const as = identity === undefined ? 'without an identity' : `as ${identity.class.name}`;
  const ms = Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
  const aside = [
    startedAt,
    `${duration(ms)}, exit code ${exitCode}`,
    ...(start === undefined ? [] : [start.kind]),
    ...(simulated ? ['simulated'] : []),
  ].join(' · ');
  return { title: `${who} ${as}`, aside };
}

/** The verdict's reason first, where it says more than the error; then the errors, each caused by the next. */
export function failureOf({ verdict, failure, consequences, exitCode }: FlightRecord): {
  readonly chain: readonly Pick<Failure, 'name' | 'message'>[];
  readonly consequences: readonly Consequence[];
} {
  if (exitCode === 0) return { chain: [], consequences: [] };
  const said = failure.map(({ name, message, faults = [], stack }) => ({
    name,
    message: [message, ...faults.map((fault) => `  ${fault}`), ...(stack ? [stack] : [])].join(
      '\n',
    ),
  }));
  const because = verdict?.because ?? '';
  const told = because === '' || (failure.at(0)?.message ?? '').includes(because);
  const chain = told ? said : [{ name: 'Verdict', message: because }, ...said];
  return { chain, consequences };
}

export function factsOf(record: FlightRecord): readonly (readonly [string, string])[] {
  const { identity, platform, image, release, start } = record;
  const facts = identity?.facts;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Instance', facts?.instance_id],
    ['Type', facts && `${facts.instance_type}, ${facts.architecture}`],
    ['Zone', facts?.zone],
    ['Group', facts && (facts.group_name || 'none')],
    ['Class', identity && `${identity.class.name}, from ${identity.class.source}`],
    ['Release', release && `${release.name}, from ${release.source}`],
    ['Image', facts?.image_id],
    ['Baked', image && `${image.bakedAt} by ${image.agentVersion}`],
    ['Address', facts?.private_ipv4],
    ['Account', facts?.account_id],
    ['Start', start && `${start.kind}: ${start.because}`],
    ['Plan', record.planDigest?.slice(0, 12)],
    ['Boot', record.bootId],
    ['Agent', record.agentVersion],
    ['Node.js', platform?.node],
    ['Kernel', platform?.kernel],
    ['Distribution', platform?.distribution],
    ...Object.entries(identity?.tags ?? {}).map(([name, value]): readonly [string, string] => [
      `Tag ${name}`,
      value,
    ]),
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
