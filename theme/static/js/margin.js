// @ts-check
// Notes beside the text: what readers noted stands in the margin on the line of its words, where there
// is one, quieter than the author's own notes and never in their place. It is a copy for the eye: the
// numbers in the text lead to the comments, with and without it. A switch takes marks and margin away.
const root = document.documentElement;
// As theme/static/css/layout.css makes room for the second margin.
const hasMargins = matchMedia("screen and (width >= 72rem)");
// So many of a paragraph are shown; the others are counted.
const MOST = 3;
const GAP = 12;
const BLOCK = "p, li, pre, h2, h3, h4, h5, h6, dd, dt, td, th, figcaption, summary, blockquote";

/** @type {HTMLElement | null} */
const text = document.querySelector("[data-postil-text]");
/** @type {HTMLButtonElement | null} */
const button = document.querySelector("[data-notes-switch]");
const thread = document.querySelector(`comment-thread[thread="${text?.dataset.postilText}"]`);
const margin = document.createElement("div");
margin.className = "margin";
// What it says is heard in the text and read among the comments.
margin.ariaHidden = "true";

/** @typedef {{note: HTMLElement, first: HTMLElement, at: Element, count: number}} Placed `count`: of the notes it stands for. */
/** @type {Placed[]} */
let notes = [];

/** @param {string} tag @param {string} name @param {string} words */
const made = (tag, name, words) => {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = words;
  return element;
};

/** @param {string} href @param {string} name */
const link = (href, name) => {
  const note = document.createElement("a");
  Object.assign(note, { href, className: name, tabIndex: -1 });
  margin.append(note);
  return note;
};

// What the margin has no room for is among the comments.
const rest = link("#comments", "margin-more");

/** @param {number} count */
const more = (count) => `${button?.dataset.more}`.replace("{n}", `${count}`);

/** The number behind a passage; notes that share one have an element each within its mark. @param {Element} at */
const numberOf = (at) => {
  const mark = at.closest("mark") ?? at;
  const ids = [mark, ...mark.querySelectorAll("[id^='at-']")].map(({ id }) => id.slice(3));
  const found = [at.id.slice(3), ...ids]
    .map((id) => text?.querySelector(`.postil-at[href$="#comment-${id}"]`))
    .find(Boolean);
  return found?.textContent ?? "";
};

/** Take from the comments what they say now. */
const gather = () => {
  margin.replaceChildren();
  notes = [];
  /** @type {Map<Element | null, {at: Element, item: Element}[]>} */
  const blocks = new Map();
  for (const at of text?.querySelectorAll("[id^='at-']") ?? []) {
    const item = document.getElementById(`comment-${at.id.slice(3)}`);
    const block = at.closest(BLOCK);
    if (!item?.querySelector(".postil-passage")) continue;
    blocks.set(block, [...(blocks.get(block) ?? []), { at, item }]);
  }
  for (const all of blocks.values()) {
    for (const { at, item } of all.slice(0, MOST)) {
      const note = link(`#${item.id}`, "margin-note");
      const first = made("span", "margin-number", numberOf(at));
      const who = made("bdi", "margin-name", item.querySelector(".postil-name")?.textContent ?? "");
      const body = item.querySelector(".postil-body");
      const said = made("bdi", "", `${body?.textContent}`.trim());
      said.lang = body?.getAttribute("lang") ?? "";
      if (!said.lang) said.removeAttribute("lang");
      note.append(first, " ", who, " ", said);
      notes.push({ note, first, at, count: 1 });
    }
    const next = all[MOST];
    if (!next) continue;
    const note = link(`#${next.item.id}`, "margin-more");
    const count = all.length - MOST;
    const first = made("span", "", more(count));
    note.append(first);
    notes.push({ note, first, at: next.at, count });
  }
  margin.append(rest);
  place();
};

/** @param {Element} word Text faces hang about a fifth of their height below their line. */
const baseline = (word) => {
  const [first] = word.getClientRects();
  return first ? first.bottom - first.height / 5 : 0;
};

/** Each on the line of its words, below what is above it, beside nothing of the author's. */
const place = () => {
  margin.hidden = !hasMargins.matches || root.dataset.notes === "off";
  if (margin.hidden || !text) return;
  const { top } = margin.getBoundingClientRect();
  const own = text.classList.contains("noted") ? text.querySelectorAll(".footnote li") : [];
  const taken = [...own].map((note) => note.getBoundingClientRect());
  taken.sort((a, b) => a.top - b.top);
  for (const { note } of notes) {
    note.hidden = false;
    note.style.setProperty("--y", "0px");
  }
  const measured = notes.map(({ note, first, at, count }) => ({
    note,
    count,
    above: baseline(first) - top,
    line: baseline(at) - top,
    height: note.offsetHeight,
  }));
  let free = 0;
  let left = 0;
  for (const { note, above, line, height, count } of measured) {
    let y = Math.max(line - above, free);
    for (const each of taken) {
      const meets = y - GAP < each.bottom - top && y + height + GAP > each.top - top;
      if (meets) y = each.bottom - top + GAP;
    }
    // A margin that is full ends with the text.
    note.hidden = left > 0 || y > text.offsetHeight;
    note.style.setProperty("--y", `${y}px`);
    if (note.hidden) left += count;
    else free = y + height + GAP;
  }
  rest.hidden = !left;
  rest.textContent = more(left);
  rest.style.setProperty("--y", `${free}px`);
};

const show = () => {
  button?.setAttribute("aria-pressed", String(root.dataset.notes !== "off"));
  place();
};

if (text && thread && button) {
  text.after(margin);
  button.hidden = false;
  button.addEventListener("click", () => {
    const off = root.dataset.notes !== "off";
    if (off) root.dataset.notes = "off";
    else delete root.dataset.notes;
    try {
      if (off) localStorage.setItem("notes", "off");
      else localStorage.removeItem("notes");
    } catch {
      // The choice then lasts for this page.
    }
    show();
  });
  show();
  gather();
  hasMargins.addEventListener("change", place);
  new ResizeObserver(place).observe(text);
  const list = { childList: true, subtree: true };
  new MutationObserver((changes) => {
    if (changes.some(({ target }) => !(/** @type {Element} */ (target).closest("form, p"))))
      gather();
  }).observe(thread, list);
  // The author's own notes find their places first.
  const moved = new MutationObserver(place);
  for (const note of text.querySelectorAll(".footnote li"))
    moved.observe(note, { attributeFilter: ["style"] });
}
