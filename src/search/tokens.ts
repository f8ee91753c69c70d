const NOT_PLAIN = /[^\p{ASCII}]/u;
/** Plural acronyms (`URLs`), acronyms (`HTTP` of `HTTPServer`), words, numbers. */
const PLAIN_WORDS = /[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g;
const WORDS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]+|\p{Lu}{2,}s(?!\p{Ll})|\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|[\p{Lo}\p{Lm}\p{M}]+|\p{Nd}+/gu;
const CJK = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]/u;
/** Names that are also written as one word: `GitHub`, `YouTube`, `s3`, `oauth2`, `k8s`, `2fa`. */
const COMPOUNDS =
  /(?<![A-Za-z0-9])(?:[A-Z][a-z]+[A-Z][a-z]+|[A-Za-z]{1,6}[0-9]{1,4}[A-Za-z]?|[0-9]{1,3}[A-Za-z]{1,6})(?![A-Za-z0-9])/g;

/** More of a word is noise (base64, hashes) and would only fill the vocabulary. */
const MAX_WORD_LENGTH = 40;

/**
 * The words of a text, lower-case and without accents: `createPullRequest2` gives create, pull, request, 2.
 * CJK text, which has no spaces, gives overlapping pairs of signs. Compounds follow at the end, whole.
 */
export function words(text: string): string[] {
  const plain = !NOT_PLAIN.test(text);
  const folded = plain ? text : fold(text);
  const found: string[] = [];
  for (const word of folded.match(plain ? PLAIN_WORDS : WORDS) ?? []) {
    if (!plain && CJK.test(word)) pushPairs(found, word);
    else found.push(word.slice(0, MAX_WORD_LENGTH).toLowerCase());
  }
  for (const compound of folded.match(COMPOUNDS) ?? []) found.push(compound.toLowerCase());
  return found;
}

/** Full-width letters, ligatures and accents are folded; kana and Hangul keep their marks. */
function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC");
}

/** One sign alone is a token too: Chinese and Japanese have words of one sign. */
function pushPairs(found: string[], run: string): void {
  const signs = Array.from(run);
  if (signs.length === 1) found.push(run);
  for (let index = 1; index < signs.length; index++) found.push(`${signs[index - 1]}${signs[index]}`);
}
