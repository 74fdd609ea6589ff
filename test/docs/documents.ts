/** All documents that people read, by path. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const documents: readonly string[] = ['.', 'docs', 'packer', 'examples', 'bench']
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.md'));
