// @ts-check
/**
 * Passages: from a quotation to its place in the article, and notes that the page was built without, which
 * are painted: nothing in the article moves.
 * @typedef {import("./embed.js").CommentThread} Thread
 */
import { style } from "./embed-style.js";
import { BLOCKS, read } from "./embed-text.js";

/** @param {import("./embed-text.js").Page} page @param {number} begin @param {number} end */
const place = ({ signs }, begin, end) => {
  const range = new Range();
  const [first, last] = [signs[begin], signs[end - 1]];
  if (first && last) {
    range.setStart(first.node, first.begin);
    range.setEnd(last.node, last.end);
  }
  return range;
};

/** The one place with a quotation's words and one of their neighbours, as `formats/passages.py` has it. @param {import("./embed-text.js").Page} page @param {HTMLAnchorElement} link */
const find = (page, link) => {
  const { text } = page;
  const exact = `${link.textContent}`.trim().normalize();
  const parts = (link.hash.split(":~:text=")[1] ?? "").split(",");
  const told = (/** @type {string} */ part = "") => decodeURIComponent(part).trim();
  const prefix = told(parts.find((part) => part.endsWith("-"))?.slice(0, -1));
  const suffix = told(parts.find((part) => part.startsWith("-"))?.slice(1));
  const found = [];
  for (let at = text.indexOf(exact); exact && at >= 0; at = text.indexOf(exact, at + 1)) {
    const before = text.slice(0, at).trimEnd();
    const after = text.slice(at + exact.length).trimStart();
    const follows = prefix ? before.endsWith(prefix) : !before;
    const precedes = suffix ? after.startsWith(suffix) : !after;
    if (follows || precedes || !(prefix || suffix)) found.push(at);
  }
  const [begin] = found;
  // Of two places that are as good the build asks the author; here none is shown.
  return begin === undefined || found.length > 1 ? null : place(page, begin, begin + exact.length);
};

/** @param {Thread} thread */
const article = ({ thread }) => document.querySelector(`[data-postil-text="${thread}"]`);

/** Those that lead into the page that is shown. @param {Thread} thread @returns {HTMLAnchorElement[]} */
const quotations = (thread) => [
  .../** @type {NodeListOf<HTMLAnchorElement>} */ (
    thread.querySelectorAll(".postil-passage a[href^='#']")
  ),
];

/** @param {Element} link */
const mark = (link) => document.getElementById(`at-${link.closest("li")?.dataset.id}`);

/** @param {string} name @param {Range[]} ranges */
const highlight = (name, ranges) => globalThis.CSS.highlights?.set(name, new Highlight(...ranges));

/** What is painted for everybody, and for the writer only. @type {Map<Thread, Range[][]>} */
const painted = new Map();

/** Paint what is not marked in the page. @param {Thread} thread */
export const paint = (thread) => {
  const where = article(thread);
  if (!where) return;
  if (!painted.has(thread)) watch(thread);
  /** @type {[Range[], Range[]]} */
  const found = [[], []];
  const missing = quotations(thread).filter((link) => !mark(link));
  const page = missing[0] && read(where);
  for (const link of missing) {
    const range = page && find(page, link);
    if (range) found[link.closest(".postil-pending") ? 1 : 0].push(range);
  }
  painted.set(thread, found);
  const all = [...painted.values()];
  highlight(
    "postil-note",
    all.flatMap(([notes]) => notes ?? []),
  );
  highlight(
    "postil-held",
    all.flatMap(([, held]) => held ?? []),
  );
};

/** @param {Thread} thread */
const watch = (thread) => {
  style(`${thread.src}embed-notes.css`);
  let said = "";
  new MutationObserver(() => {
    const now = quotations(thread)
      .map((link) => `${link}${link.closest("li")?.className}`)
      .join();
    if (said !== now) paint(thread);
    said = now;
  }).observe(thread, { subtree: true, childList: true, attributeFilter: ["class"] });
  thread.addEventListener("click", (event) => {
    const link = quotations(thread).find((each) => event.composedPath().includes(each));
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (link && plain && follow(thread, link)) event.preventDefault();
  });
};

/** From its first mark to its number, whatever an author has made of the words. @param {Element | null} there @param {Element | null} where */
const marked = (there, where) => {
  const number = there && where?.querySelector(`.postil-at[href$="#comment-${there.id.slice(3)}"]`);
  if (!number) return null;
  const range = new Range();
  range.setStartBefore(there);
  range.setEndBefore(number);
  return range;
};

/** Also where a browser knows nothing of words in an address. @param {Thread} thread @param {HTMLAnchorElement} link */
const follow = (thread, link) => {
  const there = mark(link);
  const where = article(thread);
  const range = marked(there, where) ?? (where && find(read(where), link));
  const block = there ?? range?.startContainer.parentElement?.closest(BLOCKS);
  if (!(block instanceof HTMLElement)) return false;
  // A passage with another in it, an emphasis or a footnote has several marks, of which the first alone has its address.
  highlight("postil-asked", range ? [range] : []);
  if (there) location.hash = there.id;
  else if (range) scrollTo({ top: scrollY + range.getBoundingClientRect().top - innerHeight / 3 });
  // Whoever hears the page, or goes on with Tab, is there as well.
  block.tabIndex = -1;
  block.focus({ preventScroll: true });
  return true;
};
