/** Which certificates are trusted: those of Node, and the bundle that AWS_CA_BUNDLE names. */
import { ConfigError, messageOf } from '../errors.ts';

/**
 * The certificates to trust, PEM; undefined: Node's own. Throws ConfigError where the bundle cannot be read. Loads its
 * modules only where there is a bundle: on an ordinary instance there is none.
 */
export function trustedCertificates(
  env: Readonly<Record<string, string | undefined>>,
): string[] | undefined {
  const path = env.AWS_CA_BUNDLE;
  if (!path) return undefined;
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const tls = process.getBuiltinModule('node:tls');
  let bundle: string;
  try {
    bundle = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `AWS_CA_BUNDLE names ${path}, which cannot be read (${messageOf(error)}): correct the variable or put the bundle there`,
      { cause: error },
    );
  }
  if (!bundle.includes('-----BEGIN CERTIFICATE-----')) {
    throw new ConfigError(`AWS_CA_BUNDLE names ${path}, which holds no certificate in PEM form`);
  }
  // A `ca` given to an agent replaces what NODE_EXTRA_CA_CERTS added; 'default' includes it (Node 22.15 and later).
  const own = tls.getCACertificates?.('default') ?? tls.rootCertificates;
  return [...own, bundle];
}
