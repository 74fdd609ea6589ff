/** packer/ as a parser of HCL sees it: the blocks of all files together, expressions left as they are written. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktf/hcl2json';

/** Attributes are values or `${expression}`; nested blocks are lists. */
export type Body = Readonly<Record<string, unknown>>;

export interface Templates {
  readonly variables: Readonly<Record<string, Body>>;
  readonly locals: Body;
  /** What all images have in common. */
  readonly node: Body;
  /** What each image adds to that. */
  readonly images: readonly (Body & { readonly name: string })[];
  readonly provisioners: Readonly<Record<string, readonly Body[]>>;
  readonly postProcessors: Readonly<Record<string, readonly Body[]>>;
  readonly packer: Body;
}

export const folder = 'packer';

export const templateFiles: readonly string[] = readdirSync(folder).filter((name) =>
  name.endsWith('.pkr.hcl'),
);

export async function parsedTemplates(): Promise<Templates> {
  const files = await Promise.all(
    templateFiles.map((name) => parse(name, readFileSync(join(folder, name), 'utf8'))),
  );
  const builds = files.flatMap((file) => file.build ?? []);
  if (builds.length !== 1) throw new Error(`packer/ has ${builds.length} build blocks, not one`);
  const variables = Object.assign({}, ...files.map((file) => file.variable ?? {}));
  return {
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, blocks]) => [name, only(blocks)]),
    ),
    locals: Object.assign({}, ...files.flatMap((file) => file.locals ?? [])),
    node: only(files.flatMap((file) => file.source?.['amazon-ebs']?.node ?? [])),
    images: builds[0].source['source.amazon-ebs.node'],
    provisioners: builds[0].provisioner,
    postProcessors: builds[0]['post-processor'],
    packer: only(files.flatMap((file) => file.packer ?? [])),
  };
}

/** The one block that there is. */
export function only(blocks: unknown): Body {
  if (Array.isArray(blocks) && blocks.length === 1) return blocks[0];
  throw new Error(`wanted one block, found ${JSON.stringify(blocks)}`);
}
