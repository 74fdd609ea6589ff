/** A machine before the bake: a plain Debian, and the packages that the roles ask for, since apt has no network in a test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from './image.ts';
import { layer } from './layer.ts';

/** Gives its lower directories, topmost first. Services are enabled as Debian's packages leave them. */
export async function unbaked(image: Image, ...further: string[]): Promise<readonly string[]> {
  const record = readFileSync(join(image.distribution, 'etc/bootstrap-agent/baked.json'), 'utf8');
  const packages = Object.keys(JSON.parse(record).packages);
  const { debian } = image.building;
  return [await layer([...packages, ...further], [debian]), debian];
}
