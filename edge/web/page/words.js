// The page's own texts. The agent makes them from its catalogue, one set for each language; the cashier's prompts come with
// the lane.

import { NAMES, TEXTS } from "./texts.js";

const LANGUAGES = Object.keys(TEXTS);

let language =
  localStorage.getItem("language") ?? LANGUAGES.find((known) => navigator.language.startsWith(known)) ?? LANGUAGES[0];
if (!(language in TEXTS)) language = LANGUAGES[0];

/** The language that the page's button changes to. */
export const otherLanguage = () => LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];

export const nameOf = (chosen) => NAMES[chosen];

/** A text of the page in the current language. values: replace the names in braces. */
export function translate(key, values = {}) {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** A number of years with the right plural: 21 год, 23 года, 25 лет. */
export const years = (number) => TEXTS[language].years[number];

/** A text that the agent sent in both languages, in the current one. */
export const inLanguage = (texts) => texts[language];

export const formatted = (number, digits) =>
  number.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** A time of day. */
export const timeOf = (date) => date.toLocaleTimeString(language === "en" ? "en-GB" : language);

/** A day and a time of day. */
export const dayAndTime = (date) =>
  date.toLocaleString(language === "en" ? "en-GB" : language, { dateStyle: "medium", timeStyle: "short" });

export function setLanguage(chosen) {
  language = chosen;
  localStorage.setItem("language", chosen);
  labelPage();
}

/** Put the texts into all elements of index.html that name one. */
export function labelPage() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = translate(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = translate(element.dataset.label);
  for (const element of document.querySelectorAll("[data-alt]")) element.alt = translate(element.dataset.alt);
}
