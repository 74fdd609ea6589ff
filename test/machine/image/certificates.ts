/** A certificate authority of our own, and with it a certificate for the names of AWS. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../sh.ts';

/** A wildcard stands for one label: the services, and the buckets of a Region. */
const names = ['*.eu-west-1.amazonaws.com', '*.s3.eu-west-1.amazonaws.com', 's3.amazonaws.com'];

/** Writes ca.crt, server.crt and server.key into `folder`; the authority's own key is not kept. */
export function makeCertificates(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  sh(
    ...(['openssl', 'req', '-x509', ...key, '-days', '2', '-subj'] as const),
    ...['/CN=bootstrap-agent machine tests', '-keyout', at('ca.key'), '-out', at('ca.crt')],
  );
  sh(
    ...(['openssl', 'req', ...key, '-subj', '/CN=simulated AWS'] as const),
    ...['-keyout', at('server.key'), '-out', at('server.csr')],
  );
  writeFileSync(at('names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
  sh(
    ...(['openssl', 'x509', '-req', '-days', '2', '-in', at('server.csr')] as const),
    ...['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial'],
    ...['-extfile', at('names'), '-out', at('server.crt')],
  );
  for (const name of ['ca.key', 'server.csr', 'names', 'ca.srl']) rmSync(at(name), { force: true });
}
