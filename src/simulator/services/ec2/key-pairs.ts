/** Key pairs of simulated EC2: really made, so that what a client is given opens what an instance was given. */
import type { QueryInput } from '../query.ts';
import type { XmlElements } from '../xml.ts';
import { filtersOf, passesAll } from './filters.ts';
import type { Ids } from './ids.ts';
import { fingerprintOfImported, generateKey, type KeyType } from './key-material.ts';
import { notFound, parameter, refused, wrongValue } from './refusals.ts';
import { type Tags, tagsFor } from './tags.ts';

export interface KeyPair {
  readonly id: string;
  readonly name: string;
  readonly type: KeyType;
  readonly fingerprint: string;
  /** In the form of authorized_keys. */
  readonly openssh: string;
}

export class KeyPairs {
  readonly #ids: Ids;
  readonly #tags: Tags;
  readonly #pairs = new Map<string, KeyPair>();

  constructor(ids: Ids, tags: Tags) {
    this.#ids = ids;
    this.#tags = tags;
  }

  /** By name. */
  get(name: string): KeyPair {
    const pair = this.#pairs.get(name);
    if (pair !== undefined) return pair;
    throw refused('InvalidKeyPair.NotFound', `The key pair '${name}' does not exist`);
  }

  /** By id; as the target of tags. */
  has(id: string): boolean {
    return [...this.#pairs.values()].some((pair) => pair.id === id);
  }

  create(input: QueryInput): XmlElements {
    const type = input.text('KeyType') ?? 'rsa';
    if (type !== 'rsa' && type !== 'ed25519')
      throw wrongValue(`Invalid value '${type}' for keyType`);
    if ((input.text('KeyFormat') ?? 'pem') !== 'pem')
      throw wrongValue('The simulated EC2 gives keys in the format pem alone');
    const key = generateKey(type);
    const pair = this.#add(input, { type, ...key });
    return { ...this.#xml(pair), keyMaterial: key.privateKey };
  }

  import(input: QueryInput): XmlElements {
    const openssh = Buffer.from(parameter(input, 'PublicKeyMaterial'), 'base64').toString().trim();
    const type = { 'ssh-rsa': 'rsa', 'ssh-ed25519': 'ed25519' }[openssh.split(' ')[0] ?? ''];
    if (type !== 'rsa' && type !== 'ed25519')
      throw refused('InvalidKey.Format', 'Key is not in valid OpenSSH public key format');
    const pair = this.#add(input, { type, openssh, fingerprint: fingerprintOfImported(openssh) });
    return this.#xml(pair);
  }

  /** One that does not exist is deleted too (EC2 API reference, DeleteKeyPair). */
  delete(input: QueryInput): XmlElements {
    const id = input.text('KeyPairId');
    const pair = [...this.#pairs.values()].find((one) =>
      id === undefined ? one.name === parameter(input, 'KeyName') : one.id === id,
    );
    if (pair !== undefined) {
      this.#pairs.delete(pair.name);
      this.#tags.forget(pair.id);
    }
    return { return: true, keyPairId: pair?.id };
  }

  describe(input: QueryInput): XmlElements {
    const names = input.list('KeyName');
    for (const name of names) this.get(name);
    const ids = input.list('KeyPairId');
    const unknown = ids.filter((id) => !this.has(id));
    if (unknown.length > 0) throw notFound(...unknown);
    const filters = filtersOf(input);
    const found = [...this.#pairs.values()].filter(
      ({ id, name, fingerprint }) =>
        (names.length === 0 || names.includes(name)) &&
        (ids.length === 0 || ids.includes(id)) &&
        passesAll(filters, { 'key-name': name, 'key-pair-id': id, fingerprint }, this.#tags.of(id)),
    );
    return { keySet: { item: found.map((pair) => this.#xml(pair)) } };
  }

  #add(input: QueryInput, key: Pick<KeyPair, 'type' | 'openssh' | 'fingerprint'>): KeyPair {
    const name = parameter(input, 'KeyName');
    if (this.#pairs.has(name))
      throw refused('InvalidKeyPair.Duplicate', `The keypair already exists: ${name}`);
    const { type, openssh, fingerprint } = key;
    const pair = { id: this.#ids.next('key'), name, type, openssh, fingerprint };
    this.#pairs.set(name, pair);
    this.#tags.put(pair.id, tagsFor(input, 'key-pair'));
    return pair;
  }

  #xml({ id, name, type, fingerprint }: KeyPair): XmlElements {
    return {
      keyName: name,
      keyPairId: id,
      keyFingerprint: fingerprint,
      keyType: type,
      tagSet: this.#tags.xml(id),
    };
  }
}
