/** Paths of a machine by patterns, and what lies below them. */
import type { Files } from '../../host/host.ts';

/** The paths that are there and match; `*` stands for any part of one name, a leading dot included where the pattern has it. */
export async function matching(files: Files, pattern: string): Promise<string[]> {
  let found = [''];
  for (const part of pattern.split('/').slice(1)) {
    if (!part.includes('*')) {
      found = found.map((folder) => `${folder}/${part}`);
      continue;
    }
    const name = new RegExp(`^${part.split('*').map(literal).join('.*')}$`);
    const lists = found.map(async (folder) =>
      (await namesIn(files, folder || '/'))
        .filter((each) => name.test(each) && (part.startsWith('.') || !each.startsWith('.')))
        .map((each) => `${folder}/${each}`),
    );
    found = (await Promise.all(lists)).flat();
  }
  const there = await Promise.all(found.map((path) => files.stat(path).catch(() => undefined)));
  return found.filter((_, index) => there[index] !== undefined);
}

/** Bytes of all files at and below a path; symlinks are not followed. */
export async function bytesBelow(files: Files, path: string): Promise<number> {
  const stat = await files.stat(path);
  if (stat?.type !== 'directory') return stat?.type === 'file' ? stat.size : 0;
  let bytes = 0;
  for (const name of await files.list(path)) bytes += await bytesBelow(files, `${path}/${name}`);
  return bytes;
}

/** Every file at and below a folder that is no directory; symlinks are not followed. */
export async function filesBelow(files: Files, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const name of await namesIn(files, folder)) {
    const path = `${folder}/${name}`;
    if ((await files.stat(path))?.type === 'directory')
      paths.push(...(await filesBelow(files, path)));
    else paths.push(path);
  }
  return paths;
}

/** None where there is no such folder, or a file in its place. */
async function namesIn(files: Files, folder: string): Promise<string[]> {
  const stat = await files.stat(folder);
  return stat === undefined || stat.type === 'file' ? [] : files.list(folder).catch(() => []);
}

function literal(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
