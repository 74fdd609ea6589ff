/** One field of a secret that is a JSON document. Errors name the secret and the field, never a value. */
import { ConfigError } from '../errors.ts';

/**
 * The field as bytes: a string as it is, anything else as JSON. `where` says which secret, for messages:
 * `secret db (prod/shop/db)`. Throws ConfigError where the value is not a JSON object or has no such field.
 */
export function secretField(bytes: Buffer, field: string, where: string): Buffer {
  const value = objectIn(bytes, field, where)[field];
  if (value === undefined || value === null) {
    throw new ConfigError(
      `${where} has no field ${field}: add it to the JSON of the secret that the role names under secrets, or correct the field in the role`,
    );
  }
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function objectIn(bytes: Buffer, field: string, where: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    // No cause: the parser's message quotes the text.
    parsed = undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ConfigError(
      `the field ${field} is wanted of ${where}, but its value is not a JSON object: store the secret as JSON, or leave the field out of the role`,
    );
  }
  // Own properties alone: "constructor" is not a field that somebody stored.
  return Object.assign(Object.create(null) as Record<string, unknown>, parsed);
}
