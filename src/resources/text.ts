/** Texts that may hold secrets: resolved only where they are used, printable everywhere else. */
import { ConfigError, StepError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { Redactor } from '../redaction.ts';
import { secretField } from './secret-field.ts';
import { readSecret, secretPath } from './secret-files.ts';
import type { SecretReference, Text } from './step.ts';

/** True where the text names a secret. */
export function hasSecrets(text: Text): boolean {
  return text.some((piece) => typeof piece !== 'string');
}

/** The text with `«secret db.password»` in place of each secret. */
export function printable(text: Text): string {
  return text
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      return `«secret ${piece.secret}${piece.field === undefined ? '' : `.${piece.field}`}»`;
    })
    .join('');
}

/**
 * The text with its secrets, read from below /run; undefined where one of them is not there yet. The redactor is told of
 * every value. Throws ConfigError for a field that the secret does not have and for bytes that are no text.
 */
export async function resolveText(
  text: Text,
  host: Host,
  redactor: Redactor,
): Promise<string | undefined> {
  const pieces: string[] = [];
  for (const piece of text) {
    const resolved =
      typeof piece === 'string' ? piece : await resolveReference(piece, host, redactor);
    if (resolved === undefined) return undefined;
    pieces.push(resolved);
  }
  return pieces.join('');
}

/** As `resolveText`, for use in `apply`, where every secret must be there. Throws StepError naming one that is not. */
export async function resolvedText(text: Text, host: Host, redactor: Redactor): Promise<string> {
  const resolved = await resolveText(text, host, redactor);
  if (resolved !== undefined) return resolved;
  const names = text.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.secret]));
  throw new StepError(
    `wanted the secrets ${[...new Set(names)].map(secretPath).join(', ')}, found at least one missing: the step that fetches secrets must come first`,
  );
}

async function resolveReference(
  { secret, field, encoding }: SecretReference,
  host: Host,
  redactor: Redactor,
): Promise<string | undefined> {
  const whole = await readSecret(host.files, redactor, secret);
  if (whole === undefined) return undefined;
  const bytes = field === undefined ? whole : secretField(whole, field, `secret ${secret}`);
  redactor.learn(bytes);
  if (encoding === 'base64') return bytes.toString('base64');
  const value = asText(bytes, secret);
  if (encoding === undefined) return value;
  const encoded = encoding === 'url' ? encodeURIComponent(value) : JSON.stringify(value);
  redactor.learn(encoded);
  return encoded;
}

function asText(bytes: Buffer, secret: string): string {
  try {
    return new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ConfigError(
      `secret ${secret} is binary and cannot stand in a text as it is: use {{ secrets.${secret} | base64_encode }} in the role`,
    );
  }
}
