/** The published documents: docs/roles.md and docs/role.schema.json. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type JsonSchema, roleJsonSchema } from '../../src/roles/json-schema.ts';
import { readRole } from '../../src/roles/read-role.ts';
import { roleReference } from '../../src/roles/reference.ts';
import { validateRoles } from '../../src/roles/validate.ts';
import { factNames, roots } from '../../src/roles/vocabulary.ts';
import { source } from './samples.ts';

const published = (name: string) =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('the reference', () => {
  const reference = roleReference();

  it('is published as the code has it', () => {
    expect(published('roles.md')).toBe(reference);
  });

  const squeezed = reference.replaceAll(/ +/g, ' ');

  it('names every section, every key, every fact and every root of variables', () => {
    const { properties = {} } = roleJsonSchema();
    for (const section of Object.keys(properties).filter((name) => name !== 'overrides')) {
      expect(reference).toContain(`\n## ${section}\n`);
    }
    for (const fact of factNames) expect(squeezed).toContain(`| \`facts.${fact}\` |`);
    for (const root of roots) expect(squeezed).toContain(`| \`${root}\` |`);
    expect(squeezed).toContain('| `from` | text | required | Name or ARN in Secrets Manager. |');
    expect(squeezed).toContain('| `http.path` | text | `/` | Path to ask for. |');
    expect(squeezed).toContain('| `state` | `started` or `stopped` | `started` |');
  });

  it('leaves no key without a meaning', () => {
    const tables = reference.split('\n').filter((line) => /^\| `/.test(line));
    expect(tables.length).toBeGreaterThan(60);
    expect(tables.filter((line) => /\|\s*\|$/.test(line))).toEqual([]);
  });

  it('shows roles that are right', () => {
    const [shop = '', overrides = ''] = [...reference.matchAll(/```yaml\n(.*?)```/gs)].map(
      (match) => match[1] ?? '',
    );
    const sources = [source('shop', shop), source('base', '')];
    expect(validateRoles({ sources, templates: new Map() })).toEqual([]);
    expect(readRole(source('shop', overrides)).faults).toEqual([]);
  });
});

describe('the JSON Schema', () => {
  const schema = roleJsonSchema();

  it('is published as the code has it', () => {
    expect(JSON.parse(published('role.schema.json'))).toEqual(schema);
  });

  it('is of draft 2020-12 and knows no other keys', () => {
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
    });
  });

  it('requires no key of an entry, since a parent may hold it, and lets null remove anything', () => {
    const required: string[] = [];
    const visit = (node: JsonSchema, path: string): void => {
      if (node.required) required.push(path);
      for (const [key, child] of Object.entries(node.properties ?? {}))
        visit(child, `${path}.${key}`);
      for (const child of node.anyOf ?? []) visit(child, path);
      if (node.additionalProperties) visit(node.additionalProperties, `${path}.*`);
      if (node.items) visit(node.items, `${path}[]`);
    };
    visit(schema, '');
    expect(required).toEqual(['.overrides[]']);
    const nullable = Object.entries(schema.properties ?? {}).filter(([, one]) =>
      one.anyOf?.some((part) => part.type === 'null'),
    );
    expect(nullable.map(([name]) => name)).toEqual(
      expect.arrayContaining(['files', 'probes', 'hostname']),
    );
  });
});
