import { describe, expect, it } from 'vitest';
import { multipart, ourType } from './messages.ts';
import { faultOf, ours, parse, script } from './parsing.ts';

describe('broken MIME around ours', () => {
  const message = multipart([script, ours()]).toString();
  it.each([
    [
      'two parts of ours',
      multipart([ours(), script, ours()]),
      /2 MIME parts of type .*part 1 \(line \d+\), part 3 \(line \d+\); wanted one/,
    ],
    [
      'the end is cut off',
      message.slice(0, message.indexOf('--==b==--')),
      /line 20: the boundary "==b==" is never closed; is the end cut off/,
    ],
    [
      'the boundary is another',
      message.replace('boundary="==b=="', 'boundary=other'),
      /the boundary "other" is never used/,
    ],
    [
      'no boundary',
      message.replace('; boundary="==b=="', ''),
      /line 1: a multipart without a boundary parameter/,
    ],
    [
      'an empty boundary',
      message.replace('"==b=="', '""'),
      /line 1: the boundary "" is not allowed/,
    ],
    [
      'no header field',
      message.replace('Content-Type: text/x-shellscript', 'what is this'),
      /line 6: wanted a header field/,
    ],
    [
      'two types',
      message.replace(
        `Content-Type: ${ourType}`,
        `Content-Type: ${ourType}\nContent-Type: text/plain`,
      ),
      /line 13: a second content-type in one header/,
    ],
    [
      'an encoded multipart',
      `Content-Transfer-Encoding: base64\n${message}`,
      /a multipart may not be encoded, and this one is in "base64"/,
    ],
    [
      'an unknown encoding',
      multipart([ours()])
        .toString()
        .replace(ourType, `${ourType}\nContent-Transfer-Encoding: x-uu`),
      /part 1 has the unknown Content-Transfer-Encoding "x-uu"/,
    ],
    [
      'a foreign character in base64',
      multipart([{ ...ours('class: abcde'), encoding: 'base64' }])
        .toString()
        .replace('\n--==b==--', '\n!!\n--==b==--'),
      /line 10: "!" does not belong into base64/,
    ],
    [
      'padding in the middle of base64',
      multipart([{ type: ourType, content: Buffer.from('Y2w=YXNz') }])
        .toString()
        .replace(ourType, `${ourType}\nContent-Transfer-Encoding: base64`),
      /"=" does not belong into base64/,
    ],
    [
      'base64 that is cut off',
      multipart([{ type: ourType, content: Buffer.from('Y2xhc3M6IH') }])
        .toString()
        .replace(ourType, `${ourType}\nContent-Transfer-Encoding: base64`),
      /base64 of 10 characters/,
    ],
    [
      'bad quoted-printable',
      multipart([{ type: ourType, content: Buffer.from('class: a\nrelease: =G1') }])
        .toString()
        .replace(ourType, `${ourType}\nContent-Transfer-Encoding: quoted-printable`),
      /line 10: "=G1" is no quoted-printable character/,
    ],
  ])('%s', async (_name, bytes, wanted) => {
    expect(await faultOf(bytes)).toMatch(wanted);
  });

  it('nested too deep', async () => {
    let inner = ours();
    for (const boundary of ['c', 'b', 'a', 'z']) {
      const whole = multipart([inner], '\n', boundary).toString();
      inner = {
        type: `multipart/mixed; boundary=${boundary}`,
        content: Buffer.from(whole.slice(whole.indexOf('\n\n') + 2)),
      };
    }
    const message = `Content-Type: ${inner.type}\n\n${inner.content}`;
    expect(await faultOf(message)).toMatch(/multiparts nested more than 3 deep/);
    const whole = message
      .slice(message.indexOf('Content-Type: multipart', 1))
      .replace(/--z--[\s\S]*$/, '');
    expect(await parse(whole)).toMatchObject({ carriedIn: 'MIME part 1.1.1 (7bit)' });
  });
});
