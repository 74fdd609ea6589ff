/** What foreign user data looks like, in words for a person who expected something else. */
import { isGzip } from './gzip.ts';

/** `text` holds one character per byte. */
export function looksLike(text: string): string {
  const firstLine = (/^(?:\xef\xbb\xbf)?([^\r\n]*)/.exec(text)?.[1] ?? '').slice(0, 60);
  const known = firstLines.find(([start]) => start.test(firstLine));
  if (known !== undefined) return known[1];
  if (/^#+\s*bootstrap[-_ ]?agent\b/i.test(firstLine)) {
    return `a document of the agent with the first line ${JSON.stringify(firstLine)}, which must be #bootstrap-agent`;
  }
  if (isEncodedTwice(text)) return 'base64 text (encoded twice?)';
  return 'unknown';
}

// cloud-init documentation, "User data formats".
const firstLines: readonly (readonly [RegExp, string])[] = [
  [/^#!/, 'shell script'],
  [/^#cloud-config(-archive|-jsonp)?\b/, 'cloud-config'],
  [/^## template: *jinja/, 'cloud-config'],
  [/^#(cloud-boothook|include|include-once|part-handler)\b/, 'cloud-init'],
];

/** Plain words can be valid base64 too: only what decodes to something that user data begins with counts. */
function isEncodedTwice(text: string): boolean {
  const compact = text.replace(/\s+/g, '');
  if (compact.length < 8 || compact.length % 4 !== 0) return false;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return false;
  const bytes = Buffer.from(compact, 'base64');
  return isGzip(bytes) || /^(#|mime-version:|content-type:)/i.test(bytes.toString('latin1', 0, 16));
}
