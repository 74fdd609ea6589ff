/** The folder of the journals: one for each boot of the kernel, numbered, so that their order does not depend on a clock. */
import type { Files } from '../host/host.ts';

export const journalsDirectory = '/var/lib/bootstrap-agent/journal';

export interface JournalFile {
  readonly path: string;
  /** The instance whose it is, as the folder spells it. */
  readonly instance: string;
  /** The boot id, as the file name spells it. */
  readonly boot: string;
  /** Higher is later; 0 for a file that is not named like a journal. */
  readonly number: number;
}

/** All journals, the latest first: an image taken from an instance brings those of that instance along. */
export async function journalFiles(files: Files): Promise<JournalFile[]> {
  const found: JournalFile[] = [];
  for (const instance of await files.list(journalsDirectory)) {
    for (const name of await files.list(`${journalsDirectory}/${instance}`)) {
      const [, number = '0', boot = ''] = /^(\d{6,})-(.*)\.jsonl$/.exec(name) ?? [];
      const path = `${journalsDirectory}/${instance}/${name}`;
      found.push({ path, instance, boot, number: Number(number) });
    }
  }
  return found.sort((a, b) => b.number - a.number);
}

export function journalFile(instanceId: string, bootId: string, number: number): JournalFile {
  const [instance, boot] = [fileName(instanceId), fileName(bootId)];
  const name = `${String(number).padStart(6, '0')}-${boot}.jsonl`;
  return { path: `${journalsDirectory}/${instance}/${name}`, instance, boot, number };
}

/** Instance ids and boot ids are hexadecimal with dashes; anything else must not become a path. */
function fileName(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '_') || '_';
}
