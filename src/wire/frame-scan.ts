/** Where one member of a JSON object stands in its text: the decoded key, and the bounds of the value. */
export interface Member {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The members of the object that `bytes` hold, in order, duplicates included. The bytes must be known to be a valid JSON object. */
export function scanMembers(bytes: Buffer): Member[] {
  const members: Member[] = [];
  let at = skipSpace(bytes, bytes.indexOf(0x7b) + 1);
  while (bytes[at] === QUOTE) {
    const keyEnd = closingQuote(bytes, at) + 1;
    const key = JSON.parse(bytes.toString("utf8", at, keyEnd)) as string;
    const start = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1);
    const end = valueEnd(bytes, start);
    members.push({ key, start, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === 0x2c) at = skipSpace(bytes, at + 1);
  }
  return members;
}

function skipSpace(bytes: Buffer, at: number): number {
  let next = at;
  while (isSpace(bytes[next])) next++;
  return next;
}

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function valueEnd(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return closingQuote(bytes, start) + 1;
  if (first === 0x7b || first === 0x5b) return containerEnd(bytes, start);
  let end = start;
  while (end < bytes.length && !isDelimiter(bytes[end])) end++;
  return end;
}

function isDelimiter(byte: number | undefined): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 0x5d || isSpace(byte);
}

function containerEnd(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = closingQuote(bytes, i);
    else if (byte === 0x7b || byte === 0x5b) depth++;
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return i + 1;
  }
  return bytes.length;
}

/** `indexOf` is native: long strings, the bulk of most results, cost next to nothing. */
function closingQuote(bytes: Buffer, open: number): number {
  let end = bytes.indexOf(QUOTE, open + 1);
  while (end !== -1 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
  return end === -1 ? bytes.length : end;
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let slashes = 0;
  while (bytes[at - 1 - slashes] === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}
