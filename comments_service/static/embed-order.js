// @ts-check
/**
 * Order: the newest or the best comments first, for whoever wants them so. Fetched when a reader turns to a
 * thread, or has chosen before. A page is put in order as it stands; of a long thread the files are read.
 * @typedef {import("./embed.js").CommentThread} Thread
 */
import { votes } from "./embed-counts.js";
import { style } from "./embed-style.js";

const CHOSEN = "postil:order";

/** As `threads.score`. @param {Element} item */
const score = (item) => {
  const up = votes(item, 1);
  const total = up + votes(item, -1);
  if (!total) return 0;
  const z = 1.96 ** 2 / total;
  const share = up / total;
  const spread = 1.96 * Math.sqrt((share * (1 - share) + z / 4) / total);
  return (share + z / 2 - spread) / (1 + z);
};

/** @param {Element} item */
const when = (item) => Date.parse(item.querySelector("time")?.dateTime ?? "") || 0;

/** @param {HTMLElement} item */
const number = (item) => Number(item.dataset.id);

/** @type {Record<string, (a: HTMLElement, b: HTMLElement) => number>} */
const by = {
  oldest: (a, b) => when(a) - when(b) || number(a) - number(b),
  newest: (a, b) => when(b) - when(a) || number(b) - number(a),
  best: (a, b) => score(b) - score(a) || by.oldest?.(a, b) || 0,
};

/** Each comment that answers none, with all below it. @param {Element} list */
const groups = (list) => {
  /** @type {HTMLElement[][]} */
  const found = [];
  for (const item of list.children) {
    if (!(item instanceof HTMLElement)) continue;
    if (!found.length || item.matches(".postil-depth-0")) found.push([]);
    found.at(-1)?.push(item);
  }
  return found;
};

/** @param {Element} list @param {string} order */
const sort = (list, order) => {
  const now = groups(list);
  const wanted = [...now].sort(([a], [b]) => (a && b && by[order]?.(a, b)) || 0);
  if (now.every((group, at) => group === wanted[at])) return;
  const active = document.activeElement;
  list.append(...wanted.flat());
  if (active instanceof HTMLElement && list.contains(active)) active.focus({ preventScroll: true });
};

class Order {
  #thread;
  #root;
  #select;
  #menu;
  #chosen = "oldest";

  /** @param {Thread} thread @param {HTMLElement} root @param {HTMLElement} menu */
  constructor(thread, root, menu) {
    this.#thread = thread;
    this.#root = root;
    this.#menu = menu;
    this.#select = /** @type {HTMLSelectElement} */ (menu.querySelector("select"));
    this.#select.addEventListener("change", () => {
      try {
        if (this.#select.value === "oldest") localStorage.removeItem(CHOSEN);
        else localStorage.setItem(CHOSEN, this.#select.value);
      } catch {}
      this.#choose(this.#select.value);
    });
    // A link leads to where a comment is answered.
    addEventListener("hashchange", () => this.#long && this.#choose("oldest"), thread);
    const list = root.querySelector("ol");
    if (!list) return;
    new MutationObserver(() => this.#follow(list)).observe(list, { childList: true });
    root.querySelector(".postil-heading")?.after(menu);
    this.#follow(list);
    try {
      this.#choose(localStorage[CHOSEN] in by ? localStorage[CHOSEN] : "oldest");
    } catch {}
  }

  get #long() {
    return Number(this.#root.dataset.pages) > 1;
  }

  /** @param {Element} list */
  #follow(list) {
    this.#menu.hidden = !this.#long && groups(list).length < 2;
    if (!this.#long) sort(list, this.#chosen);
  }

  /** @param {string} order */
  #choose(order) {
    const list = this.#root.querySelector("ol");
    const told = [...this.#select.options].some((each) => each.value === order);
    this.#chosen = this.#select.value = told ? order : "oldest";
    if (this.#long) this.#view(this.#chosen).catch(() => {});
    else if (list) sort(list, this.#chosen);
  }

  /** What a long thread's files say, instead of its page. @param {string} order */
  async #view(order) {
    const thread = this.#thread;
    const pages = Number(this.#root.dataset.pages);
    const asked = order === "best" ? [order] : order === "newest" ? [pages - 1, pages] : [];
    const read = await Promise.all(asked.map((page) => thread.read(page)));
    if (this.#chosen !== order) return;
    this.#root.querySelector(".postil-view")?.remove();
    if (order === "oldest") return;
    const view = document.createElement("ol");
    view.className = "postil-list postil-view";
    for (const html of read)
      view.append(...(thread.parse(html).querySelector("ol")?.children ?? []));
    // Answers whose beginning stands on an earlier page.
    if (!view.firstElementChild?.matches(".postil-depth-0")) {
      for (const item of groups(view)[0] ?? []) item.remove();
    }
    if (order === "newest") sort(view, order);
    // They stand in the thread's own pages as well, and are answered there.
    for (const item of view.children) {
      item.removeAttribute("id");
      item.removeAttribute("data-id");
      item.querySelector(".postil-reply")?.remove();
    }
    if (!view.children.length) view.textContent = this.#menu.dataset.none ?? "";
    this.#root.querySelector("ol")?.after(view);
    thread.tick();
  }
}

/** @type {WeakSet<HTMLElement>} */
const known = new WeakSet();

/** A reader turns to a thread. @param {Thread} thread */
export const turn = async (thread) => {
  const { root } = thread;
  if (!root || known.has(root)) return;
  known.add(root);
  if (root.querySelector(".postil-passage"))
    import("./embed-passages.js").then(({ paint }) => paint(thread)).catch(() => {});
  const href = `${thread.src}embed-votes.css`;
  const [menu] = await Promise.all([thread.clone("order"), style(href)]);
  if (!root.isConnected) return;
  // Nobody votes on what is said of a draft.
  if (root.matches("[data-shared]")) menu.querySelector("[value=best]")?.remove();
  new Order(thread, root, menu);
  const ballot = await thread.clone("votes").catch(() => null);
  if (ballot?.dataset.guests) (await import("./embed-votes.js")).offer(thread);
};
