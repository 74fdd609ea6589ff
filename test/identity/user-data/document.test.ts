import { describe, expect, it } from 'vitest';
import { gzipped } from './messages.ts';
import { faultOf } from './parsing.ts';

describe('the document', () => {
  const doc = (text: string) => faultOf(`#bootstrap-agent\n${text}`);

  it('unknown keys: where, and what may have been meant', async () => {
    expect(await doc('clas: tomcat\n')).toMatch(
      /user data \(plain text\), line 2, column 1: unknown key "clas"; known are class, release, group, hook, role\. Did you mean "class"\? Correct it in the launch template$/,
    );
    expect(await doc('a: 1\n')).not.toMatch(/Did you mean/);
    expect(await doc('? [x]\n: 1\n')).toMatch(/unknown key "a key that is no text"/);
  });

  it('a release that is a number: quotes', async () => {
    expect(await doc('release: 1.10\n')).toMatch(
      /line 2, column 10: release must be a text, and is the number 1.1; put it in quotes\./,
    );
    expect(await doc('release: true\n')).toMatch(/is the boolean true\. Correct/);
    expect(await doc('release: ""\n')).toMatch(/release must be a text/);
  });

  it('all faults at once', async () => {
    const faults = await doc('class: [a]\nrelease: 2\nrole: 3\nrolle: {}\n');
    expect(faults).toMatch(/has 4 faults/);
    expect(faults).toMatch(/line 2, column 8: class must be the name of a class, and is \["a"\]/);
    expect(faults).toMatch(/line 3, column 10: release/);
    expect(faults).toMatch(/line 4, column 7: role must be a map/);
    expect(faults).toMatch(/line 5, column 1: unknown key "rolle".*Did you mean "role"/);
  });

  it.each([
    ['- a\n', /line 2, column 1: wanted a map with the keys class, release, group, hook, role/],
    ['just text\n', /wanted a map/],
    ['class:\n', /class must be the name of a class, and is null/],
    ['class: a\nclass: b\n', /line 3, column 1: not valid YAML/],
    ['class: "a\n', /not valid YAML/],
    ['class: a\n---\nclass: b\n', /not valid YAML/],
    ['class: *a\n', /\(plain text\), not usable YAML: Unresolved alias/],
    ['role:\n\t- x\n', /not valid YAML/],
  ])('%j', async (text, wanted) => {
    expect(await doc(text)).toMatch(wanted);
  });

  it('not UTF-8', async () => {
    expect(await faultOf(Buffer.from('#bootstrap-agent\nclass: \xff\n', 'latin1'))).toMatch(
      /is not UTF-8/,
    );
  });

  it('an alias bomb and a tower of brackets: an error, within bounds', async () => {
    const names = 'abcdefghi';
    const bomb = [...names].map(
      (name, at) =>
        `  ${name}: &${name} [${
          at === 0
            ? '1'
            : Array(9)
                .fill(`*${names[at - 1]}`)
                .join(',')
        }]`,
    );
    expect(await doc(`role:\n${bomb.join('\n')}\n`)).toMatch(
      /not usable YAML: Excessive alias count/,
    );
    expect(await doc(`role: [&a x${', *a'.repeat(101)}]`)).toMatch(/more than 100 aliases/);
    expect(await faultOf(gzipped(`#bootstrap-agent\nrole: {a: ${'['.repeat(50_000)}`))).toMatch(
      /not valid YAML/,
    );
    expect(await faultOf(gzipped(`#bootstrap-agent\n${'- '.repeat(50_000)}`))).toMatch(/YAML|map/);
    expect(await faultOf(gzipped(`#bootstrap-agent\n#${'x'.repeat(131_072)}`))).toMatch(
      /wanted 131072 at most/,
    );
  });
});
