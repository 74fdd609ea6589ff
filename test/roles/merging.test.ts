/** Merging of layers: the rules of docs/roles.md, as properties. */

import { describe, expect, it } from 'vitest';
import {
  dataOf,
  emptyLayer,
  type Layer,
  layerOf,
  mergeLayers,
  originsOf,
  withAlternatives,
} from '../../src/roles/layer.ts';
import { YamlDocument } from '../../src/roles/yaml-document.ts';
import fc from '../random-examples.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd');
const leaf = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.array(fc.integer(), { maxLength: 2 }),
);
const { fragment } = fc.letrec<{ fragment: Record<string, unknown> }>((tie) => ({
  fragment: fc.dictionary(
    key,
    fc.oneof({ depthSize: 'small', maxDepth: 3 }, leaf, fc.constant(null), tie('fragment')),
    { maxKeys: 4 },
  ),
}));

const layer = (data: unknown, source = 'test'): Layer =>
  layerOf(data, { keyPlace: () => ({ source }), valuePlace: () => ({ source }) });
const merged = (...fragments: unknown[]) =>
  dataOf(fragments.map((data) => layer(data)).reduce(mergeLayers, emptyLayer('test')));
const whole = fragment.map((data) => dataOf(layer(data)));

describe('merging', () => {
  it('an empty fragment changes nothing, on either side', () => {
    fc.assert(
      fc.property(fragment, (a) => {
        expect(merged(a, {})).toEqual(merged(a));
        expect(merged({}, a)).toEqual(merged(a));
      }),
    );
  });

  it('may be grouped in any way along its order', () => {
    fc.assert(
      fc.property(fragment, fragment, fragment, (a, b, c) => {
        const [x, y, z] = [layer(a), layer(b), layer(c)];
        const left = mergeLayers(mergeLayers(x, y), z);
        const right = mergeLayers(x, mergeLayers(y, z));
        expect(dataOf(left)).toEqual(dataOf(right));
        expect([...originsOf(left).keys()].sort()).toEqual([...originsOf(right).keys()].sort());
      }),
      { numRuns: 500 },
    );
  });

  it('the same fragment twice is the same as once', () => {
    fc.assert(
      fc.property(fragment, fragment, (a, b) => {
        expect(merged(a, b, b)).toEqual(merged(a, b));
      }),
    );
  });

  it('the last fragment wins wherever it holds a scalar or a list', () => {
    fc.assert(
      fc.property(fragment, key, leaf, (a, name, value) => {
        expect(merged(a, { [name]: value })).toMatchObject({ [name]: value });
      }),
    );
  });

  it('null removes a key, and nothing else', () => {
    fc.assert(
      fc.property(whole, key, (a, name) => {
        const { [name]: _, ...rest } = a as Record<string, unknown>;
        expect(merged(a, { [name]: null })).toEqual(rest);
      }),
    );
  });

  it('keys that only one side has are kept', () => {
    expect(merged({ a: { x: 1 } }, { a: { y: 2 }, b: 3 })).toEqual({ a: { x: 1, y: 2 }, b: 3 });
  });

  it('what was removed can be set again, without what it was before', () => {
    expect(merged({ a: { x: 1 } }, { a: null }, { a: { y: 2 } })).toEqual({ a: { y: 2 } });
  });

  it('a list is replaced, not joined', () => {
    expect(merged({ a: [1, 2] }, { a: [3] })).toEqual({ a: [3] });
  });

  it('setting an alternative takes the place of the others', () => {
    const files = (entry: object) => withAlternatives(layer({ files: { '/a': entry } }));
    const both = mergeLayers(files({ content: 'x', mode: '0600' }), files({ template: 't' }));
    expect(dataOf(both)).toEqual({ files: { '/a': { template: 't', mode: '0600' } } });
    const back = mergeLayers(both, files({ content: 'y' }));
    expect(dataOf(back)).toEqual({ files: { '/a': { content: 'y', mode: '0600' } } });
    expect(originsOf(back).get('files./a.content')?.replaced).toEqual([
      { value: 'x', at: { source: 'test' } },
    ]);
  });

  it('touching another key of an entry leaves its alternative alone', () => {
    const probes = (entry: object) => withAlternatives(layer({ probes: { web: entry } }));
    const slower = mergeLayers(probes({ tcp: { port: 80 } }), probes({ interval: 9 }));
    expect(dataOf(slower)).toEqual({ probes: { web: { tcp: { port: 80 }, interval: 9 } } });
    const other = mergeLayers(slower, probes({ command: 'true' }));
    expect(dataOf(other)).toEqual({ probes: { web: { command: 'true', interval: 9 } } });
  });
});

describe('origins', () => {
  it('say who set each value, where, and what it replaced, latest first', () => {
    const layers = ['base', 'shop', 'user data'].map((name, index) =>
      layerOf(
        { sysctl: { 'net.core.somaxconn': index } },
        new YamlDocument(`sysctl:\n  net.core.somaxconn: ${index}`, name),
      ),
    );
    const origins = originsOf(layers.reduce(mergeLayers, emptyLayer('none')));
    const at = (name: string) => ({
      source: name,
      line: 2,
      column: 23,
      text: { line: 2, column: 23 },
    });
    expect(origins.get('sysctl.net.core.somaxconn')).toEqual({
      value: 2,
      at: at('user data'),
      replaced: [
        { value: 1, at: at('shop') },
        { value: 0, at: at('base') },
      ],
    });
  });

  it('cover an empty map, and forget what was removed', () => {
    const origins = originsOf(
      mergeLayers(layer({ users: { app: {}, old: {} } }), layer({ users: { old: null } })),
    );
    expect([...origins.keys()]).toEqual(['users.app']);
  });

  it('there is one for every leaf, with its value', () => {
    fc.assert(
      fc.property(fragment, fragment, (a, b) => {
        const result = mergeLayers(layer(a), layer(b));
        const find = (data: unknown, path: string): unknown =>
          path
            .split('.')
            .reduce((at, step) => (at as Record<string, unknown>)[step], data as unknown);
        for (const [path, origin] of originsOf(result)) {
          if (path !== '') expect(find(dataOf(result), path)).toEqual(origin.value);
        }
      }),
    );
  });
});
