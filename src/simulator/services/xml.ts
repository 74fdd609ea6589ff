/** XML as AWS's REST and Query protocols write it. */

/** A list repeats its element; undefined leaves it out. */
export type Xml = string | number | boolean | Date | undefined | readonly Xml[] | XmlElements;
export interface XmlElements {
  readonly [name: string]: Xml;
}

/** A document with one root element, optionally in a namespace. */
export function xmlDocument(root: string, content: Xml, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${escaped(namespace)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${inner(content)}</${root}>`;
}

function element(name: string, content: Xml): string {
  if (content === undefined) return '';
  if (isList(content)) return content.map((item) => element(name, item)).join('');
  return `<${name}>${inner(content)}</${name}>`;
}

function inner(content: Xml): string {
  if (content === undefined) return '';
  if (content instanceof Date) return content.toISOString();
  if (isList(content)) throw new TypeError('A list stands inside a named element');
  if (typeof content !== 'object') return escaped(String(content));
  return Object.entries(content)
    .map(([name, value]) => element(name, value))
    .join('');
}

function isList(content: Xml): content is readonly Xml[] {
  return Array.isArray(content);
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#xD;');
}
