/** Writes docs/faults.md anew, from what the agent prints. */
import { writeFileSync } from 'node:fs';
import { playedFaults } from '../test/docs/played-faults.ts';

writeFileSync('docs/faults.md', await playedFaults());
