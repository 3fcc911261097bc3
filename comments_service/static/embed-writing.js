// @ts-check
/**
 * Writing: the forms of a thread, from the first touch to the comment that stands there.
 * @typedef {import("./embed.js").CommentThread} Thread
 */
import { focus, items, rename } from "./embed-difference.js";
import { fill, keep, kept, save, values } from "./embed-drafts.js";
import { know, Own } from "./embed-own.js";
import { attempt, call, mended, message } from "./embed-transport.js";

// As long as somebody pauses between two words.
const PREVIEW_MS = 500;

export class Writing {
  /** @type {Thread} */
  #thread;
  #own;
  #timer = 0;
  /** @type {Promise<string> | null} */
  #computing = null;

  /** @param {Thread} thread */
  constructor(thread) {
    this.#thread = thread;
    this.#own = thread.own = new Own(thread);
    this.begin();
  }

  /** Take over the forms of a thread that has just come into the page. */
  begin() {
    const { root } = this.#thread;
    if (!root) return;
    for (const form of root.querySelectorAll("form")) if (!form.dataset.draft) this.#dress(form);
    // A stranger is greeted already, and a button that is being pressed must not be exchanged.
    if (this.#own.account) this.#greet().catch(() => {});
    for (const item of items(root)) {
      if (kept(this.#draft(item.dataset.id)).open) this.#open(item, "form").catch(() => {});
    }
  }

  async ask() {
    await this.#own.ask();
    import("./embed-votes.js").then(({ offer }) => offer(this.#thread)).catch(() => {});
    await this.#greet();
  }

  #draft(id = "") {
    return `postil:${this.#thread.thread}:${id}`;
  }

  /** @param {HTMLFormElement} form */
  #dress(form, id = "") {
    form.dataset.draft = this.#draft(id);
    const draft = kept(form.dataset.draft);
    // What was typed while this was being fetched is newer than any draft.
    if (values(form).body) save(form);
    else fill(form, draft);
    if (draft.passage_exact) this.#quote(form, draft).catch(() => {});
    if (values(form).body) this.#prove(form);
    this.#thread.say("", form);
  }

  /** What the comment is about. @param {HTMLFormElement} form @param {Record<string, string>} draft */
  async #quote(form, draft) {
    const { passage, quote } = await import("./embed-quote.js");
    const about = passage(draft);
    if (about && !passage(values(form))) await quote(this.#thread, form, about);
  }

  async #greet() {
    const thread = this.#thread;
    const { account, claimable, name: known } = this.#own;
    const members = account && thread.querySelector(".postil-members");
    if (members) {
      const form = await thread.clone("form");
      members.replaceWith(form);
      rename(form, thread.thread);
      if (form instanceof HTMLFormElement) this.#dress(form);
    }
    /** @type {NodeListOf<HTMLFormElement>} */
    const forms = thread.querySelectorAll(".postil-form");
    for (const form of forms) {
      const line = await thread.clone(account ? "account" : "stranger");
      const name = line.querySelector("bdi");
      if (name && account) name.textContent = account.name;
      const level = line.querySelector("select");
      if (level) level.value = this.#own.level;
      line.querySelector("[data-do=claim]")?.parentElement?.toggleAttribute("hidden", !claimable);
      form.querySelector(".postil-account")?.remove();
      form.append(line);
      if (!values(form).name) fill(form, { name: known });
      for (const part of form.querySelectorAll(".postil-guest, .postil-first")) {
        part.toggleAttribute("hidden", !!account);
      }
      for (const field of form.querySelectorAll(".postil-guest input")) {
        field.toggleAttribute("disabled", !!account);
      }
    }
  }

  /** @param {HTMLElement} item @param {string} kind */
  async #open(item, kind) {
    const thread = this.#thread;
    const id = `${item.dataset.id}`;
    let form = item.querySelector("form");
    if (!form) {
      form = /** @type {HTMLFormElement} */ (await thread.clone(kind));
      rename(form, id);
      item.append(form);
      const edits = kind === "edit";
      if (edits) form.dataset.edit = id;
      this.#dress(form, edits ? `edit-${id}` : id);
      if (!edits) fill(form, { parent: id });
      else if (!values(form).body) fill(form, { body: this.#own.source(id) });
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

  /** @param {Event} event @param {HTMLElement | null} control What was pressed, if it does something. */
  hear(event, control) {
    const form = event.target instanceof Element ? event.target.closest("form") : null;
    if (control) this.#press(control);
    else if (!form) return;
    else if (event instanceof KeyboardEvent) this.#key(form, event);
    else if (form.closest("dialog")) return;
    else if (event.target instanceof HTMLSelectElement) {
      if (event.type === "input") this.#level(form, event.target);
    } else if (event.type === "input" && form.dataset.draft) this.#typed(form, event.target);
    else if (event instanceof SubmitEvent) {
      this.#submit(form, event.submitter);
    }
  }

  /** @param {ParentNode | null} within @param {string} selector @returns {HTMLElement | null} */
  #find(within, selector) {
    return within?.querySelector(selector) ?? null;
  }

  /** @param {HTMLElement} control */
  #press(control) {
    const thread = this.#thread;
    const item = control.closest("li");
    const form = control.closest("form");
    const act = control.dataset.do;
    attempt(thread, form ?? item ?? thread, async () => {
      if (act === "show") {
        const found = await thread.show();
        if (found) focus(found);
      } else if (form && !act) this.#close(form);
      else if (act === "sign-out") {
        await call(thread, "DELETE", "session");
        await this.ask();
        this.#find(form, "[data-do=sign-in]")?.focus();
      } else if (act === "claim" || act === "sign-in" || !item) {
        if (!(await this.#dialog(act === "claim" ? act : "signIn"))) return control.focus();
        await this.ask();
        this.#find(form ?? thread, act === "claim" ? ".postil-account a" : "textarea")?.focus();
      } else if (act === "delete") {
        if (!(await this.#dialog("sure"))) return control.focus();
        const gone = await call(thread, "DELETE", `comments/${item.dataset.id}`);
        await this.#own.remove(gone);
      } else this.#find(await this.#open(item, act ?? "form"), "textarea")?.focus();
    });
  }

  /** What to hear of the thread by e-mail. @param {HTMLFormElement} form @param {HTMLSelectElement} field */
  #level(form, field) {
    const thread = this.#thread;
    attempt(thread, form, async () => {
      const path = `threads/${thread.thread}/notifications`;
      this.#own.level = (await call(thread, "PATCH", path, { level: field.value })).level;
      for (const each of thread.querySelectorAll("select")) each.value = this.#own.level;
      thread.say(await message(thread, "saved"), form);
    });
  }

  /** @param {HTMLFormElement} form @param {EventTarget | null} field */
  #typed(form, field) {
    if (field instanceof Element && field.ariaInvalid) mended(field);
    save(form);
    this.#prove(form);
    if (field instanceof HTMLTextAreaElement && field.value.includes("@")) {
      import("./embed-mentions.js").then(({ offer }) => offer(this.#thread, field)).catch(() => {});
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#preview(form).catch(() => {}), PREVIEW_MS);
  }

  /**
   * Let a guest's browser compute, where the owner asks for it: from the first key on, so that it is done
   * when the comment is sent.
   * @param {HTMLFormElement} form
   */
  async #prove(form, sends = false) {
    const thread = this.#thread;
    if (form.dataset.edit || this.#own.account) return "";
    this.#computing ??= message(thread, "computing");
    const words = await this.#computing.catch(() => {
      this.#computing = null;
    });
    const part = words && (await import("./embed-proof.js").catch(() => null));
    if (!part) return "";
    const address = `${thread.src}api/v1/threads/${thread.thread}/proof-of-work`;
    if (sends) return part.proof(form, address, () => thread.say(words, form));
    part.begin(form, address);
  }

  /** @param {HTMLFormElement} form @param {KeyboardEvent} event */
  #key(form, event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && form.closest("li")) this.#close(form);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  }

  /** @param {HTMLFormElement} form */
  async #preview(form) {
    const box = form.querySelector(".postil-preview > div");
    const { body } = values(form);
    if (!box || !body) return;
    const { html } = await call(this.#thread, "POST", "preview", { body });
    if (values(form).body === body)
      box.replaceChildren(...this.#thread.parse(html).body.childNodes);
  }

  /** @param {HTMLFormElement} form @param {HTMLElement | null} button */
  #submit(form, button) {
    attempt(this.#thread, form, async () => {
      if (button?.getAttribute("value") === "preview") {
        const box = form.querySelector(".postil-preview");
        button.ariaPressed = `${!box}`;
        if (box) return box.remove();
        button.parentElement?.before(await this.#thread.clone("preview"));
        await this.#preview(form);
      } else {
        // What a browser filled in by itself was never typed, and has no key yet.
        if (form.dataset.draft) save(form);
        await this.#send(form, values(form));
      }
    });
  }

  /** @param {HTMLFormElement} form @param {Record<string, any>} data */
  async #send(form, data) {
    const thread = this.#thread;
    const { edit, draft } = form.dataset;
    data.parent = Number(data.parent) || null;
    if (data.passage_exact) {
      const { sent } = await import("./embed-quote.js");
      data = sent(data);
    }
    if (!edit) data.proof_of_work = (await this.#prove(form, true)) || "";
    /** @type {import("./embed-own.js").Comment} */
    const own = edit
      ? await call(thread, "PATCH", `comments/${edit}`, { body: data.body })
      : await call(thread, "POST", `threads/${thread.thread}/comments`, data);
    // A browser that drops the cookie knows nothing of it a moment later: what would fail is not offered.
    const kept = new URL(thread.src).origin === location.origin || (await this.#own.keeps(own));
    if (!kept) Object.assign(own, { editable_until: null, deletable: false });
    own.asked = !!data.notify;
    know(kept);
    keep(`${draft}`);
    if (form.closest("li")) form.remove();
    fill(form, { body: "", key: "" });
    form.querySelector(".postil-noting")?.remove();
    thread.say("", form);
    form.querySelector(".postil-preview > div")?.replaceChildren();
    this.#own.show(own, edit ? "saved" : own.status === "pending" ? "held" : "sent");
  }

  /** @param {"signIn" | "claim" | "sure"} name @returns {Promise<boolean>} */
  async #dialog(name) {
    const thread = this.#thread;
    const file = name === "signIn" ? "sign-in.js" : "dialogs.js";
    const dialogs = await import(`${thread.src}${file}`);
    return dialogs[name](thread, thread.src, {
      clone: thread.clone.bind(thread),
      call: call.bind(null, thread),
      attempt: attempt.bind(null, thread),
    });
  }
}
