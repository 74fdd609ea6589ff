/** The flight record: all that explains a boot afterwards, since a lifecycle hook has no room for a reason. */
import type { Event } from '../events.ts';
import type { Verdict } from '../health/verdict.ts';
import type { Files } from '../host/host.ts';
import type { Identity } from '../identity/identity.ts';
import type { BakedRecord } from '../image/baked-record.ts';
import type { Plan } from '../plan/plan.ts';
import type { Redactor } from '../redaction.ts';
import { causeChain, type Failure } from './cause-chain.ts';
import { type Consequence, consequencesOf } from './consequences.ts';
import { differencesOf } from './difference.ts';
import type { MachineTimes } from './machine-times.ts';
import type { Report, StepReport } from './report.ts';

export const recordsDirectory = '/var/lib/bootstrap-agent/reports';
const kept = 50;

/** What is known of a boot at its end; how far it came decides what is there. */
export interface BootEnd {
  readonly events: readonly Event[];
  readonly exitCode: number;
  readonly identity?: Identity;
  readonly plan?: Plan;
  readonly report?: Report;
  readonly verdict?: Verdict;
  /** What a bake wrote down of the image. */
  readonly image?: BakedRecord;
  readonly platform?: Platform;
  readonly journals?: readonly UnitJournal[];
  readonly machine?: MachineTimes;
  /** What ended the boot early, when it was neither a step nor a probe. */
  readonly error?: unknown;
}

/** What the agent ran on. */
export interface Platform {
  readonly node: string;
  readonly kernel?: string;
  readonly distribution?: string;
}

/** The last lines that a unit wrote to the journal in this boot, oldest first. */
export interface UnitJournal {
  readonly unit: string;
  readonly lines: readonly string[];
}

/** Raised where a reader of the last number would misread what is written. Keys that are only added leave it. */
export const recordVersion = 1;

export interface FlightRecord {
  readonly version: number;
  readonly agentVersion: string;
  readonly simulated: boolean;
  readonly bootId: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly exitCode: number;
  readonly platform?: Platform;
  /** When the machine's own parts began, by systemd. */
  readonly machine?: MachineTimes;
  /** Which kind of start of the machine it was; absent where the boot failed before that was known. */
  readonly start?: {
    readonly kind: string;
    readonly because: string;
    readonly changes: readonly string[];
  };
  readonly identity?: Omit<Identity, 'userData'> & { readonly userData: string };
  /** The image that it was started from. */
  readonly image?: Pick<BakedRecord, 'agentVersion' | 'bakedAt' | 'sourceImage' | 'classes'>;
  readonly planDigest?: string;
  readonly release?: Plan['release'];
  /** The step that failed first. */
  readonly failedStep?: string;
  /** What the failure took with it. */
  readonly consequences: readonly Consequence[];
  readonly journals: readonly UnitJournal[];
  readonly steps: readonly (Omit<StepReport, 'drift'> & { readonly differences?: string[] })[];
  readonly verdict?: Omit<Verdict, 'error'>;
  /** The error that ended the boot, then what caused it, and so on. */
  readonly failure: readonly Failure[];
  readonly calls: readonly CallCount[];
  readonly metadataRequests: number;
  readonly events: readonly Event[];
}

export interface CallCount {
  readonly service: string;
  readonly operation: string;
  readonly count: number;
  readonly failed: number;
}

/** Bytes that the answers of AWS brought. */
export function bytesReceived(events: readonly Event[]): number {
  return events.reduce((sum, one) => sum + (one.type === 'aws-received' ? one.bytes : 0), 0);
}

/** Gathers the record of a boot. The events must begin with `boot-started`. */
export function flightRecord(end: BootEnd): FlightRecord {
  const { events, identity, plan, report, verdict, exitCode, image, platform } = end;
  const failedStep = report?.failure?.step;
  const started = events.find((event) => event.type === 'boot-started');
  const recognised = events.find((event) => event.type === 'start-recognised');
  const error = end.error ?? report?.failure?.error ?? verdict?.error;
  return {
    version: recordVersion,
    agentVersion: started?.agentVersion ?? '',
    simulated: started?.simulated ?? false,
    bootId: started?.bootId ?? '',
    startedAt: new Date(events.at(0)?.at ?? 0).toISOString(),
    finishedAt: new Date(events.at(-1)?.at ?? 0).toISOString(),
    exitCode,
    ...(platform === undefined ? {} : { platform }),
    ...(end.machine === undefined ? {} : { machine: end.machine }),
    ...(recognised !== undefined && {
      start: {
        kind: recognised.start,
        because: recognised.because,
        changes: recognised.changes,
      },
    }),
    // User data is other people's text: what it was is enough here.
    ...(identity === undefined
      ? {}
      : { identity: { ...identity, userData: identity.userData.kind } }),
    ...(image === undefined ? {} : { image: imageOf(image) }),
    ...(plan === undefined ? {} : { planDigest: plan.digest }),
    ...(plan?.release === undefined ? {} : { release: plan.release }),
    ...(failedStep === undefined ? {} : { failedStep }),
    consequences: plan && report ? consequencesOf(plan, report) : [],
    journals: end.journals ?? [],
    steps: (report?.steps ?? []).map(({ drift, ...step }) => ({
      ...step,
      ...(drift === undefined ? {} : { differences: differencesOf(drift) }),
    })),
    ...(verdict === undefined
      ? {}
      : { verdict: { result: verdict.result, because: verdict.because } }),
    failure: error === undefined ? [] : causeChain(error),
    calls: callCounts(events),
    metadataRequests: metadataRequests(events),
    events: events.filter(({ type }) => type !== 'step-progress'),
  };
}

/**
 * Writes the record as `<start>-<boot>.json` and as `latest.json`, everything redacted, and removes the oldest beyond
 * fifty. Returns the path. Throws StepError when the disk cannot be written.
 */
export async function writeFlightRecord(
  files: Files,
  redactor: Redactor,
  record: FlightRecord,
): Promise<string> {
  const text = `${JSON.stringify(redactor.data(record), undefined, 2)}\n`;
  // Without colons, which tools from scp to Windows take for something else.
  const start = record.startedAt.replaceAll(':', '-');
  const path = `${recordsDirectory}/${start}-${record.bootId.replace(/[^A-Za-z0-9-]/g, '_')}.json`;
  await files.makeDirectory(recordsDirectory, { mode: 0o755 });
  await files.write(path, text, { mode: 0o640 });
  await files.write(`${recordsDirectory}/latest.json`, text, { mode: 0o640 });
  // Names begin with the time, so their order is the order of boots.
  const others = (await files.list(recordsDirectory))
    .map((name) => `${recordsDirectory}/${name}`)
    // This one stays, whatever a clock that is not set yet says of its age.
    .filter((other) => /\/\d[^/]*\.json$/.test(other) && other !== path);
  for (const other of others.slice(0, 1 - kept)) await files.remove(other);
  return path;
}

/** All of it is on the machine; this much tells the images of a fleet apart. */
function imageOf({ agentVersion, bakedAt, sourceImage, classes }: BakedRecord) {
  return { agentVersion, bakedAt, ...(sourceImage !== undefined && { sourceImage }), classes };
}

function callCounts(events: readonly Event[]): CallCount[] {
  const counts = new Map<string, CallCount>();
  for (const event of events) {
    if (event.type !== 'aws-called') continue;
    const { service, operation, outcome } = event;
    const key = `${service} ${operation}`;
    const before = counts.get(key) ?? { service, operation, count: 0, failed: 0 };
    const failed = before.failed + (outcome === 'failed' ? 1 : 0);
    counts.set(key, { ...before, count: before.count + 1, failed });
  }
  return [...counts.values()];
}

function metadataRequests(events: readonly Event[]): number {
  const at = events.findIndex(({ type }) => type === 'identity-known');
  const known = events[at];
  // Until then those without an answer count as well; what comes later are credentials and what a role names.
  const until = known?.type === 'identity-known' ? known.requests : 0;
  return until + events.slice(at + 1).filter(({ type }) => type === 'metadata-answered').length;
}
