import { expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { notText, yamlFault } from '../src/yaml-words.ts';

it.each([
  ['a: 1\nb:\n  c: 1\n"a": 2\n', 'the key "\\"a\\"" stands here a second time: join the two'],
  ['a: 1\n---\nb: 2\n', 'a second document begins here: wanted one; remove the line "---"'],
  ['a:\n\tb: 1\n', 'Tabs are not allowed as indentation: use spaces'],
  ['a:\n  b: 1\n   c: 2\n', /^not valid YAML: no map can begin here: align this line/],
  ['a:\n    b: 1\n  c: 2\n', /align this line with the others of its block$/],
  ['a: [1', /^not valid YAML: .*\]/],
])('%j is told without the words of a parser', (text, says) => {
  const [error] = parseDocument(text, { prettyErrors: false }).errors;
  const told = yamlFault(error as NonNullable<typeof error>, text);
  if (typeof says === 'string') expect(told).toBe(`not valid YAML: ${says}`);
  else expect(told).toMatch(says);
});

it.each([
  [Buffer.from('\ufeffdescription: café\r\n'), undefined],
  [Buffer.from([0xff, 0xfe, 0x64, 0]), 'is UTF-16, wanted UTF-8: save it as UTF-8'],
  [Buffer.from('description: \xe9', 'latin1'), 'is not UTF-8 text: save it as UTF-8'],
  [Buffer.from('\x7fELF\x02\0'), 'is no text (a zero byte at offset 5)'],
])('%j as bytes of a text', (bytes, wrong) => {
  expect(notText(bytes)).toBe(wrong);
});
