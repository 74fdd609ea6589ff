/** Keys as EC2 gives them: RSA in PEM (PKCS #1), ED25519 in OpenSSH's own format; public halves as in authorized_keys. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

export type KeyType = 'rsa' | 'ed25519';

export interface KeyMaterial {
  readonly privateKey: string;
  readonly openssh: string;
  readonly fingerprint: string;
}

export function generateKey(type: KeyType): KeyMaterial {
  if (type === 'ed25519') {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const blob = publicBlob(publicKey);
    return {
      privateKey: opensshPrivateKey(privateKey, blob),
      openssh: `ssh-ed25519 ${blob.toString('base64')}`,
      fingerprint: digestOf('sha256', blob).toString('base64'),
    };
  }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  // EC2 user guide, "Verify the fingerprint of your key pair": SHA-1 of the private key where EC2 made it.
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  return {
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
    openssh: `ssh-rsa ${publicBlob(publicKey).toString('base64')}`,
    fingerprint: colons(digestOf('sha1', der)),
  };
}

/** Same place: MD5 of the public key for an imported RSA key, SHA-256 for ED25519. */
export function fingerprintOfImported(openssh: string): string {
  const [type, base64 = ''] = openssh.split(' ');
  const blob = Buffer.from(base64, 'base64');
  if (type === 'ssh-ed25519') return digestOf('sha256', blob).toString('base64');
  const [, e = Buffer.alloc(0), n = Buffer.alloc(0)] = stringsIn(blob);
  const url = (bytes: Buffer) => bytes.subarray(bytes[0] === 0 ? 1 : 0).toString('base64url');
  const key = createPublicKey({ key: { kty: 'RSA', e: url(e), n: url(n) }, format: 'jwk' });
  return colons(digestOf('md5', key.export({ type: 'spki', format: 'der' })));
}

/** The public key in SSH's wire format (RFC 4253, section 6.6; RFC 8709, section 4). */
function publicBlob(key: KeyObject): Buffer {
  const { kty, n = '', e = '', x = '' } = key.export({ format: 'jwk' });
  if (kty === 'OKP') return strings('ssh-ed25519', Buffer.from(x, 'base64url'));
  return strings('ssh-rsa', positive(e), positive(n));
}

/** openssh-key-v1, neither encrypted nor with a comment (OpenSSH, PROTOCOL.key). */
function opensshPrivateKey(key: KeyObject, blob: Buffer): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  const check = randomBytes(4);
  const publicBytes = Buffer.from(x, 'base64url');
  const secret = Buffer.concat([Buffer.from(d, 'base64url'), publicBytes]);
  const plain = Buffer.concat([check, check, strings('ssh-ed25519', publicBytes, secret, '')]);
  const padding = Buffer.from(
    Array.from({ length: (8 - (plain.length % 8)) % 8 }, (_, n) => n + 1),
  );
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    strings('none', 'none', ''),
    Buffer.from([0, 0, 0, 1]),
    strings(blob, Buffer.concat([plain, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** Each with its length before it (RFC 4251, section 5). */
function strings(...values: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const bytes = Buffer.from(value as string);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function stringsIn(blob: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 4 <= blob.length; ) {
    const end = at + 4 + blob.readUInt32BE(at);
    found.push(blob.subarray(at + 4, end));
    at = end;
  }
  return found;
}

/** A number whose first bit would make it negative has a zero before it. */
function positive(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url');
  return (bytes[0] ?? 0) >= 128 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
}

function digestOf(algorithm: string, bytes: Buffer): Buffer {
  return createHash(algorithm).update(bytes).digest();
}

function colons(digest: Buffer): string {
  return digest.toString('hex').replace(/(..)(?!$)/g, '$1:');
}
