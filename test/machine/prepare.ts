/** Before the first machine test: what they need is there, nothing of a dead run is left, and the image is built. */
import { rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { buildImage, type Image } from './image/image.ts';
import { demandPrerequisites } from './prerequisites.ts';
import { sweepLeftovers } from './sweep.ts';

declare module 'vitest' {
  interface ProvidedContext {
    image: Image;
  }
}

export default async function prepare(project: TestProject): Promise<() => void> {
  demandPrerequisites();
  sweepLeftovers();
  const image = await buildImage();
  project.provide('image', image);
  return () => rmSync(image.folder, { recursive: true, force: true });
}
