/** A CloudFormation template as plain data: its short functions are filled in from parameters, as a deployment would. */
import { readFileSync } from 'node:fs';
import { type CollectionTag, parse, type ScalarTag, type YAMLSeq } from 'yaml';

export interface Template {
  readonly Parameters: Readonly<Record<string, { Description?: string; Default?: unknown }>>;
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is CloudFormation's, and the tests say what they expect.
  readonly Properties: any;
}

/** Pseudo parameters included. What a template computes from its own resources stays as the text of the function. */
export function readTemplate(path: string, parameters: Readonly<Record<string, string>>): Template {
  const parameter = (name: string) => parameters[name] ?? `<${name}>`;
  const scalars: ScalarTag[] = [
    { tag: '!Ref', resolve: parameter },
    {
      tag: '!Sub',
      resolve: (text) => text.replace(/\$\{([^}]+)\}/g, (_, name) => parameter(name)),
    },
    { tag: '!GetAtt', resolve: (text) => `<${text}>` },
  ];
  const lists: CollectionTag[] = [
    { tag: '!Equals', collection: 'seq' },
    { tag: '!Not', collection: 'seq' },
    // Every condition is taken to be true.
    { tag: '!If', collection: 'seq', resolve: (list) => (list as YAMLSeq).items[1] },
  ];
  return parse(readFileSync(path, 'utf8'), { customTags: [...scalars, ...lists] }) as Template;
}
