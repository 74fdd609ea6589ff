/** What a bake came to, for people and as a document. */
import type { Report } from '../engine/report.ts';
import { bytesOf, duration } from '../engine/sentence.ts';
import type { BakedRecord } from '../image/baked-record.ts';
import { recordPath } from '../image/baked-record.ts';
import type { Sealed } from '../image/seal/remnant.ts';

export interface BakeDocument {
  readonly record: BakedRecord;
  readonly ms: number;
  readonly steps: readonly { readonly id: string; readonly outcome: string; readonly ms: number }[];
}

export function bakeDocument(record: BakedRecord, report: Report): BakeDocument {
  return {
    record,
    ms: Math.round(report.finishedAt - report.startedAt),
    steps: report.steps.map(({ id, outcome, startedAt = 0, finishedAt = 0 }) => ({
      id,
      outcome,
      ms: Math.round(finishedAt - startedAt),
    })),
  };
}

export function renderBake({ record, ms, steps }: BakeDocument): string {
  const { classes, architecture, region = 'no Region', agentVersion, packages } = record;
  const names = classes.map(({ name, release }) => (release ? `${name} ${release}` : name));
  const changed = steps.filter(({ outcome }) => outcome === 'changed').length;
  const width = Math.max(...steps.map(({ id }) => id.length), 0);
  const size = record.artifacts.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    '',
    `Baked for ${names.join(', ')} in ${duration(ms)}: ${changed} of ${steps.length} steps changed something (bootstrap-agent ${agentVersion}, ${architecture}, ${region})`,
    ...steps.map(({ id, outcome, ms: each }) =>
      `  ${outcome.padEnd(9)}  ${id.padEnd(width)}  ${duration(each).padStart(8)}`.trimEnd(),
    ),
    '',
    `  ${Object.keys(packages).length} packages, ${record.artifacts.length} artifacts (${bytesOf({ bytes: size })}), ${Object.keys(record.sysctl).length} kernel parameters, ${record.masks.length} units masked`,
    `  Only the agent starts: ${record.heldBack.join(', ') || 'nothing'}`,
    ...leftToBoot(record),
    `  All of it: ${recordPath}`,
    '',
  ].join('\n');
}

/** One line a reason. */
function leftToBoot({ left }: BakedRecord): string[] {
  const reasons = new Map<string, string[]>();
  for (const { what, because } of left)
    reasons.set(because, [...(reasons.get(because) ?? []), what]);
  if (reasons.size === 0) return [];
  const lines = [...reasons].map(([because, what]) => `    ${because}: ${what.join(', ')}`);
  return ['  Left to the boot:', ...lines];
}

export function renderSeal({ removed }: Sealed): string {
  const size = removed.reduce((sum, { bytes }) => sum + bytes, 0);
  if (removed.length === 0) return '\nSealed: there was nothing to remove.\n';
  return `\nSealed: ${removed.length} things removed or emptied, ${bytesOf({ bytes: size })}.\n`;
}
