import { expect, it } from 'vitest';
import { filesRead, readAheadList, sizeOfList, startOf } from '../../src/image/read-ahead.ts';

const kib = 1024;
const node = '/opt/bootstrap-agent/bin/node';
const extent = (path: string, from: number, to: number) => ({
  path,
  offset: from * kib,
  length: (to - from) * kib,
});

it('names libraries, then the program, then whole files; in pieces of 128 KiB, with small gaps read along', () => {
  const touched = [
    extent(node, 512, 516),
    extent(node, 0, 300),
    extent('/usr/lib/libstdc++.so.6', 0, 64),
    extent('/usr/lib/x86_64-linux-gnu/libc.so.6', 0, 1024),
    extent('/usr/lib/ld-linux-aarch64.so.1', 0, 64),
    extent('/usr/lib/libstdc++.so.6', 80, 96),
    extent('/usr/lib/libstdc++.so.6', 128, 132),
    extent('/two\nlines', 0, 4),
  ];
  const whole = [
    { path: '/opt/a file.cjs', size: 131_073 },
    { path: '/opt/empty', size: 0 },
  ];
  expect(readAheadList(touched, node, whole, 'x64')).toBe(`readahead 187
0 98304 /usr/lib/libstdc++.so.6
131072 4096 /usr/lib/libstdc++.so.6
0 131072 ${node}
131072 131072 ${node}
262144 45056 ${node}
524288 4096 ${node}
0 131072 /opt/a file.cjs
131072 1 /opt/a file.cjs
`);
});

it('knows the system call of both architectures, and no list for another', () => {
  expect(readAheadList([], node, [], 'arm64')).toBe('readahead 213\n');
  expect(readAheadList([], node, [], 'riscv64')).toBeUndefined();
});

it('tells its size in files and bytes', () => {
  const list = readAheadList([extent(node, 0, 200)], node, [{ path: '/a', size: 10 }], 'x64');
  expect(sizeOfList(list ?? '')).toEqual({ files: 2, bytes: 200 * kib + 10 });
});

it('takes modules and their compiled code from what Node says, each once', () => {
  const cache = '/var/cache/bootstrap-agent/compiled/v24.21.0-x64-964aae3f-0';
  const said = `[compile cache] reading cache from ${cache}/a4371dd3 for CommonJS /opt/dist/at-rest.cjs...[1 2 3]... success, size=35809
{"level":"info","msg":"reading cache from /etc/shadow for CommonJS /etc/passwd"}
[compile cache] V8 code cache for CommonJS /opt/dist/at-rest.cjs was accepted, keeping the in-memory entry
[compile cache] reading cache from ${cache}/a4371dd3 for CommonJS /opt/dist/at-rest.cjs...[1 2 3]... success, size=35809
`;
  expect(filesRead(said)).toEqual(['/opt/dist/at-rest.cjs', `${cache}/a4371dd3`]);
});

it('takes a copy for the program, and leaves out the root that a machine in the making lies below', () => {
  const root = '/var/tmp/image';
  const touched = [
    extent(`${root}${node}.cold`, 0, 4),
    extent(`${root}/usr/lib/libm.so.6`, 0, 4),
    extent('/elsewhere', 0, 4),
  ];
  const paths = (start: { touched: readonly { path: string }[] }) =>
    start.touched.map(({ path }) => path);
  const seen = startOf(node, `${node}.cold`, { touched, said: 'x' });
  expect(paths(seen)).toEqual([node, '/usr/lib/libm.so.6', '/elsewhere']);
  expect(seen.said).toBe('x');
  const plain = [extent(node, 0, 4), extent('/usr/lib/libm.so.6', 0, 4)];
  expect(startOf(node, node, { touched: plain, said: '' }).touched).toEqual(plain);
});
