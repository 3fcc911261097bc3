// @ts-check
// Asks pagefind's index for what is typed. The index comes with the first letter, not before, and
// everything it says is put into the page as text.

/** @typedef {{ id: string, element: string, text: string, location: number }} Anchor */
/** @typedef {{ url: string, content: string, meta: Record<string, string>, anchors: Anchor[], weighted_locations: { weight: number, balanced_score: number, location: number }[] }} Page */
/** @typedef {{ id: string, words: number[], data: () => Promise<Page> }} Result */
/** @typedef {{ options: (options: object) => Promise<void>, mergeIndex: (folder: string, options: object) => Promise<void>, search: (words: string) => Promise<{ results: Result[] }> }} Pagefind */
/** What is valid of an index and of the newer one beside it, if there is one.
 * @typedef {{ newer: boolean, search: (words: string) => Promise<Result[]> }} Index */

const AT_ONCE = 10;
const PAUSE_MS = 150; // Between two letters of somebody who types, and less than anybody waits.
const BEFORE = 6; // Words of an excerpt before what was found, and as many thereafter as fill two lines.
const AFTER = 24;
const MAX_PLACES = 3;
const JOINT = ":/: "; // Stands where a page has no space between two words: formats/search_index.py.
// Characters of Chinese and Japanese, each a word in the index: plugins/presentation/reading.py.
const IDEOGRAPH =
  /[\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\u{20000}-\u{3ffff}]/gu;
const RUN = new RegExp(`${IDEOGRAPH.source}+`, "gu");

const form = /** @type {HTMLFormElement} */ (document.querySelector("form.search"));
const field = /** @type {HTMLInputElement} */ (form.querySelector("[type=search]"));
const state = /** @type {HTMLElement} */ (document.querySelector(".search-status"));
const list = /** @type {HTMLElement} */ (document.querySelector(".search-results"));
const more = /** @type {HTMLElement} */ (document.querySelector(".search-more"));
// English of no country: the day before the month, as the theme writes it.
const { lang } = document.documentElement;
const day = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, {
  dateStyle: "long",
  timeZone: "UTC",
});

/** @type {Promise<Index> | undefined} */
let loaded;
/** @type {Result[]} */
let waiting = [];
let asked = "";

/** @returns {Promise<Index>} */
const load = async () => {
  const folder = form.dataset.index;
  /** @type {[Pagefind, Response]} */
  const [found, response] = await Promise.all([
    import(`${folder}pagefind.js`),
    fetch(`${folder}changes.json`),
  ]);
  const { newer, stale } = await response.json();
  await found.options({ baseUrl: form.dataset.base });
  if (newer) await found.mergeIndex(`${folder}newer/`, { baseUrl: form.dataset.base });
  /** @param {string} words */
  const search = async (words) =>
    (await found.search(words)).results.filter((each) => !(each.id in stale));
  return { newer, search };
};

const index = () => {
  loaded ??= load();
  loaded.catch(() => {
    loaded = undefined;
  });
  return loaded;
};

/** Whether a result is of the index of what is newer: its pages' ids say so. @param {Result} result */
const isNewer = (result) => result.id.includes("-newer_");

/** @param {string} text */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();

/** A word without what stands around it. @param {string | undefined} word */
const bare = (word = "") => plain(word).replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");

/** The word by which a page was found. @param {Result} result */
const wordOf = async (result) => {
  const page = await result.data();
  return bare(wordsOf(page)[page.weighted_locations[0]?.location ?? -1]);
};

/** @param {string} one @param {string} other */
const shared = (one, other) => {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
};

/**
 * Which of two indexes know a word, as one index of all pages would.
 *
 * Where an index has no word that begins like the one asked for, pagefind takes the longest of its words
 * with which that begins instead, and where it has none leaves it out of the question. It must not do so
 * for the sake of one index what the other knows better.
 * @param {Index} index @param {string} word @returns {Promise<boolean[]>} of the whole site's, and of the newer one
 */
const known = async ({ search }, word) => {
  /** @param {string} words */
  const asked = async (words) => {
    const results = await search(words);
    return [results.filter((each) => !isNewer(each)), results.filter(isNewer)];
  };
  const found = await asked(word);
  if (found.some((each) => each.length === 0)) return found.map((each) => each.length > 0);
  const exact = await asked(`"${word}"`);
  if (exact.every((each) => each.length > 0)) return [true, true];
  const grade = async (/** @type {number} */ side) => {
    if (exact[side]?.length) return Number.POSITIVE_INFINITY;
    const begins = await wordOf(/** @type {Result} */ (found[side]?.[0]));
    const letters = shared(begins, plain(word));
    if (letters === plain(word).length) return Number.POSITIVE_INFINITY;
    const other = exact[1 - side] ?? [];
    if (other.length === 0) return letters;
    // Another form of the word, or only its beginning? Then what begins so includes the word itself.
    const ids = new Set((await search(begins)).map((each) => each.id));
    return other.every((each) => ids.has(each.id)) ? letters : Number.POSITIVE_INFINITY;
  };
  const grades = [await grade(0), await grade(1)];
  return grades.map((each) => each === Math.max(...grades));
};

/**
 * Where ideographs stand together, in whatever pages: by their ids, the places of all of them.
 *
 * Pagefind can be asked for a phrase, but loses it where a page has one of its letters with and without an accent,
 * which kana have.
 * @param {Index} index @param {string} run @returns {Promise<Map<string, Set<number>>>}
 */
const standing = async ({ search }, run) => {
  const found = await Promise.all([...run].map(search));
  const all = found.map((results) => new Map(results.map((each) => [each.id, each.words])));
  /** @type {Map<string, Set<number>>} */
  const pages = new Map();
  for (const { id, words } of found[0] ?? []) {
    const places = all.map((each) => new Set(each.get(id)));
    const whole = words.filter((at) => places.every((each, n) => each.has(at + n)));
    if (whole.length) pages.set(id, new Set(whole.flatMap((at) => places.map((_, n) => at + n))));
  }
  return pages;
};

/** The pages that an index of all of them would find. @param {string} question */
const find = async (question) => {
  const both = await index();
  const runs = question.match(RUN) ?? [];
  if (/^".+"$/.test(question) && runs.length === 0) return both.search(question);
  const where = await Promise.all(runs.map((run) => standing(both, run)));
  const rest = question.replace(RUN, " ").trim();
  const spoken = /^th\b/.test(lang) && "Segmenter" in Intl;
  const words = spoken
    ? [...new Intl.Segmenter(lang, { granularity: "word" }).segment(rest)]
        .filter((each) => each.isWordLike)
        .map((each) => each.segment)
    : (rest.match(/[^\s"]+/g) ?? []);
  // Which of them knows a word is a question only where there are two.
  const asked = await Promise.all(
    words.map(async (word) => ({ word, by: both.newer ? await known(both, word) : [true] })),
  );
  // A word that nothing has is not asked for: one that only stood in what has changed would be.
  const left = asked.filter(({ by }) => by.includes(true));
  const all = [...left.map(({ word }) => word), ...runs.flatMap((run) => [...run])];
  if (all.length === 0) return [];
  const results = await both.search(all.join(" "));
  return results
    .filter(
      (each) =>
        left.every(({ by }) => by[isNewer(each) ? 1 : 0]) &&
        where.every((pages) => pages.has(each.id)),
    )
    .map((each) => ({ ...each, data: async () => asAsked(await each.data(), where, each.id) }));
};

/**
 * @param {string} name
 * @param {string} text
 * @param {Record<string, string>} attributes
 */
const element = (name, text = "", attributes = {}) => {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

/** A page's words, as the index counts them. @param {Page} page */
const wordsOf = (page) => page.content.split(" ");

/** Words as they stand in the page. @param {string[]} words */
const joined = (words) => `${words.join(" ")} `.replaceAll(JOINT, "");

/** A page, of its ideographs those that stand together as they were asked for.
 * @param {Page} page @param {Map<string, Set<number>>[]} where @param {string} id
 */
const asAsked = (page, where, id) => {
  const words = wordsOf(page);
  const weighted_locations = page.weighted_locations.filter(
    ({ location }) =>
      where.some((pages) => pages.get(id)?.has(location)) || !words[location]?.match(IDEOGRAPH),
  );
  return { ...page, weighted_locations };
};

/** The words around a place, with those that were asked for marked.
 * @param {Page} page @param {number} from @param {number} end @param {number} at
 */
const excerpt = (page, from, end, at) => {
  const words = wordsOf(page);
  const found = new Set(page.weighted_locations.map((each) => each.location));
  const last = Math.min(words.length, end);
  const room = (/** @type {number} */ n) => (words[n]?.match(IDEOGRAPH) ? 0.5 : 1);
  let start = at;
  let stop = at;
  for (let left = BEFORE; start > from && left > 0; left -= room(start)) start--;
  for (let left = AFTER; stop < last && left > 0; left -= room(stop - 1)) stop++;
  const piece = document.createDocumentFragment();
  if (start > from) piece.append("… ");
  for (let n = start, next = n; n < stop; n = next) {
    while (next < stop && found.has(next) === found.has(n)) next++;
    const text = joined(words.slice(n, next));
    if (!found.has(n)) piece.append(text);
    else piece.append(element("mark", text.trimEnd()), text.endsWith(" ") ? " " : "");
  }
  if (stop < last) piece.append("…");
  return piece;
};

/** Where in a page something was found: in its text, or in which comments, the best first.
 * @param {Page} page
 */
const places = (page) => {
  const comments = page.anchors
    .filter((each) => each.id.startsWith("comment-"))
    .sort((one, other) => one.location - other.location);
  /** @type {Map<string, { id: string, from: number, end: number, at: number, score: number }>} */
  const found = new Map();
  const title = page.meta.title?.split(" ").length ?? 0;
  for (const { location, balanced_score } of page.weighted_locations) {
    if (location < title) continue; // It stands above the excerpt already.
    const next = comments.findIndex((each) => each.location > location);
    const own = comments[next < 0 ? comments.length - 1 : next - 1];
    const id = own?.id ?? "";
    const known = found.get(id);
    const from = own?.location ?? title;
    const end = next < 0 ? Number.POSITIVE_INFINITY : (comments[next]?.location ?? 0);
    if (!known) found.set(id, { id, from, end, at: location, score: balanced_score });
    else if (balanced_score > known.score) {
      Object.assign(known, { at: location, score: balanced_score });
    }
  }
  return [...found.values()].sort((one, other) => other.score - one.score).slice(0, MAX_PLACES);
};

/** @param {Page} page */
const item = (page) => {
  const made = element("li", "", { class: "search-result" });
  const title = element("h2", "", page.meta.lang ? { lang: page.meta.lang } : {});
  title.append(element("a", joined([page.meta.title ?? ""]).trimEnd(), { href: page.url }));
  made.append(title);
  if (page.meta.date) {
    const date = element("p", "", { class: "meta" });
    date.append(
      element("time", day.format(new Date(page.meta.date)), { datetime: page.meta.date }),
    );
    made.append(date);
  }
  for (const place of places(page)) {
    const line = element("p", "", { class: "search-place", dir: "auto" });
    if (place.id) {
      const where = element("a", form.dataset.comment, { href: `${page.url}#${place.id}` });
      line.append(where, " ");
    }
    line.append(excerpt(page, place.from, place.end, place.at));
    made.append(line);
  }
  return made;
};

/** The next results; those of an earlier question are left where they are. */
const show = async () => {
  const words = asked;
  const pages = await Promise.all(waiting.splice(0, AT_ONCE).map((each) => each.data()));
  if (words !== asked) return;
  list.append(...pages.map(item));
  more.hidden = waiting.length === 0;
};

/** @param {number} count */
const tell = (count) => {
  const { nothing = "", one = "", other = "" } = form.dataset;
  const text = count === 0 ? nothing : count === 1 ? one : other;
  state.textContent = text.replace("{n}", String(count));
};

const ask = async () => {
  const words = field.value.trim();
  if (words === asked) return;
  asked = words;
  const address = new URL(location.href);
  if (words) address.searchParams.set("q", words);
  else address.searchParams.delete("q");
  history.replaceState(history.state, "", address);
  try {
    const results = words ? await find(words) : [];
    if (words !== asked) return;
    waiting = results;
    list.replaceChildren();
    more.hidden = true;
    if (words) tell(results.length);
    else state.textContent = "";
    await show();
  } catch {
    if (words !== asked) return;
    asked = "";
    list.replaceChildren();
    more.hidden = true;
    state.textContent = form.dataset.failed ?? "";
  }
};

let pause = 0;
field.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(ask, PAUSE_MS);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(pause);
  ask();
});
more.addEventListener("click", async () => {
  const next = list.childElementCount;
  await show();
  list.children[next]?.querySelector("a")?.focus();
});

// Up and down walk from the field through everything that was found; Escape goes back to the field.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const stops = [field, .../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("a"))];
  const at = stops.findIndex((each) => each.matches(":focus"));
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (at >= 0 && step) {
    event.preventDefault();
    stops[at + step]?.focus();
  } else if (at > 0 && event.key === "Escape") {
    field.focus();
    field.select();
  }
});

const key = /** @type {HTMLInputElement} */ (form.querySelector("[data-search-key]"));
try {
  key.checked = localStorage.getItem("search-key") !== "off";
} catch {
  // Storage is switched off: the key works, as it does in site.js.
}
key.addEventListener("change", () => {
  try {
    if (key.checked) localStorage.removeItem("search-key");
    else localStorage.setItem("search-key", "off");
  } catch {
    key.checked = true;
  }
});

field.value = new URL(location.href).searchParams.get("q") ?? "";
field.focus();
ask();

export {};
