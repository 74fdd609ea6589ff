/** Which certificates are trusted: those of Node, and the bundle that AWS_CA_BUNDLE names. */
import type { SecureContext } from 'node:tls';
import { ConfigError, messageOf } from '../errors.ts';

/**
 * What connections are made with to trust the bundle besides; undefined: Node's own. Made once for all of them, since it takes the
 * parsing of some 150 certificates. Throws ConfigError where the bundle cannot be read. Loads its modules only where there is
 * one: on an ordinary instance there is none.
 */
export function trustedCertificates(
  env: Readonly<Record<string, string | undefined>>,
): SecureContext | undefined {
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
  // A `ca` of one's own replaces what NODE_EXTRA_CA_CERTS added; 'default' includes it (Node 22.15 and later).
  const own = tls.getCACertificates?.('default') ?? tls.rootCertificates;
  return tls.createSecureContext({ ca: [...own, bundle] });
}
