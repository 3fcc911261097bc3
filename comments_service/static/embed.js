// @ts-check
/**
 * <comment-thread>: makes baked comments live. Markup and strings are the service's.
 *
 * Every reader loads this: it follows the thread. Other parts come when needed.
 */

/** Server HTML is parsed here and nowhere else. @param {string} html */
const parse = (html) => new DOMParser().parseFromString(html, "text/html");

/** @type {Set<CommentThread>} */
const awake = new Set();

export class CommentThread extends HTMLElement {
  static observedAttributes = ["thread", "src", "file"];

  #life = new AbortController();
  #file = "";
  /** The first page as read last; with the one that is shown, if it is another. */
  front = "";
  snapshot = "";
  /** @type {Promise<Document> | null} */
  #ui = null;
  /** @type {Promise<import("./embed-writing.js").Writing> | null} */
  #writing = null;
  /** @type {import("./embed-own.js").Own | null} */
  own = null;
  /** The service's address, with a slash at its end. */
  src = "";
  /** @type {Map<string, string>} Comments as the server sent them. */
  seen = new Map();
  parse = parse;

  connectedCallback() {
    this.#life = new AbortController();
    // A folder's address, or that of this script in it.
    const given = new URL(this.getAttribute("src") || import.meta.url, document.baseURI);
    this.src = given.origin + given.pathname.replace(/\/?([^/]*\.js)?$/, "/");
    const eye = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting && !location.hash.startsWith("#comment-")) return;
        eye.disconnect();
        this.#wake();
      },
      { rootMargin: "600px" },
    );
    eye.observe(this);
    this.signal.onabort = () => eye.disconnect();
  }

  disconnectedCallback() {
    awake.delete(this);
    this.#life.abort();
  }

  // A framework gives it another article: it begins anew.
  /** @param {string} _name @param {string | null} before @param {string | null} after */
  attributeChangedCallback(_name, before, after) {
    if (!this.src || before === after) return;
    this.disconnectedCallback();
    if (this.root?.dataset.thread !== this.thread) this.root?.remove();
    this.#file = this.front = "";
    this.#ui = this.#writing = this.own = null;
    this.seen.clear();
    if (this.isConnected) this.connectedCallback();
  }

  get thread() {
    return this.getAttribute("thread") ?? "";
  }

  get signal() {
    return this.#life.signal;
  }

  /** @returns {HTMLElement | null} */
  get root() {
    return this.querySelector(".postil");
  }

  get language() {
    return this.root?.dataset.lang || this.lang || "en";
  }

  /** @param {string | number | null} id @returns {HTMLElement | null} */
  item(id) {
    return this.querySelector(`#comment-${id}`);
  }

  async #wake() {
    const { signal } = this;
    if (!getComputedStyle(this).getPropertyValue("--postil-line")) {
      const { href } = new URL("embed.css", import.meta.url);
      const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
      if (!document.querySelector(`link[href="${href}"]`)) document.head.append(link);
    }
    const turn = () => import("./embed-order.js").then(({ turn }) => turn(this)).catch(() => {});
    for (const type of ["pointerover", "focusin", "click", "input", "keydown", "submit"]) {
      this.addEventListener(type, (event) => this.#hear(event), { signal });
      this.addEventListener(type, turn, { signal, once: true });
    }
    addEventListener("hashchange", () => this.#find(), { signal });
    awake.add(this);
    this.say("");
    this.#begin();
    await this.refresh(true);
    if (signal.aborted) return;
    if (this.#keeps("order")) turn();
    this.#find();
    if (document.cookie.includes("postil-known=1")) {
      this.writing()
        .then((writing) => writing.ask())
        .catch(() => {});
    }
  }

  #begin() {
    const { root } = this;
    if (!root) return;
    // Of several threads on a page, each label still belongs to its own field.
    if (document.querySelectorAll("#comments").length > 1)
      import("./embed-difference.js")
        .then(({ rename }) => rename(root, this.thread))
        .catch(() => {});
    /** @type {NodeListOf<HTMLElement>} */
    const items = root.querySelectorAll("li[data-id]");
    for (const item of items) this.seen.set(`${item.dataset.id}`, item.outerHTML);
    this.tick();
    for (const form of root.querySelectorAll("form")) this.say("", form);
    this.#greet().catch(() => {});
    if (this.#writing) this.#writing.then((writing) => writing.begin());
    else if (this.querySelector("textarea")?.value || this.#keeps(`${this.thread}:`))
      this.writing().catch(() => {});
  }

  // Also what was typed before anybody listened. Storage may be forbidden.
  /** @param {string} begin */
  #keeps(begin) {
    try {
      return Object.keys(localStorage).some((key) => key.startsWith(`postil:${begin}`));
    } catch {
      return false;
    }
  }

  // Who is known here is greeted by name a moment later.
  async #greet() {
    for (const form of this.querySelectorAll(".postil-form")) {
      const line = await this.clone("stranger");
      if (!form.querySelector(".postil-account")) form.append(line);
    }
  }

  tick() {
    for (const time of this.querySelectorAll("time")) {
      const seconds = Math.min(0, Date.parse(time.dateTime) - Date.now()) / 1000;
      if (seconds < -2592e3) continue;
      time.title ||= time.textContent;
      time.textContent = this.relative(seconds);
    }
  }

  /** @param {number} seconds */
  relative(seconds) {
    const span = Math.abs(seconds);
    const unit = span < 3600 ? "minute" : span < 86400 ? "hour" : "day";
    const size = { minute: 60, hour: 3600, day: 86400 }[unit];
    const format = new Intl.RelativeTimeFormat(this.language, { numeric: "auto" });
    return format.format(Math.trunc(seconds / size), unit);
  }

  /** @param {string} name */
  async clone(name) {
    this.#ui ??= fetch(`${this.src}ui.${this.language}.html`)
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)))
      .then(parse);
    this.#ui.catch(() => {
      this.#ui = null;
    });
    const template = (await this.#ui).querySelector(`#postil-${name}`);
    if (!(template instanceof HTMLTemplateElement)) throw new Error(name);
    return /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  }

  /** @param {string} text @param {Element} where */
  say(text, where = this, kind = "") {
    let line = where.querySelector(":scope > .postil-status");
    if (!line) {
      line = document.createElement("p");
      line.role = "status";
      where.append(line);
    }
    line.className = `postil-status ${kind}`;
    line.textContent = text;
  }

  /** A page; empty once it is gone. @param {number | string} [page] */
  async read(page = 1) {
    const url = `${this.src}threads/${this.#file}${page === 1 ? "" : `.${page}`}.html`;
    const answer = await fetch(url, { cache: "no-cache", signal: this.signal });
    if (page !== 1 && answer.status === 404) return "";
    if (!answer.ok) throw `is unknown: ${answer.status} for ${url}`;
    return answer.text();
  }

  /** @returns {Promise<void>} */
  async refresh(first = false) {
    this.#file ||= this.getAttribute("file") || this.thread;
    const { signal, thread, src } = this;
    try {
      const front = await this.read();
      const lang = this.root?.dataset.lang;
      const page = Number(this.root?.dataset.page);
      if (lang && this.#file === thread && !front.slice(0, 512).includes(`data-lang="${lang}"`)) {
        this.#file += `.${lang}`;
        return this.refresh(first);
      }
      if (signal.aborted || front === this.front) return;
      const text = front + (page > 1 ? await this.read(page) : "");
      await this.#apply(text, first);
      if (signal.aborted) return;
      this.front = front;
      this.snapshot = text;
    } catch (problem) {
      // What stands in the page stays.
      if (first && !signal.aborted)
        console.warn(`<comment-thread thread="${thread}" src="${src}">`, problem);
    }
  }

  /** @param {string} text */
  async #apply(text, first = false, all = false) {
    const { signal } = this;
    const page = parse(text);
    /** @type {HTMLElement | null} */
    const fresh = page.querySelector(".postil");
    const { root } = this;
    if (!fresh) return;
    if (!root) {
      const missing = this.querySelector(".postil-missing");
      if (missing) missing.replaceWith(fresh);
      else this.append(fresh);
      return this.#begin();
    }
    if (!all && fresh.dataset.revision === root.dataset.revision) return;
    const { apply } = await import("./embed-difference.js");
    return signal.aborted ? null : apply(this, page, first, all);
  }

  /** Show all of the snapshot; gives the first comment that was not there. */
  show() {
    return this.#apply(this.snapshot, false, true);
  }

  // A link may lead to another page of a long thread.
  #find() {
    if (!location.hash.startsWith("#comment-")) return;
    import("./embed-pages.js").then(({ follow }) => follow(this)).catch(() => {});
  }

  /** What writes; what failed is asked for again. */
  writing() {
    this.#writing ??= import("./embed-writing.js").then(({ Writing }) => new Writing(this));
    this.#writing.catch(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  // As `embed-drafts.js`, which did not come either.
  /** @param {HTMLFormElement} form */
  #keep(form) {
    try {
      const draft = JSON.stringify(Object.fromEntries(new FormData(form)));
      localStorage.setItem(`postil:${this.thread}:`, draft);
    } catch {}
  }

  // What is done before its part is there waits.
  /** @param {Event} event */
  #hear(event) {
    const { target, type } = event;
    if (!(target instanceof Element)) return;
    const form = target.closest("form");
    const plain = event instanceof MouseEvent && !event.ctrlKey && !event.metaKey;
    /** @type {HTMLElement | null} */
    const control =
      type === "click" && plain
        ? target.closest(".postil-reply, .postil-members a, [data-do], [data-cancel]")
        : null;
    const item = target.closest("li");
    if (item) import("./embed-report.js").then(({ offer }) => offer(this, item)).catch(() => {});
    if (!form && !control) return;
    const ours = control || (type === "submit" && !form?.closest("dialog"));
    if (ours) event.preventDefault();
    this.writing().then(
      (writing) => writing.hear(event, control),
      () => {
        if (!ours) return;
        if (form) this.#keep(form);
        const where = target.closest("form, li") ?? this;
        this.say(this.querySelector("form")?.dataset.offline ?? "", where, "postil-error");
      },
    );
  }
}

const pulse = () => {
  if (document.hidden) return;
  for (const thread of awake) {
    thread.tick();
    thread.refresh();
  }
};
setInterval(pulse, 30000);
document.addEventListener("visibilitychange", pulse);
document.addEventListener("selectionchange", () => {
  if (getSelection()?.anchorNode?.parentElement?.closest("[data-postil-text]"))
    import("./embed-notes.js").catch(() => {});
});

if (!customElements.get("comment-thread")) customElements.define("comment-thread", CommentThread);
