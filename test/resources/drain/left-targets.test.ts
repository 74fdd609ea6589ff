import { expect, it } from 'vitest';
import { noteLeft, readLeft } from '../../../src/resources/drain/left-targets.ts';

function disk() {
  const there = new Map<string, string>();
  return {
    there,
    read: async (path: string) => {
      const text = there.get(path);
      return text === undefined ? undefined : Buffer.from(text);
    },
    write: async (path: string, content: string | Uint8Array) => {
      there.set(path, content.toString());
    },
  };
}

it('a drain that goes on adds to what it left before, each target once; another drain knows nothing of it', async () => {
  const files = disk();
  await noteLeft(files, 'one', [{ targetGroup: 'shop', targets: [{ id: '10.0.0.7', port: 80 }] }]);
  await noteLeft(files, 'one', [
    {
      targetGroup: 'shop',
      targets: [
        { id: '10.0.0.7', port: 80 },
        { id: '10.0.0.7', port: 81 },
      ],
    },
    { targetGroup: 'admin', targets: [{ id: 'i-1' }] },
  ]);
  expect(await readLeft(files, 'one')).toEqual([
    {
      targetGroup: 'shop',
      targets: [
        { id: '10.0.0.7', port: 80 },
        { id: '10.0.0.7', port: 81 },
      ],
    },
    { targetGroup: 'admin', targets: [{ id: 'i-1' }] },
  ]);
  expect(await readLeft(files, 'another')).toBeUndefined();
});

it('nothing left is no note, and a damaged one is as good as none', async () => {
  const files = disk();
  await noteLeft(files, 'one', []);
  expect(files.there.size).toBe(0);
  await noteLeft(files, 'one', [{ targetGroup: 'shop', targets: [{ id: 'i-1' }] }]);
  const [path] = files.there.keys();
  files.there.set(String(path), '[{ "targetGr');
  expect(await readLeft(files, 'one')).toBeUndefined();
});
