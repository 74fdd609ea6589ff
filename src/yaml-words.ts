/** What a parser of YAML found, in the words of whoever wrote the text rather than of whoever wrote a parser. */

/** The part of the parser's errors that words are made from. */
interface YamlError {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** One sentence on `error` in `text`, without its place. */
export function yamlFault({ code, message, pos }: YamlError, text: string): string {
  const key = /^[^\s:]+/.exec(text.slice(pos[0]))?.[0] ?? '';
  const words: Readonly<Record<string, string>> = {
    DUPLICATE_KEY: `the key ${JSON.stringify(key)} stands here a second time: join the two`,
    MULTIPLE_DOCS: 'a second document begins here: wanted one; remove the line "---"',
    TAB_AS_INDENT: 'Tabs are not allowed as indentation: use spaces',
    BLOCK_AS_IMPLICIT_KEY:
      'no map can begin here: align this line with the others of its block, and put a value that holds ": " in quotes',
    BAD_INDENT: `${message}: align this line with the others of its block`,
  };
  return `not valid YAML: ${words[code] ?? message}`;
}

/** Why `bytes` are no text that a person wrote, or nothing where they are UTF-8. */
export function notText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // A program or an archive: no editor writes these.
    const binary = text.indexOf('\0');
    return binary < 0 ? undefined : `is no text (a zero byte at offset ${binary})`;
  } catch {
    const utf16 = /^(fffe|feff)/.test(Buffer.from(bytes.subarray(0, 2)).toString('hex'));
    return utf16
      ? 'is UTF-16, wanted UTF-8: save it as UTF-8'
      : 'is not UTF-8 text: save it as UTF-8';
  }
}
