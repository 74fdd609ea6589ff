/** What is known of the image being made where it is made: by the metadata of the build instance, or without. */
import { deadlineSignal } from '../clock.ts';
import { messageOf, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Files } from '../host/host.ts';
import { factsInDocument } from '../identity/identity-document.ts';
import { keys } from '../identity/keys.ts';
import type { KnownOfImage } from '../image/samples.ts';
import type { Springs } from './springs.ts';
import type { Surroundings } from './surroundings.ts';

export interface BuildFacts {
  readonly known: KnownOfImage;
  /** The image that the build instance was started from. */
  readonly sourceImage?: string;
  /** Why nothing of AWS can be asked here; absent where it can. */
  readonly withoutAws?: string;
}

/** A build instance has metadata: it is worth waiting for. */
const onInstanceMs = 30_000;
/** A chroot or container in somebody's network has none, and connections there may hang instead of being refused. */
const elsewhereMs = 5_000;

/**
 * The facts of this build. Metadata is asked unless `metadata` is false or AWS_EC2_METADATA_DISABLED is `true`, as AWS's own
 * tools understand it. Where this machine is an EC2 instance, or the environment names an endpoint, metadata that does
 * not answer is an UnavailableError: an image that silently lacks its artifacts would be found out by the nodes.
 * Elsewhere it is told and done without; AWS_REGION with credentials in the environment is enough to fetch artifacts.
 */
export async function buildFacts(
  { env, host, clock }: Surroundings,
  springs: Springs,
  options: { readonly metadata: boolean },
  tell: Tell,
  signal: AbortSignal,
): Promise<BuildFacts> {
  const { architecture } = await host.hardware();
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined;
  const without = (because: string): BuildFacts => ({
    known: { architecture, ...(region !== undefined && { region }) },
    ...(region === undefined && { withoutAws: because }),
  });
  const disabled = env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true';
  if (!options.metadata || disabled) return without('metadata was not to be asked');
  const expected = Boolean(env.AWS_EC2_METADATA_SERVICE_ENDPOINT) || (await isInstance(host.files));
  const late = new UnavailableError('The metadata service did not answer.');
  const deadline = deadlineSignal(clock, expected ? onInstanceMs : elsewhereMs, late, signal);
  try {
    const text = await springs.metadata.read(keys.document, deadline.signal);
    const facts = factsInDocument(text ?? '');
    return {
      known: { architecture, region: facts.region, account_id: facts.account_id },
      sourceImage: facts.image_id,
    };
  } catch (error) {
    if (signal.aborted) throw error;
    const message = messageOf(error);
    if (expected)
      throw new UnavailableError(
        `${message} To bake without it, and without artifacts: --no-metadata`,
        { cause: error },
      );
    tell({ type: 'warning', message: `No metadata here: ${message}` });
    return without('there is no metadata service here');
  } finally {
    deadline.release();
  }
}

/** EC2 user guide, "Detect whether a host is an EC2 instance": DMI on Nitro, the hypervisor's UUID on Xen. */
async function isInstance(files: Files): Promise<boolean> {
  const text = async (path: string) => String((await files.read(path)) ?? '').trim();
  if ((await text('/sys/class/dmi/id/sys_vendor')) === 'Amazon EC2') return true;
  return /^ec2/i.test(await text('/sys/hypervisor/uuid'));
}
