import { describe, expect, it } from 'vitest';
import { circlesIn, comingAfter, inOrder, type Node } from '../../src/plan/graph.ts';
import fc from '../random-examples.ts';

/** Nodes named 0..n-1 with needs anywhere, themselves and unknown ones included. */
const anyGraph: fc.Arbitrary<Node[]> = fc
  .integer({ min: 0, max: 12 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, index) =>
        fc
          .uniqueArray(fc.integer({ min: 0, max: size }), { maxLength: 3 })
          .map((needs): Node => ({ id: String(index), needs: needs.map(String) })),
      ),
    ),
  );
/** Nodes that need only such as stand before them, then shuffled. */
const acyclic: fc.Arbitrary<Node[]> = anyGraph
  .map((nodes) =>
    nodes.map((node) => ({
      ...node,
      needs: node.needs.filter((id) => Number(id) < Number(node.id)),
    })),
  )
  .chain((nodes) => fc.shuffledSubarray(nodes, { minLength: nodes.length }));

describe('the graph of steps', () => {
  it('orders every graph without circles so that needs come first', () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const ordered = inOrder(nodes);
        expect([...ordered].sort(byId)).toEqual([...nodes].sort(byId));
        const place = new Map(ordered.map((node, index) => [node.id, index]));
        for (const node of ordered)
          for (const need of node.needs)
            expect(place.get(need)).toBeLessThan(place.get(node.id) as number);
        expect(circlesIn(nodes)).toEqual([]);
      }),
    );
  });

  it('leaves an order that is right as it is, and orders the same way each time', () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const ordered = inOrder(nodes);
        expect(inOrder(ordered)).toEqual(ordered);
        expect(inOrder([...nodes])).toEqual(ordered);
      }),
    );
  });

  it('finds a circle exactly where some nodes cannot be ordered, and each one found is real', () => {
    fc.assert(
      fc.property(anyGraph, (nodes) => {
        const circles = circlesIn(nodes);
        expect(circles.length > 0).toBe(inOrder(nodes).length < nodes.length);
        for (const circle of circles) {
          expect(circle.length).toBeGreaterThanOrEqual(2);
          expect(circle[0]).toBe(circle.at(-1));
          circle.slice(0, -1).forEach((id, index) => {
            expect(nodes.find((node) => node.id === id)?.needs).toContain(circle[index + 1]);
          });
        }
      }),
    );
  });

  it('finds a circle in every knot', () => {
    const nodes = [
      { id: 'a', needs: ['b'] },
      { id: 'b', needs: ['a'] },
      { id: 'c', needs: ['c', 'a'] },
      { id: 'd', needs: ['nowhere'] },
    ];
    expect(circlesIn(nodes)).toEqual([
      ['a', 'b', 'a'],
      ['c', 'c'],
    ]);
    expect(inOrder(nodes).map(({ id }) => id)).toEqual(['d']);
  });

  it('knows what comes after, through others too', () => {
    const nodes = [
      { id: 'c', needs: ['b'] },
      { id: 'b', needs: ['a'] },
      { id: 'a', needs: [] },
      { id: 'd', needs: [] },
    ];
    expect([...comingAfter(new Set(['a']), nodes)].sort()).toEqual(['b', 'c']);
  });
});

function byId(a: Node, b: Node): number {
  return Number(a.id) - Number(b.id);
}
