/** Templates by themselves: what they give, what they name, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { parseTemplate, TemplateError } from '../../src/roles/template.ts';

const scope = {
  class: 'shop',
  facts: { memory_mib: 3840, vcpus: 2, zone: 'eu-west-1a' },
  tags: { Name: 'one', 'app:stage': 'prod' },
  values: { port: 8080, list: ['a', 'b'], map: { x: 1 }, on: true, html: '<b>&</b>', empty: [] },
  release: { name: '1.4.2' },
};
const rendered = (text: string) => parseTemplate(text).render(scope).text.join('');
const refusal = (text: string) => {
  try {
    parseTemplate(text).render(scope);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return `${error.fault.line}:${error.fault.column} ${error.message}`;
  }
  throw new Error('expected a TemplateError');
};

describe('a template', () => {
  it.each([
    ['nothing to fill in', 'nothing to fill in'],
    ['', ''],
    ['{{ class }}-{{ facts.zone }}', 'shop-eu-west-1a'],
    ['{{ tags.Name }} {{ tags["app:stage"] }}', 'one prod'],
    ['{{ tags.Missing | default: "none" }}', 'none'],
    ['{% if tags.Missing %}yes{% else %}no{% endif %}', 'no'],
    ['{{ facts.memory_mib | times: 0.6 | floor }}', '2304'],
    ['{{ facts.memory_mib | percent: 60 }}', '2304'],
    ['{{ 101 | percent: 50 }}', '50'],
    ['{{ facts.vcpus | times: 100 | at_most: 150 }}', '150'],
    ['{{ values.on }}', 'true'],
    ['{{ values.html }}', '<b>&</b>'],
    ['{{ values.list | join: "," }} {{ values.map | json }}', 'a,b {"x":1}'],
    ['{% for x in values.list %}{{ forloop.index }}{{ x }} {% endfor %}', '1a 2b '],
    ['{% assign n = values.port | plus: 1 %}{{ n }}', '8081'],
    ['{% raw %}{{ left }}{% endraw %}', '{{ left }}'],
    ['{{ release.name }}', '1.4.2'],
  ])('%j gives %j', (text, expected) => {
    expect(rendered(text)).toBe(expected);
  });

  it.each([
    ['a\n  {{ tags.Missing }}', '2:6 there is no tags.Missing'],
    ['{{ values.map.y }}', '1:4 there is no values.map.y'],
    ['{{ facts.toString }}', '1:4 there is no facts.toString'],
    ['{{ values.list }}', '1:1 this is a list; write it with a join or json filter'],
    [
      '{{ values.map }}',
      '1:1 this is a map; name one of its keys, or write it with the json filter',
    ],
    ['{{ values.empty | first }}', '1:1 this gives nothing; end it with a default filter'],
    ['{{ class | times: 2 }}', '1:1 times works on numbers, found "shop"'],
    ['{{ class | percent: 60 }}', '1:1 percent works on numbers, found "shop"'],
    ['{{ 1 | divided_by: 0 }}', '1:1 the result is not a number'],
    ['{{ class | upcas }}', '1:1 there is no filter "upcas" (did you mean "upcase"?)'],
    ['{% iff x %}', '1:1 there is no tag "iff" (did you mean "if"?)'],
    ['{% include "x" %}', '1:1 there is no tag "include": it is left out on purpose'],
    ['{% render "x" %}', '1:1 there is no tag "render": it is left out on purpose'],
    ['{{ "now" | date: "%s" }}', '1:1 there is no filter "date": it is left out on purpose'],
    ['x {% if class %}', '1:3 tag {% if class %} not closed'],
    ['{{ class', '1:1 output "{{ class" not closed'],
  ])('%j is refused: %s', (text, expected) => {
    expect(refusal(text)).toBe(expected);
  });

  it('cannot run away', () => {
    expect(refusal('{% for i in (1..99999999) %}x{% endfor %}')).toMatch(
      /memory alloc limit exceeded/,
    );
  });

  it('that is one output keeps the kind of what it gives', () => {
    expect(parseTemplate('{{ values.port }}').render(scope).value).toBe(8080);
    expect(parseTemplate('{{ values.on }}').render(scope).value).toBe(true);
    expect(parseTemplate('x{{ values.port }}').render(scope)).not.toHaveProperty('value');
  });

  it('knows what it names, in branches and arguments as well, but not its own names', () => {
    const text =
      '{% if facts.vcpus > 1 %}{{ values.ports[facts.zone] }}{% endif %}{% assign own = 1 %}\n{{ own | plus: values.port }}';
    const named = parseTemplate(text).references.map(
      (one) =>
        `${one.line}:${one.column} ${[one.root, ...one.path].join('.')}${one.computed ? '[]' : ''}${one.declares ? ' declared' : ''}`,
    );
    expect(named.sort()).toEqual([
      '1:28 values.ports[]',
      '1:41 facts.zone',
      '1:7 facts.vcpus',
      '1:76 own declared',
      '2:16 values.port',
    ]);
  });
});

describe('a secret', () => {
  const pieces = (text: string) => parseTemplate(text).render(scope).text;

  it('is written as a reference between the text', () => {
    expect(pieces('a{{ secrets.db }}b{{ secrets.db.password }}')).toEqual([
      'a',
      { secret: 'db' },
      'b',
      { secret: 'db', field: 'password' },
    ]);
    expect(pieces('{{ secrets["db"]["pass word"] }}')).toEqual([
      { secret: 'db', field: 'pass word' },
    ]);
  });

  it('carries its encoding', () => {
    expect(
      pieces('{{ secrets.a | url_encode }}{{ secrets.a | base64_encode }}{{ secrets.a.b | json }}'),
    ).toEqual([
      { secret: 'a', encoding: 'url' },
      { secret: 'a', encoding: 'base64' },
      { secret: 'a', field: 'b', encoding: 'json' },
    ]);
  });

  it('may stand in branches and loops', () => {
    expect(
      pieces('{% for x in values.list %}{% if x == "a" %}{{ secrets.a }}{% endif %}{% endfor %}'),
    ).toEqual([{ secret: 'a' }]);
  });

  it.each([
    '{{ secrets.a | upcase }}',
    '{{ secrets.a | json: 2 }}',
    '{{ secrets.a | url_encode | upcase }}',
    '{{ secrets.a | default: "x" }}',
    '{{ secrets.a | first }}',
    '{{ secrets.a | size }}',
    '{{ secrets.a == "x" }}',
    '{{ "x" | append: secrets.a }}',
    '{{ "x" | default: secrets.a, allow_false: secrets.b }}',
    '{{ secrets }}',
    '{{ secrets | json }}',
    '{{ secrets[class] }}',
    '{{ secrets.a[class] }}',
    '{{ secrets.a.b.c }}',
    '{{ values[secrets.a] }}',
    '{% assign x = secrets.a %}{{ x }}',
    '{% assign x = secrets %}{{ x.a }}',
    '{% capture x %}{{ secrets.a }}{% endcapture %}{{ x | upcase }}',
    '{% capture x %}{% if true %}{{ secrets.a }}{% endif %}{% endcapture %}{{ x }}',
    '{% if secrets.a == "x" %}y{% endif %}',
    '{% unless secrets.a %}y{% endunless %}',
    '{% case secrets.a %}{% when "x" %}y{% endcase %}',
    '{% case "x" %}{% when secrets.a %}y{% endcase %}',
    '{% for x in secrets %}{{ x }}{% endfor %}',
    '{% for x in secrets.a %}{{ x }}{% endfor %}',
    '{% for x in (1..secrets.a) %}{{ x }}{% endfor %}',
    '{% tablerow x in secrets.a %}{{ x }}{% endtablerow %}',
    '{% cycle secrets.a, "x" %}',
    '{% echo secrets.a %}',
    '{% liquid echo secrets.a %}',
    '{% liquid\nassign x = secrets.a\necho x %}',
  ])('in %j is refused, and would not be rendered either', (text) => {
    const template = parseTemplate(text);
    const refused = template.references.filter((one) => one.root === 'secrets' && one.refused);
    expect(refused.length).toBeGreaterThan(0);
    let written: readonly unknown[] = [];
    try {
      written = template.render(scope).text;
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError);
    }
    expect(JSON.stringify(written)).not.toMatch(/object|secret/);
  });
});
