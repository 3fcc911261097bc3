// @ts-check
/**
 * <comment-thread>: makes baked comments live. Markup and strings are the service's.
 * @typedef {{id: number, parent: number | null, status: string, source: string, fragment: string, editable_until: string | null, deletable: boolean}} Own
 */

/** Server HTML is parsed here and nowhere else. @param {string} html */
const parse = (html) => new DOMParser().parseFromString(html, "text/html");

/** @param {ParentNode} root @returns {NodeListOf<HTMLLIElement>} */
const items = (root) => root.querySelectorAll("li[data-id]");

/** @param {Element} item */
const depth = (item) => Number(item.className.match(/\d/));

/** @param {string} tag @param {object} properties */
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

/** @param {HTMLElement} item */
const focus = (item) => {
  item.tabIndex = -1;
  item.focus();
};

/** @param {Event} event */
const formOf = ({ target }) => (target instanceof Element ? target.closest("form") : null);

/** @param {HTMLFormElement} form @returns {Record<string, any>} */
const values = (form) => Object.fromEntries(new FormData(form));

/** @param {HTMLFormElement} form @param {object} data */
const fill = (form, data) => {
  for (const [name, value] of Object.entries(data)) {
    const field = form.elements.namedItem(name);
    if (field && "value" in field) field.value = value;
  }
};

// Storage may be full or forbidden.
/** @param {string} key @param {object} [draft] */
const keep = (key, draft) => {
  try {
    if (draft) localStorage.setItem(key, JSON.stringify(draft));
    else localStorage.removeItem(key);
  } catch {}
};

/** @param {string} key @returns {Record<string, string>} */
const kept = (key) => {
  try {
    return JSON.parse(localStorage[key]);
  } catch {
    return {};
  }
};

// Says that asking who reads is worth it.
/** @param {unknown} somebody */
const know = (somebody) => {
  document.cookie = `postil-known=1;path=/;max-age=${somebody ? 7776e3 : 0}`;
};

/** @param {number} seconds @param {string} lang */
const relative = (seconds, lang) => {
  const span = Math.abs(seconds);
  const unit = span < 3600 ? "minute" : span < 86400 ? "hour" : "day";
  const size = { minute: 60, hour: 3600, day: 86400 }[unit];
  const format = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  return format.format(Math.trunc(seconds / size), unit);
};

/** @type {Set<CommentThread>} */
const awake = new Set();

class CommentThread extends HTMLElement {
  #life = new AbortController();
  #src = "";
  #file = "";
  #snapshot = "";
  #page = 1;
  #pages = 1;
  #timer = 0;
  #name = "";
  /** @type {Map<string, string>} Comments as the server sent them. */
  #seen = new Map();
  /** @type {Map<string, Own>} */
  #own = new Map();
  /** @type {{name: string} | null} */
  #account = null;
  #claimable = 0;
  /** @type {Promise<Document> | null} */
  #ui = null;

  connectedCallback() {
    this.#life = new AbortController();
    const { signal } = this.#life;
    this.#src = new URL(this.getAttribute("src") || import.meta.url, document.baseURI).href;
    const eye = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting && !location.hash.startsWith("#comment-")) return;
        eye.disconnect();
        this.#wake();
      },
      { rootMargin: "600px" },
    );
    eye.observe(this);
    signal.onabort = () => eye.disconnect();
  }

  disconnectedCallback() {
    awake.delete(this);
    this.#life.abort();
  }

  get thread() {
    return this.getAttribute("thread") ?? "";
  }

  /** @returns {HTMLElement | null} */
  get #root() {
    return this.querySelector(".postil");
  }

  get #lang() {
    return this.#root?.lang || this.lang || "en";
  }

  /** @param {string | number | null} id @returns {HTMLElement | null} */
  #item(id) {
    return this.querySelector(`#comment-${id}`);
  }

  async #wake() {
    const { signal } = this.#life;
    if (!getComputedStyle(this).getPropertyValue("--postil-line")) {
      const { href } = new URL("embed.css", import.meta.url);
      document.head.append(make("link", { rel: "stylesheet", href }));
    }
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.addEventListener("input", (event) => this.#input(event), { signal });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    addEventListener("hashchange", () => this.#find(), { signal });
    awake.add(this);
    this.#begin();
    await this.refresh(true);
    this.#find();
    if (document.cookie.includes("postil-known=1")) this.#ask().catch(() => {});
  }

  #begin() {
    const root = this.#root;
    if (!root) return;
    this.#page = this.#pages = Number(root.dataset.page);
    for (const item of items(root)) this.#seen.set(`${item.dataset.id}`, item.outerHTML);
    this.tick();
    for (const form of root.querySelectorAll("form")) this.#dress(form);
    this.#greet().catch(() => {});
    for (const item of items(root)) {
      if (kept(this.#draft(item.dataset.id)).open) this.#open(item, "form");
    }
  }

  tick() {
    for (const time of this.querySelectorAll("time")) {
      const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
      if (seconds < -2592e3) continue;
      time.title ||= time.textContent;
      time.textContent = relative(seconds, this.#lang);
    }
  }

  /** @param {string} name */
  async #clone(name) {
    this.#ui ??= fetch(`${this.#src}ui.${this.#lang}.html`)
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)))
      .then(parse);
    this.#ui.catch(() => {
      this.#ui = null;
    });
    const template = (await this.#ui).querySelector(`#postil-${name}`);
    if (!(template instanceof HTMLTemplateElement)) throw new Error(name);
    return /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  }

  /** @param {string} name */
  async #message(name) {
    const messages = await this.#clone("messages");
    return messages.querySelector(`[data-message=${name}]`)?.textContent ?? "";
  }

  /** @param {string} text @param {Element} where */
  #say(text, where = this) {
    let line = where.querySelector(":scope > .postil-status");
    if (!line) {
      line = make("p", { className: "postil-status", role: "status" });
      where.append(line);
    }
    line.textContent = text;
  }

  /** @returns {Promise<void>} */
  async refresh(first = false) {
    const { signal } = this.#life;
    this.#file ||= this.getAttribute("file") || this.thread;
    try {
      let text = "";
      for (let page = this.#page; page <= this.#pages; page++) {
        const url = `${this.#src}threads/${this.#file}${page > 1 ? `.${page}` : ""}.html`;
        const answer = await fetch(url, { cache: "no-cache", signal });
        if (!answer.ok) return;
        text += await answer.text();
      }
      const lang = this.#root?.lang;
      if (lang && this.#file === this.thread && !text.slice(0, 512).includes(`lang="${lang}"`)) {
        this.#file += `.${lang}`;
        return this.refresh(first);
      }
      if (text === this.#snapshot) return;
      this.#snapshot = text;
      this.#apply(first);
    } catch {
      // What stands in the page stays.
    }
  }

  #apply(first = false, all = false) {
    const page = parse(this.#snapshot);
    /** @type {HTMLElement | null} */
    const fresh = page.querySelector(".postil");
    const root = this.#root;
    if (!fresh) return;
    if (!root) {
      const missing = this.querySelector(".postil-missing");
      if (missing) missing.replaceWith(fresh);
      else this.append(fresh);
      return this.#begin();
    }
    if (Number(fresh.dataset.revision) < Number(root.dataset.revision)) return;
    root.dataset.revision = fresh.dataset.revision;
    root.dataset.pages = fresh.dataset.pages;
    for (const part of [".postil-heading", ".postil-pages"]) {
      const next = fresh.querySelector(part);
      if (next) root.querySelector(part)?.replaceChildren(...next.childNodes);
    }
    const ids = new Set();
    let waiting = 0;
    /** @type {HTMLElement | null} */
    let before = null;
    /** @type {HTMLElement | null} */
    let found = null;
    for (const item of items(page)) {
      const id = `${item.dataset.id}`;
      const html = item.outerHTML;
      const shown = this.#item(id);
      ids.add(id);
      if (shown) {
        const own = this.#own.get(id);
        if (own) own.status = "";
        if (this.#seen.get(id) !== html) this.#put(shown, item);
      } else {
        const below = first && (before ?? root).getBoundingClientRect().bottom > innerHeight;
        if (!all && !below && location.hash !== `#${item.id}`) {
          waiting++;
          continue;
        }
        if (before) before.after(item);
        else root.querySelector("ol")?.prepend(item);
        found ??= item;
      }
      before = shown ?? item;
      this.#seen.set(id, html);
    }
    for (const id of this.#seen.keys()) {
      const item = this.#item(id);
      if (ids.has(id) || item?.querySelector("form")) continue;
      item?.remove();
      this.#seen.delete(id);
    }
    this.tick();
    this.#offer(waiting).catch(() => {});
    if (all && found) focus(found);
  }

  // The form that may stand open in a comment stays.
  /** @param {HTMLElement} item @param {HTMLElement} fresh */
  #put(item, fresh) {
    const focused = item.matches(":focus-within");
    item.className = fresh.className;
    for (const old of item.querySelectorAll(":scope > :not(form)")) old.remove();
    item.prepend(...fresh.childNodes);
    if (focused && !item.matches(":focus-within")) focus(item);
    this.#mark(item);
  }

  /** @param {number} count */
  async #offer(count) {
    const line = this.querySelector(".postil-new") ?? (count ? await this.#clone("new") : null);
    const button = line?.querySelector("button");
    if (!line || !button) return;
    if (!count) return line.remove();
    const text = `${button.dataset[count > 1 ? "other" : "one"]}`.replace("{n}", `${count}`);
    if (button.textContent === text) return;
    button.textContent = text;
    this.#root?.querySelector("ol")?.after(line);
    this.#say(text);
  }

  // A link may lead to a later page of a long thread.
  async #find() {
    const id = location.hash.match(/^#comment-(\d+)$/)?.[1];
    if (!id) return;
    while (!this.#item(id) && this.#pages < Number(this.#root?.dataset.pages)) {
      this.#pages++;
      await this.refresh();
      this.#apply(false, true);
    }
    this.#item(id)?.scrollIntoView();
  }

  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async #call(method, path, body) {
    const query = `thread=${this.thread}&lang=${this.#lang}`;
    const answer = await fetch(`${this.#src}api/v1/${path}?${query}`, {
      method,
      credentials: "include",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.any([this.#life.signal, AbortSignal.timeout(20000)]),
    });
    const data = answer.status === 204 ? {} : await answer.json();
    if (!answer.ok) throw { ...data, wait: Number(answer.headers.get("Retry-After")) };
    return data;
  }

  /** @param {HTMLElement} where @param {() => Promise<unknown>} act */
  async #try(where, act) {
    if (where.ariaBusy === "true") return;
    where.ariaBusy = "true";
    this.#say("", where);
    for (const note of where.querySelectorAll(".postil-error")) note.remove();
    for (const field of where.querySelectorAll("[aria-invalid]")) field.ariaInvalid = null;
    await act().catch((problem) => this.#fail(where, problem));
    where.ariaBusy = "false";
  }

  /** @param {HTMLElement} where @param {Record<string, any>} problem */
  async #fail(where, { status = 503, code, detail = "", wait = 0, fields = {} }) {
    if (this.#life.signal.aborted) return;
    if (where instanceof HTMLFormElement) {
      if (code === "key_reused") fill(where, { key: "" });
      for (const name of Object.keys(fields).reverse()) {
        const field = where.elements.namedItem(name);
        if (!(field instanceof HTMLElement)) continue;
        const id = `${field.id}-error`;
        field.after(make("span", { className: "postil-error", id, textContent: fields[name] }));
        field.ariaInvalid = "true";
        field.setAttribute("aria-describedby", `${id} ${field.id}-note`);
        field.focus();
        detail = "";
      }
    }
    if (status >= 500) {
      const offline = this.querySelector("form")?.dataset.offline;
      detail = await this.#message("offline").catch(() => offline ?? detail);
    }
    if (status === 429) {
      const when = relative(Math.max(60, wait), this.#lang);
      detail = (await this.#message("too_many")).replace("{when}", when);
    }
    this.#say(detail, where);
  }

  #draft(id = "") {
    return `postil:${this.thread}:${id}`;
  }

  /** @param {HTMLFormElement} form */
  #dress(form, id = "") {
    form.dataset.draft = this.#draft(id);
    fill(form, kept(form.dataset.draft));
    this.#say("", form);
  }

  async #greet() {
    const account = this.#account;
    const members = account && this.querySelector(".postil-members");
    if (members) {
      const form = await this.#clone("form");
      members.replaceWith(form);
      if (form instanceof HTMLFormElement) this.#dress(form);
    }
    /** @type {NodeListOf<HTMLFormElement>} */
    const forms = this.querySelectorAll(".postil-form");
    for (const form of forms) {
      const line = await this.#clone(account ? "account" : "stranger");
      const name = line.querySelector("bdi");
      if (name && account) name.textContent = account.name;
      line.querySelector("[data-do=claim]")?.toggleAttribute("hidden", !this.#claimable);
      form.querySelector(".postil-account")?.remove();
      form.append(line);
      if (!values(form).name) fill(form, { name: this.#name });
      form.querySelector(".postil-guest")?.toggleAttribute("hidden", !!account);
      for (const field of form.querySelectorAll(".postil-guest input")) {
        field.toggleAttribute("disabled", !!account);
      }
    }
  }

  /** @param {HTMLElement} item @param {string} kind */
  async #open(item, kind) {
    const id = `${item.dataset.id}`;
    let form = item.querySelector("form");
    if (!form) {
      form = /** @type {HTMLFormElement} */ (await this.#clone(kind));
      for (const name of ["id", "for", "aria-describedby"]) {
        for (const part of form.querySelectorAll(`[${name}]`)) {
          part.setAttribute(name, `${part.getAttribute(name)}-${id}`);
        }
      }
      item.append(form);
      const own = kind === "edit" && this.#own.get(id);
      if (own) form.dataset.edit = id;
      fill(form, own ? { body: own.source } : { parent: id });
      this.#dress(form, own ? `edit-${id}` : id);
      this.#greet();
    }
    return form;
  }

  /** @param {HTMLFormElement} form */
  #close(form) {
    const item = form.closest("li");
    const draft = `${form.dataset.draft}`;
    const data = kept(draft);
    if (data.open) keep(draft, { ...data, open: "" });
    form.remove();
    /** @type {HTMLElement | null | undefined} */
    const back = item?.querySelector(form.dataset.edit ? "[data-do]" : ".postil-reply");
    back?.focus();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey) return;
    /** @type {HTMLElement | null} */
    const button = event.target.closest(
      ".postil-reply, .postil-members a, [data-do], [data-cancel]",
    );
    if (!button) return;
    event.preventDefault();
    const item = button.closest("li");
    const form = button.closest("form");
    const act = button.dataset.do;
    this.#try(form ?? item ?? this, async () => {
      let input = form;
      if (act === "show") this.#apply(false, true);
      else if (form && !act) this.#close(form);
      else if (act === "sign-out") {
        await this.#call("DELETE", "session");
        await this.#ask();
      } else if (act === "claim" || act === "sign-in" || !item) {
        if (await this.#dialog(act === "claim" ? act : "signIn")) await this.#ask();
      } else if (act === "delete") {
        if (!(await this.#dialog("sure"))) return;
        this.#show(await this.#call("DELETE", `comments/${item.dataset.id}`), "deleted");
      } else input = await this.#open(item, act ?? "form");
      input?.querySelector("textarea")?.focus();
    });
  }

  /** @param {Event} event */
  #input(event) {
    const form = formOf(event);
    if (!form?.dataset.draft) return;
    const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
    if (!values(form).key) fill(form, { key });
    const data = values(form);
    keep(form.dataset.draft, data.body || data.name ? { ...data, open: "1" } : undefined);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#preview(form).catch(() => {}), 500);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const form = formOf(event);
    if (!form || event.isComposing) return;
    if (event.key === "Escape" && form.closest("li")) this.#close(form);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  }

  /** @param {HTMLFormElement} form */
  async #preview(form) {
    const box = form.querySelector(".postil-preview > div");
    const { body } = values(form);
    if (!box || !body) return;
    const { html } = await this.#call("POST", "preview", { body });
    if (values(form).body === body) box.replaceChildren(...parse(html).body.childNodes);
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    const form = formOf(event);
    const button = event.submitter;
    if (!form || form.closest("dialog")) return;
    event.preventDefault();
    this.#try(form, async () => {
      const data = values(form);
      if (button?.getAttribute("value") === "preview") {
        const box = form.querySelector(".postil-preview");
        button.ariaPressed = `${!box}`;
        if (box) return box.remove();
        button.parentElement?.before(await this.#clone("preview"));
        await this.#preview(form);
      } else await this.#send(form, data);
    });
  }

  /** @param {HTMLFormElement} form @param {Record<string, any>} data */
  async #send(form, data) {
    const { edit, draft } = form.dataset;
    data.parent = Number(data.parent) || null;
    /** @type {Own} */
    const own = edit
      ? await this.#call("PATCH", `comments/${edit}`, { body: data.body })
      : await this.#call("POST", `threads/${this.thread}/comments`, data);
    know(own);
    keep(`${draft}`);
    if (form.closest("li")) form.remove();
    fill(form, { body: "", key: "" });
    form.querySelector(".postil-preview > div")?.replaceChildren();
    this.#show(own, edit ? "saved" : own.status === "pending" ? "held" : "sent");
  }

  // Fetched when it is needed.
  /** @param {"signIn" | "claim" | "sure"} name @returns {Promise<boolean>} */
  async #dialog(name) {
    const dialogs = await import(`${this.#src}sign-in.js`);
    const clone = this.#clone.bind(this);
    const call = this.#call.bind(this);
    const attempt = this.#try.bind(this);
    return dialogs[name](this, this.#src, { clone, call, attempt });
  }

  async #ask() {
    const { account, comments, claimable } = await this.#call("GET", "me");
    know(account || comments[0]);
    this.#account = account;
    this.#claimable = claimable;
    this.#own.clear();
    this.#name = comments[0]?.name ?? "";
    for (const old of this.querySelectorAll(".postil-own, .postil-pending")) old.remove();
    for (const own of comments.reverse()) {
      // What was written just now may not stand in the page's file yet.
      if (own.editable_until || own.status === "pending" || this.#item(own.id)) this.#show(own);
    }
    await this.#greet();
  }

  /** @param {Own} own */
  async #show(own, message = "") {
    const [fresh] = items(parse(own.fragment));
    if (!fresh) return;
    this.#own.set(`${own.id}`, own);
    const shown = this.#item(own.id);
    if (shown) this.#put(shown, fresh);
    else {
      /** @type {Element | null | undefined} */
      let before = this.#item(own.parent);
      let next = before?.nextElementSibling;
      while (next && depth(next) >= depth(fresh)) {
        before = next;
        next = next.nextElementSibling;
      }
      if (before) before.after(fresh);
      else this.#root?.querySelector("ol")?.append(fresh);
      this.#mark(fresh);
    }
    this.tick();
    if (!message) return;
    focus(shown ?? fresh);
    setTimeout(() => this.refresh(), 2000);
    this.#say(await this.#message(message));
  }

  /** @param {HTMLElement} item */
  async #mark(item) {
    const own = this.#own.get(`${item.dataset.id}`);
    if (!own) return;
    const held = own.status === "pending";
    item.classList.toggle("postil-pending", held);
    const note = await this.#clone("held");
    const buttons = await this.#clone("own");
    if (item.querySelector(".postil-own")) return;
    if (held) item.querySelector(".postil-body")?.after(note);
    const [edit, remove] = buttons.children;
    if (!own.editable_until) edit?.remove();
    if (!own.deletable) remove?.remove();
    item.querySelector(".postil-actions")?.append(buttons);
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

if (!customElements.get("comment-thread")) customElements.define("comment-thread", CommentThread);
