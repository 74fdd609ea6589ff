/** Content-Transfer-Encoding (RFC 2045, 6): the body of a MIME part as the bytes it stands for. */
import { MimeFault, type Part } from './mime.ts';

/** Throws MimeFault, with the line, where the body is not what its encoding allows. */
export function decoded({ encoding, body, line, place }: Part): Buffer {
  switch (encoding) {
    case '7bit':
    case '8bit':
    case 'binary':
      return Buffer.from(body, 'latin1');
    case 'base64':
      return fromBase64(body, line);
    case 'quoted-printable':
      return fromQuotedPrintable(body, line);
    default:
      throw new MimeFault(
        `part ${place} has the unknown Content-Transfer-Encoding ${JSON.stringify(encoding.slice(0, 80))}`,
        line,
      );
  }
}

function fromBase64(body: string, line: number): Buffer {
  const bad = /[^A-Za-z0-9+/=\s]|=(?=\s*[^=\s])/.exec(body);
  if (bad !== null) {
    throw new MimeFault(
      `${JSON.stringify(bad[0])} does not belong into base64`,
      line + linesBefore(body, bad.index),
    );
  }
  const compact = body.replace(/\s+/g, '');
  if (compact.length % 4 !== 0 || /={3}$/.test(compact)) {
    throw new MimeFault(
      `base64 of ${compact.length} characters, which is no multiple of four; is the end cut off?`,
      line + linesBefore(body, body.length),
    );
  }
  return Buffer.from(compact, 'base64');
}

function fromQuotedPrintable(body: string, line: number): Buffer {
  const decodedLines = body.split('\n').map((raw, index, all) => {
    const end = index === all.length - 1 ? '' : raw.endsWith('\r') ? '\r\n' : '\n';
    // Blanks at the end of a line were added on the way (RFC 2045, 6.7, rule 3).
    const text = withoutTrailingBlanks(raw);
    const soft = text.endsWith('=');
    const content = soft ? text.slice(0, -1) : text;
    const bad = /=(?![0-9A-Fa-f]{2})/.exec(content);
    if (bad !== null) {
      const found = JSON.stringify(content.slice(bad.index, bad.index + 3));
      throw new MimeFault(`${found} is no quoted-printable character`, line + index);
    }
    const plain = content.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return soft ? plain : plain + end;
  });
  return Buffer.from(decodedLines.join(''), 'latin1');
}

/** By hand: a regular expression takes quadratic time on a long line of blanks. */
function withoutTrailingBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function linesBefore(text: string, at: number): number {
  return text.slice(0, at).split('\n').length - 1;
}
