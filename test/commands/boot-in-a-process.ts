/** A process that makes one boot of a simulated machine: made to be killed. Argument: a JSON document, see OneBoot. */
import { oneBoot } from './one-boot.ts';

await oneBoot(JSON.parse(process.argv[2] ?? '{}'));
process.exit(0);
