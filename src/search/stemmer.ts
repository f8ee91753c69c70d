/**
 * The stem of a lower-case English word after M. F. Porter, "An algorithm for suffix stripping" (1980), so that
 * "connected" and "connections" meet. Words with anything but a–z, and words of one or two letters, stay as they are.
 */
export function stem(word: string): string {
  if (word.length < 3 || !/^[a-z]+$/.test(word)) return word;
  let stemmed = stripPlural(word);
  stemmed = stripPast(stemmed);
  if (stemmed.endsWith("y") && hasVowel(stemmed, stemmed.length - 1)) stemmed = `${stemmed.slice(0, -1)}i`;
  stemmed = replaceSuffix(stemmed, DOUBLE_SUFFIXES, 1);
  stemmed = replaceSuffix(stemmed, SINGLE_SUFFIXES, 1);
  stemmed = dropSuffix(stemmed);
  return tidyEnd(stemmed);
}

type Rule = readonly [suffix: string, replacement: string];

/** Step 2 of the paper; a longer suffix stands before a shorter one that it ends with. */
const DOUBLE_SUFFIXES: readonly Rule[] = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["abli", "able"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
];

/** Step 3. */
const SINGLE_SUFFIXES: readonly Rule[] = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
];

/** Step 4: dropped where enough word is left; "ion" only after s or t. */
const DROPPED_SUFFIXES: readonly string[] = [
  "ement",
  "ance",
  "ence",
  "able",
  "ible",
  "ment",
  "ant",
  "ent",
  "ion",
  "ism",
  "ate",
  "iti",
  "ous",
  "ive",
  "ize",
  "al",
  "er",
  "ic",
  "ou",
];

/** Step 1a. */
function stripPlural(word: string): string {
  if (word.endsWith("sses") || word.endsWith("ies")) return word.slice(0, -2);
  return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}

/** Step 1b. */
function stripPast(word: string): string {
  if (word.endsWith("eed")) return measure(word, word.length - 3) > 0 ? word.slice(0, -1) : word;
  const cut = word.endsWith("ed") ? 2 : word.endsWith("ing") ? 3 : 0;
  if (cut === 0 || !hasVowel(word, word.length - cut)) return word;
  return mendCut(word.slice(0, -cut));
}

/** What "hopp(ing)", "fil(ing)" and "conflat(ed)" lack or have too much. */
function mendCut(rest: string): string {
  if (rest.endsWith("at") || rest.endsWith("bl") || rest.endsWith("iz")) return `${rest}e`;
  if (endsWithDouble(rest) && !/[lsz]$/.test(rest)) return rest.slice(0, -1);
  return measure(rest, rest.length) === 1 && endsWithCvc(rest) ? `${rest}e` : rest;
}

/** The first rule whose suffix fits decides, even when too little word is left for it to apply. */
function replaceSuffix(word: string, rules: readonly Rule[], minimum: number): string {
  for (const [suffix, replacement] of rules) {
    if (!word.endsWith(suffix)) continue;
    const length = word.length - suffix.length;
    return measure(word, length) >= minimum ? word.slice(0, length) + replacement : word;
  }
  return word;
}

function dropSuffix(word: string): string {
  for (const suffix of DROPPED_SUFFIXES) {
    if (!word.endsWith(suffix)) continue;
    const length = word.length - suffix.length;
    const applies = measure(word, length) > 1 && (suffix !== "ion" || /[st]$/.test(word.slice(0, length)));
    return applies ? word.slice(0, length) : word;
  }
  return word;
}

/** Step 5: a final e, and one of two final l. */
function tidyEnd(word: string): string {
  let tidy = word;
  if (tidy.endsWith("e")) {
    const rest = tidy.slice(0, -1);
    const syllables = measure(rest, rest.length);
    if (syllables > 1 || (syllables === 1 && !endsWithCvc(rest))) tidy = rest;
  }
  return tidy.endsWith("ll") && measure(tidy, tidy.length) > 1 ? tidy.slice(0, -1) : tidy;
}

function isVowel(word: string, index: number): boolean {
  switch (word.charCodeAt(index)) {
    case 97: // a
    case 101: // e
    case 105: // i
    case 111: // o
    case 117: // u
      return true;
    case 121: // y, a vowel after a consonant
      return index > 0 && !isVowel(word, index - 1);
    default:
      return false;
  }
}

function hasVowel(word: string, length: number): boolean {
  for (let index = 0; index < length; index++) if (isVowel(word, index)) return true;
  return false;
}

/** The paper's m: how many times a vowel run is followed by a consonant run within the first `length` letters. */
function measure(word: string, length: number): number {
  let count = 0;
  let afterVowel = false;
  for (let index = 0; index < length; index++) {
    const vowel = isVowel(word, index);
    if (afterVowel && !vowel) count++;
    afterVowel = vowel;
  }
  return count;
}

function endsWithDouble(word: string): boolean {
  const last = word.length - 1;
  return last > 0 && word[last] === word[last - 1] && !isVowel(word, last);
}

/** The paper's *o: consonant, vowel, consonant, and the last is not w, x or y. */
function endsWithCvc(word: string): boolean {
  const last = word.length - 1;
  return (
    last > 1 &&
    !isVowel(word, last) &&
    isVowel(word, last - 1) &&
    !isVowel(word, last - 2) &&
    !/[wxy]$/.test(word)
  );
}
