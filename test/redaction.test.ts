import { describe, expect, test } from 'vitest';
import { Redactor } from '../src/redaction.ts';
import fc from './random-examples.ts';

const mark = '[redacted]';

function knowing(...values: (string | Buffer)[]): Redactor {
  const redactor = new Redactor();
  for (const value of values) redactor.learn(value);
  return redactor;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a value that was learnt', () => {
  const secret = 'p&ss/wörd "1"+x';
  const redactor = knowing(secret);

  test.each([
    ['as it is', secret],
    ['in JSON', JSON.stringify({ secret }).slice(11, -2)],
    ['URL-encoded', encodeURIComponent(secret)],
    [
      'URL-encoded in lower case',
      encodeURIComponent(secret).replace(/%../g, (h) => h.toLowerCase()),
    ],
    ['in a form', new URLSearchParams({ v: secret }).toString().slice(2)],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['in upper-case hexadecimal', Buffer.from(secret).toString('hex').toUpperCase()],
    ['in base64', base64(secret)],
    ['in base64url', Buffer.from(secret).toString('base64url')],
  ])('is not seen %s', (_name, form) => {
    const shown = redactor.text(`before ${form} after`);
    expect(shown).toContain(mark);
    expect(shown).not.toContain(form);
    expect(shown).toMatch(/^before .*after$/);
  });

  test.each([0, 1, 2, 3, 4, 5])('is not seen inside longer base64, %d bytes in', (offset) => {
    const text = base64(`${'u'.repeat(offset)}${secret}:more`);
    const shown = redactor.text(text);
    expect(shown).toContain(mark);
    // At most a character at each end is shared with its neighbours.
    expect(Buffer.from(shown.replace(mark, ''), 'base64').toString()).not.toContain('wörd');
  });

  test('every time it occurs, and among others', () => {
    expect(knowing('first-one', 'second-one').text('first-one, second-one, first-one')).toBe(
      `${mark}, ${mark}, ${mark}`,
    );
  });

  test('characters of regular expressions mean themselves', () => {
    expect(knowing('a.c*(d)').text('abcd a.c*(d)')).toBe(`abcd ${mark}`);
  });

  test('the longest first, so that no tail is left over', () => {
    expect(knowing('secret', 'secret-and-more').text('secret-and-more')).toBe(mark);
  });
});

describe('values as they come', () => {
  test('white space around them is not part of what is used', () => {
    const redactor = knowing('password1\n');
    expect(redactor.text('password1')).toBe(mark);
    expect(redactor.text(base64('password1'))).toBe(mark);
    expect(redactor.text(base64('password1\n'))).toBe(mark);
    expect(redactor.text(Buffer.from('password1').toString('hex'))).toBe(mark);
  });

  test('of several lines, each is secret, and white space alone is not', () => {
    const redactor = knowing('first line\r\n      \nlast line\n');
    expect(redactor.text('-last line-first line-')).toBe(`-${mark}-${mark}-`);
    expect(redactor.text('a          b')).toBe('a          b');
  });

  test('a JSON document is secret field by field, those after an odd one too', () => {
    const document =
      '{"user":"dbadmin","odd":"\\ud800 half","deep":[{"password":"hunter22"}],"port":1}';
    const redactor = knowing(document);
    expect(redactor.text('dbadmin:hunter22@db:1')).toBe(`${mark}:${mark}@db:1`);
    expect(redactor.text(base64('hunter22'))).toBe(mark);
    expect(redactor.text(document)).toBe(mark);
  });

  test('what only begins like JSON is a value like any other', () => {
    expect(knowing('{not json').text('x {not json')).toBe(`x ${mark}`);
  });

  test('bytes that are no text', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x81, 0x82, 0x83]);
    const redactor = knowing(bytes);
    expect(redactor.text(bytes.toString('base64'))).toBe(mark);
    expect(redactor.text(bytes.toString('hex'))).toBe(mark);
    expect(redactor.text('\ufffd\ufffd\ufffd\ufffd\ufffd')).toBe('\ufffd\ufffd\ufffd\ufffd\ufffd');
  });

  test('of four or five bytes, in base64 as well', () => {
    expect(knowing('abcd').text(base64('abcd'))).toBe(mark);
    expect(knowing('abcde').text(base64('abcde'))).toBe(mark);
  });

  test('shorter than four characters protect nothing and are left', () => {
    expect(knowing('abc').text('abc')).toBe('abc');
  });
});

describe('what is public anyway', () => {
  test('short values that stand in the clear are spared, long ones never', () => {
    const redactor = knowing('shop', 'hunter22', 'a-long-password');
    redactor.spare('artifact:shop and a-long-password');
    expect(redactor.text('shop hunter22 a-long-password')).toBe(`shop ${mark} ${mark}`);
  });

  test('said before or after the value was learnt', () => {
    const redactor = new Redactor();
    redactor.spare('shop');
    redactor.learn('shop');
    expect(redactor.text('shop')).toBe('shop');
  });
});

describe('data', () => {
  test('every string in it, keys included, and nothing else', () => {
    const at = new Map([['token-1', ['token-1']]]);
    const data = { 'token-1': ['x token-1', { deep: 'token-1' }, 7, null, true], none: undefined };
    expect(knowing('token-1').data({ ...data, at })).toEqual({
      [mark]: [`x ${mark}`, { deep: mark }, 7, null, true],
      none: undefined,
      at: new Map([[mark, [mark]]]),
    });
    expect(data['token-1'][0]).toBe('x token-1');
  });

  test('is given back as it is while nothing is secret', () => {
    const data = { a: 'b' };
    expect(new Redactor().data(data)).toBe(data);
    expect(new Redactor().text('b')).toBe('b');
  });
});

test('no value is ever seen, whatever it is and wherever it stands', () => {
  const values = fc.string({ minLength: 4, maxLength: 40, unit: 'grapheme' });
  fc.assert(
    fc.property(values, fc.string(), fc.string(), (value, before, after) => {
      fc.pre(value.trim().length >= 4 && !mark.includes(value));
      const redactor = knowing(value);
      for (const form of [value, encodeURIComponent(value), base64(value)])
        expect(redactor.text(`${before}\n${form}\n${after}`)).not.toContain(form);
      const data = redactor.data({ [value]: [value] });
      expect(JSON.stringify(data)).not.toContain(JSON.stringify(value).slice(1, -1));
    }),
    { numRuns: 300 },
  );
});
