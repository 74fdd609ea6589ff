/** Reads a flight record that somebody fetched: of this version of its format, or of an older one. */
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { type FlightRecord, recordVersion } from './flight-record.ts';

/** What every record has; of the rest, the parts that are drawn. Keys of later agents stay. */
const shape = z.looseObject({
  agentVersion: z.string(),
  bootId: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  exitCode: z.number(),
  metadataRequests: z.number(),
  failedStep: z.string().optional(),
  failure: z.array(z.looseObject({ name: z.string(), message: z.string() })),
  consequences: z
    .array(z.looseObject({ step: z.string(), lacked: z.string().optional() }))
    .default([]),
  journals: z.array(z.looseObject({ unit: z.string(), lines: z.array(z.string()) })).default([]),
  machine: z
    .looseObject({
      agentMs: z.number(),
      units: z.array(
        z.looseObject({ unit: z.string(), startedMs: z.number(), activeMs: z.number() }),
      ),
    })
    .optional(),
  steps: z.array(
    z.looseObject({
      id: z.string(),
      outcome: z.string(),
      differences: z.array(z.string()).optional(),
    }),
  ),
  calls: z.array(z.looseObject({ service: z.string(), operation: z.string(), count: z.number() })),
  events: z.array(z.looseObject({ type: z.string(), at: z.number(), elapsed: z.number() })),
});

/**
 * The record in `text`; control characters in it, which could steer a terminal, are taken out. `source` is what messages call it.
 * Throws ConfigError where it is none, or of a version that this agent does not know.
 */
export function readRecord(text: string, source: string): FlightRecord {
  const document = parsed(text, source);
  const { version = 0, agentVersion } = (document ?? {}) as Partial<FlightRecord>;
  if (typeof version === 'number' && version > recordVersion)
    throw new ConfigError(
      `${source} is a flight record in version ${version} of its format, written by agent ${agentVersion}; this agent reads up to version ${recordVersion}. Use that agent or a newer one.`,
    );
  const found = shape.safeParse(document);
  if (found.success) return found.data as unknown as FlightRecord;
  const { path = [], message = '' } = found.error.issues.at(0) ?? {};
  const missing = valueAt(document, path) === undefined && path.length > 0;
  throw new ConfigError(
    `${source} is no flight record: ${path.length === 0 ? 'the document' : path.join('.')} ${missing ? 'is missing' : `is not what it must be (${message})`}. The agent writes them to /var/lib/bootstrap-agent/reports and where recorder.to says.`,
  );
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    document,
  );
}

function parsed(text: string, source: string): unknown {
  try {
    return JSON.parse(text, (_, value) => (typeof value === 'string' ? harmless(value) : value));
  } catch (cause) {
    throw new ConfigError(
      `${source} is no flight record: it is not JSON${text.trim().startsWith('{') ? ', or was cut off' : ''}. Fetch it again; the agent writes them to /var/lib/bootstrap-agent/reports and where recorder.to says.`,
      { cause },
    );
  }
}

/** Line breaks and tabs stay: a journal and a stack have them. */
function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
