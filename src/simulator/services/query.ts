/** The Query protocol of Auto Scaling, Elastic Load Balancing and (its own dialect) EC2: form fields in, XML out. */
import type { Answer, Refusal } from '../faulty.ts';
import type { SimulatedRequest } from './request.ts';
import { type Reply, ServiceError } from './service.ts';
import { type Xml, type XmlElements, xmlDocument } from './xml.ts';

/** URLSearchParams, or a part of them. */
type Fields = Iterable<[string, string]> & { get(name: string): string | null | undefined };

export class QueryInput {
  readonly #fields: Fields;

  constructor(from: SimulatedRequest | ReadonlyMap<string, string>) {
    this.#fields = 'body' in from ? new URLSearchParams(from.body.toString('utf8')) : new Map(from);
  }

  get action(): string {
    return this.#fields.get('Action') ?? 'Unknown';
  }

  /** A field that is sent empty, as tools send what they were not given, is absent. */
  text(name: string): string | undefined {
    return this.#fields.get(name) || undefined;
  }

  /** A field without which the operation is refused. */
  required(name: string): string {
    const value = this.text(name);
    if (value) return value;
    throw new ServiceError(
      400,
      'ValidationError',
      `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
    );
  }

  /** `Names.member.1`, `Names.member.2`, ...: give `Names.member`. */
  list(prefix: string): string[] {
    return this.structures(prefix).flatMap((one) => one.get('') ?? []);
  }

  /** `Tag.1.Key`, ...: each numbered structure as an input of its own. */
  parts(prefix: string): QueryInput[] {
    return this.structures(prefix).map((fields) => new QueryInput(fields));
  }

  /** `Filter.1.Name`, ...: the fields of each numbered structure, by the rest of their name. */
  structures(prefix: string): Map<string, string>[] {
    const found = new Map<number, Map<string, string>>();
    for (const [name, value] of this.#fields) {
      if (!name.startsWith(`${prefix}.`)) continue;
      const [number = '', ...rest] = name.slice(prefix.length + 1).split('.');
      const structure = found.get(Number(number)) ?? new Map<string, string>();
      structure.set(rest.join('.'), value);
      found.set(Number(number), structure);
    }
    return [...found].sort(([a], [b]) => a - b).map(([, structure]) => structure);
  }
}

/** `<ActionResponse><ActionResult>...</ActionResult></ActionResponse>`. */
export function queryReply(action: string, result: Xml, namespace: string): Reply {
  const document: XmlElements = {
    [`${action}Result`]: result,
    ResponseMetadata: { RequestId: 'simulated' },
  };
  return xmlReply(xmlDocument(`${action}Response`, document, namespace));
}

export function queryRefusal({ status, code, message }: Refusal): Answer {
  const error = {
    Type: status >= 500 ? 'Receiver' : 'Sender',
    Code: code ?? (status >= 500 ? 'ServiceUnavailable' : 'Throttling'),
    Message: message ?? 'Rate exceeded (simulated)',
  };
  return {
    ...xmlReply(xmlDocument('ErrorResponse', { Error: error, RequestId: 'simulated' })),
    status,
  };
}

export function xmlReply(body: string): Reply {
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}

/** How Query services refuse a caller (common errors of the Auto Scaling and ELB API references). */
export const queryRefusals = {
  unsigned: { status: 403, code: 'MissingAuthenticationToken' },
  stranger: { status: 403, code: 'InvalidClientTokenId' },
  skewed: { status: 400, code: 'RequestExpired' },
  denied: { status: 403, code: 'AccessDenied' },
} as const;
