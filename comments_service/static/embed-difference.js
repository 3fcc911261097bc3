// @ts-check
/**
 * The difference: what a newer snapshot adds to the comments in the page, changes and removes.
 * @typedef {import("./embed.js").CommentThread} Thread
 */

/** @param {ParentNode} root @returns {NodeListOf<HTMLLIElement>} */
export const items = (root) => root.querySelectorAll("li[data-id]");

/** @param {Element} item */
const depth = (item) => Number(item.className.match(/\d/));

/** @param {HTMLElement} item */
export const focus = (item) => {
  item.tabIndex = -1;
  item.focus();
};

/** Give a part's names an ending that no other part has. @param {Element} part @param {string} end */
export const rename = (part, end) => {
  for (const name of ["id", "for", "aria-describedby"]) {
    for (const each of part.querySelectorAll(`[${name}]:not(li)`)) {
      const value = `${each.getAttribute(name)}`;
      if (!value.endsWith(`-${end}`)) each.setAttribute(name, `${value}-${end}`);
    }
  }
};

// The form that may stand open in a comment stays.
/** @param {Thread} thread @param {HTMLElement} item @param {HTMLElement} fresh */
export const put = (thread, item, fresh) => {
  const focused = item.matches(":focus-within");
  item.className = fresh.className;
  for (const old of item.querySelectorAll(":scope > :not(form)")) old.remove();
  item.prepend(...fresh.childNodes);
  if (focused && !item.matches(":focus-within")) focus(item);
  thread.own?.mark(item);
};

/** Put a comment that is in no file yet where its file will have it. @param {Thread} thread @param {number | null} parent @param {HTMLElement} fresh */
export const place = (thread, parent, fresh) => {
  /** @type {Element | null | undefined} */
  let before = thread.item(parent);
  let next = before?.nextElementSibling;
  while (next && depth(next) >= depth(fresh)) {
    before = next;
    next = next.nextElementSibling;
  }
  if (before) before.after(fresh);
  else thread.root?.querySelector("ol")?.append(fresh);
  thread.own?.mark(fresh);
  note(thread);
};

/** What came may be notes on the article. @param {Thread} thread */
const note = (thread) => {
  if (thread.querySelector(".postil-passage"))
    import("./embed-passages.js").then(({ paint }) => paint(thread)).catch(() => {});
};

/**
 * Bring the page up to a snapshot, whose last part is what is shown of it. What would move the text that
 * is being read is offered instead, unless it is the first look, or `all` is asked for.
 * @param {Thread} thread @param {Document} page @param {boolean} first @param {boolean} all
 * @returns {HTMLElement | null} The first comment that was not there.
 */
export const apply = (thread, page, first, all) => {
  /** @type {HTMLElement | null} */
  const fresh = page.querySelector(".postil");
  const { root, seen } = thread;
  /** @type {NodeListOf<HTMLElement>} */
  const parts = page.querySelectorAll(".postil");
  const part = parts[parts.length - 1];
  if (!fresh || !part || !root) return null;
  if (Number(fresh.dataset.revision) < Number(root.dataset.revision)) return null;
  root.dataset.revision = fresh.dataset.revision;
  root.dataset.pages = fresh.dataset.pages;
  // Another page takes the place of the one that stood there.
  const whole = all || part.dataset.page !== root.dataset.page;
  root.dataset.page = part.dataset.page;
  const heading = root.querySelector(".postil-heading");
  const said = fresh.querySelector(".postil-heading");
  if (said) heading?.replaceChildren(...said.childNodes);
  // Beside a title it stands as well, where a theme says so.
  for (const told of document.querySelectorAll(`[data-postil-heading="${fresh.dataset.thread}"]`)) {
    if (heading) told.textContent = heading.textContent;
  }
  root.querySelector(".postil-pages")?.remove();
  root.querySelector("ol")?.after(...part.querySelectorAll(".postil-pages"));
  const ids = new Set();
  let waiting = 0;
  /** @type {HTMLElement | null} */
  let before = null;
  /** @type {HTMLElement | null} */
  let found = null;
  for (const item of items(part)) {
    const id = `${item.dataset.id}`;
    const html = item.outerHTML;
    const shown = thread.item(id);
    ids.add(id);
    if (shown) {
      thread.own?.published(id);
      if (seen.get(id) !== html) put(thread, shown, item);
    } else {
      const below = first && (before ?? root).getBoundingClientRect().bottom > innerHeight;
      if (!whole && !below && location.hash !== `#${item.id}`) {
        waiting++;
        continue;
      }
      if (before) before.after(item);
      else root.querySelector("ol")?.prepend(item);
      found ??= item;
    }
    before = shown ?? item;
    seen.set(id, html);
  }
  for (const id of seen.keys()) {
    const item = thread.item(id);
    if (ids.has(id) || item?.querySelector("form")) continue;
    item?.remove();
    seen.delete(id);
  }
  thread.tick();
  note(thread);
  offer(thread, waiting).catch(() => {});
  return found;
};

/** @param {Thread} thread @param {number} count */
const offer = async (thread, count) => {
  const line = thread.querySelector(".postil-new") ?? (count ? await thread.clone("new") : null);
  const button = line?.querySelector("button");
  if (!line || !button) return;
  if (!count) return line.remove();
  const text = `${button.dataset[count > 1 ? "other" : "one"]}`.replace("{n}", `${count}`);
  if (button.textContent === text) return;
  button.textContent = text;
  thread.root?.querySelector("ol")?.after(line);
  thread.say(text);
};
