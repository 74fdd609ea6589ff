/** Release names: what may stand in one, so that it is safe in an S3 key, a path and a message. */
import { ConfigError } from '../errors.ts';

const longest = 128;
const allowed = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/**
 * The name without surrounding white space. `from` says where it was found, for the message.
 * Throws ConfigError when it is empty, too long, or holds what could lead out of the release's folder.
 */
export function releaseName(text: string, from: string): string {
  const name = text.trim();
  const wrong = faultOf(name);
  if (wrong === undefined) return name;
  throw new ConfigError(
    `${from} holds ${name === '' ? 'no release name' : `the release name ${JSON.stringify(name.slice(0, longest))}`}: ${wrong}`,
  );
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'wanted one line with a name such as 1.4.2; write it there';
  if (/[\r\n]/.test(name)) return 'wanted one line of text with nothing but the name';
  if (name.length > longest) return `wanted at most ${longest} characters`;
  if (!allowed.test(name) || name.includes('..'))
    return 'wanted letters, digits and . _ + - only, beginning with a letter or digit, without ".."';
  return undefined;
}
