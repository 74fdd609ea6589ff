/** Unpacking: an archive on its way into a tree, every member judged before it is made. */
import type { Ownership, TreeWriter } from '../../../host/host.ts';
import type { ArtifactStep } from '../../step.ts';
import { Admission, type AdmissionRules } from './admission.ts';
import { type Decoder, decoderFor } from './decoder.ts';
import type { Member, MemberTaker } from './member.ts';
import { TarReader } from './tar-reader.ts';

/** Makes the members it takes, as far as the rules admit them; throws ConfigError for one that is refused. */
export class Unpacking implements MemberTaker {
  readonly #tree: TreeWriter;
  readonly #admission: Admission;
  #open = false;

  constructor(tree: TreeWriter, rules: AdmissionRules) {
    this.#tree = tree;
    this.#admission = new Admission(rules);
  }

  member(member: Member): void {
    const admitted = this.#admission.admit(member);
    this.#open = admitted?.type === 'file';
    if (admitted === undefined) return;
    const { path } = admitted;
    if (admitted.type === 'file') {
      this.#tree.file(path, admitted.mode, admitted.size, admitted.modified);
    } else if (admitted.type === 'directory') this.#tree.directory(path, admitted.mode);
    else if (admitted.type === 'symlink') this.#tree.symlink(path, admitted.target);
    else this.#tree.hardlink(path, admitted.existing);
  }

  content(bytes: Uint8Array): void {
    if (this.#open) this.#tree.write(bytes);
  }

  /** Judges the archive as a whole and gives the tree to its owner. */
  async finish(ownership: Ownership): Promise<void> {
    this.#admission.finish();
    await this.#tree.finish(ownership);
  }

  abandon(): void {
    this.#tree.abandon();
  }
}

/** A tar stream, compressed or not, that is unpacked as its bytes come. */
export class TarStream {
  readonly #reader: TarReader;
  readonly #decoder: Decoder | undefined;

  constructor(format: StreamedFormat, taker: MemberTaker) {
    const reader = new TarReader(taker);
    this.#reader = reader;
    const encoding = format === 'tar.gz' ? 'gzip' : 'zstd';
    this.#decoder =
      format === 'tar' ? undefined : decoderFor(encoding, (piece) => reader.push(piece));
  }

  /** Takes the next bytes of the object, which may be reused when this returns or the promise it gives is resolved. */
  push(bytes: Buffer): Promise<void> | undefined {
    // As GNU tar does: what follows the end of the archive is not looked at, however much it would inflate to.
    if (this.#reader.ended) return undefined;
    if (this.#decoder !== undefined) return this.#decoder.push(bytes);
    this.#reader.push(bytes);
    return undefined;
  }

  async end(): Promise<void> {
    if (this.#reader.ended) this.abandon();
    else {
      await this.#decoder?.end();
      this.#reader.end();
    }
  }

  abandon(): void {
    this.#decoder?.abandon();
  }
}

/** The formats that are unpacked from front to back, while they are being downloaded. */
export type StreamedFormat = 'tar' | 'tar.gz' | 'tar.zst';

export function isStreamed(format: ArtifactStep['format']): format is StreamedFormat {
  return format === 'tar' || format === 'tar.gz' || format === 'tar.zst';
}
