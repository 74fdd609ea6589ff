/** Reads agent.yaml: what was baked into the image for the agent itself. */
import { z } from 'zod';
import type { Facts } from '../identity/identity.ts';
import { checkReferences } from './check-references.ts';
import { optional, s3Uri, secondsOf } from './entries.ts';
import { configErrorOf, type Fault, faultAt, placeWithin, throwFaults } from './fault.ts';
import { agentRecorder, type RecorderSection } from './recorder-section.ts';
import type { Place } from './role.ts';
import { schemaFaults } from './schema-faults.ts';
import { parseTemplate, TemplateError } from './template.ts';
import type { Reference } from './template-references.ts';
import { lazyFactNames } from './vocabulary.ts';
import { YamlDocument } from './yaml-document.ts';

export const agentConfigSchema = z
  .strictObject({
    class: optional(
      z.string().min(1),
      'Class of a node that neither user data nor the class tag gives one.',
    ),
    overlay: optional(
      s3Uri,
      'Role fragment in S3, pulled at each boot and merged over the role. A template over `facts` and `class`.',
    ),
    tags: optional(
      z.strictObject({
        class: optional(z.string().min(1), 'Instance tag that names the class.', 'Class'),
        release: optional(z.string().min(1), 'Instance tag that names the release.', 'Release'),
      }),
      'Names of the instance tags that the agent looks at.',
    ),
    group: optional(
      z.string().min(1),
      'Auto Scaling group of the nodes, for where the instance can read no tags: neither metadata shows them nor may EC2 be asked. User data may name another.',
    ),
    hook: optional(
      z.string().min(1),
      'Launch hook of the nodes where neither user data nor the role names one; spares asking Auto Scaling.',
    ),
    deadline: optional(
      secondsOf,
      'Longest boot before ABANDON, seconds, where the role (lifecycle.deadline) says nothing.',
      900,
    ),
    recorder: optional(
      agentRecorder,
      'As the section `recorder` of a role, where that says nothing, and for boots that have no role yet.',
    ),
  })
  .describe('What is baked into an image for the agent: /etc/bootstrap-agent/agent.yaml.');

export interface AgentConfig {
  readonly class?: string;
  readonly group?: string;
  readonly hook?: string;
  /** s3:// address, still a template: see `overlayAddress`. */
  readonly overlay?: string;
  /** Names of the instance tags that hold class and release. */
  readonly tags: { readonly class: string; readonly release: string };
  /** Seconds; absent: the role's, else the agent's default. */
  readonly deadline?: number;
  readonly recorder?: RecorderSection;
  /** Where `overlay` was written. */
  readonly overlayAt: Place;
}

/**
 * Parses and checks the text of agent.yaml; an empty text gives the defaults.
 * Throws ConfigError with every fault, each with line and column in `source`.
 */
export function readAgentConfig(text: string, source: string): AgentConfig {
  const document = new YamlDocument(text, source);
  const faults = [...document.faults];
  if (faults.length === 0) faults.push(...schemaFaults(agentConfigSchema, document.data, document));
  throwFaults(faults);
  const { tags, ...rest } = document.data as z.infer<typeof agentConfigSchema>;
  const overlayAt = document.valuePlace(['overlay']);
  if (rest.overlay !== undefined) throwFaults(overlayFaults(rest.overlay, overlayAt));
  return {
    ...(rest as Omit<AgentConfig, 'tags' | 'overlayAt'>),
    tags: { class: tags?.class ?? 'Class', release: tags?.release ?? 'Release' },
    overlayAt,
  };
}

/**
 * The s3:// address of this instance's config overlay, or undefined where there is none.
 * Throws ConfigError when the template gives no address.
 */
export function overlayAddress(
  config: AgentConfig,
  subject: { readonly facts: Facts; readonly class: string },
): string | undefined {
  if (config.overlay === undefined) return undefined;
  const address = filledOverlay(config.overlay, config.overlayAt, subject);
  if (!/^s3:\/\/[^/]+\/.+/.test(address)) {
    const message = `must be an address like s3://bucket/key, found "${address}"`;
    throw configErrorOf([faultAt(config.overlayAt, 'overlay', message)]);
  }
  return address;
}

function filledOverlay(overlay: string, at: Place, subject: object): string {
  try {
    return parseTemplate(overlay)
      .render({ ...subject })
      .text.join('');
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw configErrorOf([faultAt(placeWithin(at, error.fault), 'overlay', error.message)]);
  }
}

/** The overlay is pulled before the role is known, so there is little that its address can depend on. */
function overlayFaults(overlay: string, at: Place): Fault[] {
  const { faults, references } = parseTemplate(overlay);
  const wrong = references.flatMap((reference) => {
    const message = onlyKnownEarly(reference);
    const { line, column } = reference;
    if (message !== undefined) return [{ line, column, message }];
    return checkReferences([reference], {
      values: [],
      secrets: new Map(),
      release: false,
      peers: false,
    });
  });
  return [...faults, ...wrong].map((fault) =>
    faultAt(placeWithin(at, fault), 'overlay', fault.message),
  );
}

function onlyKnownEarly({ root, path, declares }: Reference): string | undefined {
  if (declares || root === 'class') return undefined;
  if (root !== 'facts') return `only facts and class are known here, not "${root}"`;
  const lazy = lazyFactNames.find((fact) => fact === path[0]);
  return lazy && `facts.${lazy} is not known yet when the overlay is pulled: choose another fact`;
}
