// @ts-check
/** Keys for the moderation pages, and drafts of answers. Everything they do is a button or a link as well. */

const OFF = "postil-keys-off";
const DRAFT = "postil-answer-";

/** @template {Element} Kind @param {string} selector @param {ParentNode} [root] @returns {Kind | null} */
const find = (selector, root = document) => root.querySelector(selector);

/** @type {HTMLElement[]} */
const cards = [...document.querySelectorAll(/** @type {"div"} */ (".card"))];
const dialog = /** @type {HTMLDialogElement} */ (find("#keys"));
const search = /** @type {HTMLInputElement | null} */ (find("#q"));
const template = /** @type {HTMLTemplateElement | null} */ (find("#saved"));
const bulk = /** @type {HTMLFormElement | null} */ (find("#bulk"));

/** @returns {HTMLInputElement[]} */
const boxes = () => [
  ...document.querySelectorAll(/** @type {"input"} */ (".select input[type=checkbox]")),
];

let current = -1;
// A decision leaves this page; until it has, further keys would decide on what is not in sight yet.
let leaving = false;

// Storage may be forbidden; the keys then listen.
const stored = () => {
  try {
    return localStorage.getItem(OFF) !== null;
  } catch {
    return false;
  }
};
let off = stored();

/** @param {number} index */
const mark = (index) => {
  cards[current]?.removeAttribute("aria-current");
  current = index;
  cards[current]?.setAttribute("aria-current", "true");
};

/** @param {number} index */
const go = (index) => {
  const card = cards[Math.max(0, Math.min(index, cards.length - 1))];
  if (!card) return;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
};

/** @param {HTMLButtonElement | null} button */
const press = (button) => {
  if (!button?.form || leaving) return;
  leaving = true;
  button.form.requestSubmit(button);
};

/** @param {string} decision */
const decide = (decision) => {
  const root = boxes().some((box) => box.checked) ? bulk : cards[current];
  if (root) press(find(`button[value="${decision}"]`, root));
};

const select = () => {
  const card = cards[current];
  /** @type {HTMLInputElement | null} */
  const box = card ? find(".select input", card) : null;
  box?.click();
};

const reply = () => {
  const root = cards[current];
  /** @type {HTMLDetailsElement | null} */
  const form = root ? find(".reply", root) : null;
  if (!form) return;
  form.open = true;
  /** @type {HTMLTextAreaElement | null} */ (find("textarea", form))?.focus();
};

const edit = () => {
  const root = cards[current];
  /** @type {HTMLAnchorElement | null} */
  const link = root ? find("a.edit", root) : null;
  if (!link || leaving) return;
  leaving = true;
  link.click();
};

/** @type {Record<string, () => void>} */
const acts = {
  j: () => go(current + 1),
  k: () => go(current - 1),
  p: () => decide("publish"),
  s: () => decide("spam"),
  d: () => decide("delete"),
  u: () => press(find('.undo button[value="undo"]')),
  x: select,
  r: reply,
  e: edit,
  "/": () => search?.focus(),
  "?": () => dialog.showModal(),
};

/** @param {EventTarget | null} target */
const typing = (target) =>
  target instanceof Element &&
  target.closest("textarea, select, [contenteditable], input:not([type=checkbox])") !== null;

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target === search) search?.blur();
  // Out of an answer, whose words stay, and on by keys.
  if (event.key === "Escape" && event.target instanceof HTMLTextAreaElement) go(current);
  const act = Object.hasOwn(acts, event.key) ? acts[event.key] : undefined;
  const chord = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
  if (!act || off || chord || dialog.open || typing(event.target)) return;
  // A key held down moves on, but decides once.
  if (event.repeat && event.key !== "j" && event.key !== "k") return;
  event.preventDefault();
  act();
});

document.addEventListener("focusin", ({ target }) => {
  const index = cards.findIndex((card) => target instanceof Node && card.contains(target));
  if (index >= 0 && index !== current) mark(index);
});

// Coming back by the browser's button, the page is as it was left.
addEventListener("pageshow", () => {
  leaving = false;
});

const help = /** @type {HTMLButtonElement} */ (find("[data-do=help]"));
help.hidden = false;
help.addEventListener("click", () => dialog.showModal());

const listen = /** @type {HTMLInputElement} */ (find("[data-do=keys]"));
listen.checked = !off;
listen.addEventListener("change", () => {
  off = !listen.checked;
  try {
    if (off) localStorage.setItem(OFF, "1");
    else localStorage.removeItem(OFF);
  } catch {}
});

// What is typed for an answer is kept until it was sent.
/** @type {HTMLFormElement[]} */
const answers = [...document.querySelectorAll(/** @type {"form"} */ ("form[data-draft]"))];
/** @param {string} key @param {string} [text] */
const keep = (key, text) => {
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  } catch {}
};
const sent = new URLSearchParams(location.search).get("answered");
if (sent) keep(DRAFT + sent);
for (const form of answers) {
  const key = DRAFT + form.dataset.draft;
  const text = /** @type {HTMLTextAreaElement} */ (find("textarea", form));
  let draft = "";
  try {
    draft = localStorage.getItem(key) ?? "";
  } catch {}
  if (draft && !text.value) {
    text.value = draft;
    const details = form.closest("details");
    if (details) details.open = true;
  }
  text.addEventListener("input", () => keep(key, text.value));
  /** @type {HTMLSelectElement | null} */
  const saved = find("select", form);
  const insert = /** @type {HTMLButtonElement | null} */ (find('button[value="insert"]', form));
  insert?.addEventListener("click", (event) => {
    const chosen = saved?.value && find(`[data-saved="${saved.value}"]`, template?.content);
    if (!chosen) return;
    event.preventDefault();
    text.setRangeText(chosen.textContent ?? "", text.selectionStart, text.selectionEnd, "end");
    keep(key, text.value);
    text.focus();
  });
}

const all = /** @type {HTMLButtonElement | null} */ (find("[data-do=all]"));
if (all) {
  all.hidden = false;
  all.addEventListener("click", () => {
    const some = boxes().some((box) => !box.checked);
    for (const box of boxes()) box.checked = some;
  });
}

// The address says which comment follows the one that was decided on, or has come back; else begin with
// the first. After a decision on several, no key decides before somebody has gone to a comment.
const following = cards.findIndex((card) => `#${card.id}` === location.hash);
if (following >= 0) go(following);
else mark(cards.length && !location.search.includes("decided=") ? 0 : -1);
