// Names and codes as people type them: the same as shared/model/names.py, whose tables stand before this script
// as NAMES. A test compares both.

const IGNORED = new RegExp(NAMES.ignored, "g");
const SPACES = new RegExp(NAMES.spaces, "g");
const BETWEEN_WORDS = new RegExp(NAMES.betweenWords, "g");
const LETTERS = new RegExp(`[${Object.keys(NAMES.letters).join("")}]`, "g");
const trimmed = (text) => text.replace(/^ +| +$/g, "");
const withPlainLetters = (text) => text.replace(LETTERS, (letter) => NAMES.letters[letter]);

function fold(text) {
  const apart = withPlainLetters(text).normalize("NFKD");
  return trimmed(withPlainLetters(apart.replace(IGNORED, "").toLowerCase()).replace(SPACES, " "));
}

function wordsOf(text) {
  return trimmed(fold(text).replaceAll("'", "").replace(BETWEEN_WORDS, " "));
}

function nameKey(text) {
  const [last, first, ...more] = text.split(",");
  return wordsOf(first !== undefined && more.length === 0 ? `${first} ${last}` : text) || fold(text);
}

const LANGUAGE = navigator.language.split("-")[0].toLowerCase();

function sortKey(text, language = LANGUAGE) {
  const order = NAMES.orders[language];
  const placed = order ? text.normalize("NFC").replace(new RegExp(NAMES.orderPatterns[language], "g"), (found) => order[found]) : text;
  return wordsOf(placed).replace(/[0-9]+/g, (number) => number.replace(/^0+/, "").padStart(NAMES.digits, "0"));
}

function compareTexts(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

function hasWords(text, search) {
  const wanted = wordsOf(search);
  const words = wanted && wordsOf(text);
  return wanted.split(" ").every((word) => words.includes(word));
}

function codePattern(typed) {
  const plain = fold(typed).replace(BETWEEN_WORDS, "").toUpperCase();
  const parts = [...plain].map((character) => NAMES.codeCharacters[character]);
  return parts.includes(undefined) ? "" : parts.join("");
}
