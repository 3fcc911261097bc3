// @ts-check
/**
 * The dialog to sign in. Markup and strings are the service's (`ui.<lang>.html`).
 *
 * One step is shown at a time. On the service's own origin everything happens here; on another
 * site, what needs the service's own address (a passkey, a provider) happens in a window there, and
 * the page trades a secret for a session once the window has said yes: `accounts/handoff.py`.
 *
 * @typedef {{account: {name: string} | null}} Me
 * @typedef {import("./dialogs.js").Lent} Lent
 */

import { made, opened } from "./dialogs.js";

// What a page of an older build asks this file for.
export { claim, sure } from "./dialogs.js";

const ASK_EVERY_MS = 2000;
// As long as the service waits for the window.
const WAIT_MS = 15 * 60 * 1000;
// Longer addresses are cut by some servers; the text then stays behind in its form.
const MAX_CARRIED_CHARS = 1500;

/** @param {Uint8Array} bytes */
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

class SignIn {
  /** @type {HTMLElement} */
  #thread;
  #src;
  /** @type {Lent} */
  #lent;
  /** @type {HTMLDialogElement} */
  #dialog;
  #closed = new AbortController();
  /** @type {AbortController | null} */
  #offer = null;
  #entered = false;
  #ticket = "";
  #secret = "";
  #until = 0;
  #timer = 0;
  #asking = false;
  #here;

  /** @param {HTMLElement} thread @param {string} src @param {Lent} lent @param {HTMLDialogElement} dialog */
  constructor(thread, src, lent, dialog) {
    this.#thread = thread;
    this.#src = src;
    this.#lent = lent;
    this.#dialog = dialog;
    this.#here = new URL(src).origin === location.origin;
  }

  /** @returns {Promise<boolean>} Whether somebody signed in. */
  async run() {
    const dialog = this.#dialog;
    const { signal } = this.#closed;
    dialog.addEventListener("click", (event) => this.#click(event), { signal });
    dialog.addEventListener("submit", (event) => this.#submit(event), { signal });
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    addEventListener("focus", () => this.#look(), { signal });
    this.#prepare();
    const over = opened(this.#thread, dialog);
    this.#show("start");
    this.#offerPasskey();
    await over;
    this.#closed.abort();
    this.#stop();
    return this.#entered;
  }

  // What this page can do by itself, and what needs a window.
  #prepare() {
    // Secrets are made where pages are encrypted, or on one's own machine.
    if (!isSecureContext) this.#dialog.querySelector("button[data-act=window]")?.remove();
    for (const part of this.#dialog.querySelectorAll("[data-only]")) {
      const fits = part.getAttribute("data-only") === (this.#here ? "here" : "across");
      if (!fits) part.remove();
    }
    /** @type {HTMLElement | null} */
    const passkey = this.#dialog.querySelector("[data-act=passkey]");
    const known = "PublicKeyCredential" in window && passkey?.dataset.origin === location.origin;
    if (!known) passkey?.remove();
    // A window of this browser knows no more than the page does.
    if (!("PublicKeyCredential" in window))
      this.#dialog.querySelector("[data-passkeys-only]")?.remove();
    const others = this.#link("others");
    if (others) others.href += `?next=${encodeURIComponent(`${location.pathname}#reply`)}`;
  }

  /** @param {string} name @returns {HTMLElement} */
  #step(name) {
    return /** @type {HTMLElement} */ (this.#dialog.querySelector(`[data-step=${name}]`));
  }

  /** @param {string} name @returns {HTMLAnchorElement | null} */
  #link(name) {
    return this.#dialog.querySelector(`a[data-act=${name}]`);
  }

  /** @param {string} step @param {string} name @returns {HTMLInputElement | null} */
  #field(step, name) {
    return this.#step(step).querySelector(`[name=${name}]`);
  }

  /** @param {string} name */
  #show(name) {
    for (const step of this.#dialog.querySelectorAll("[data-step]")) {
      step.toggleAttribute("hidden", step.getAttribute("data-step") !== name);
    }
    const shown = this.#step(name);
    /** @type {NodeListOf<HTMLElement>} */
    const targets = shown.querySelectorAll("[data-first], input, a[href], button");
    const free = [...targets].filter((each) => each.offsetParent);
    const first = free.find((each) => each instanceof HTMLInputElement && !each.value) ?? free[0];
    first?.focus();
  }

  /** @param {string} word @param {string} name */
  #say(word, name = "window") {
    const line = this.#step(name).querySelector("[role=status]");
    if (line instanceof HTMLElement) line.textContent = line.dataset[word] ?? "";
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-act]") : null;
    const act = target?.getAttribute("data-act");
    const step = target?.closest("[data-step]");
    if (!(step instanceof HTMLElement) || target instanceof HTMLAnchorElement) return;
    /** @type {Record<string, () => Promise<unknown>>} */
    const acts = {
      email: () => this.#mail(),
      passkey: () => this.#passkey(),
      window: () => this.#window(),
      back: async () => {
        this.#stop();
        this.#show("start");
      },
    };
    const does = acts[act ?? ""];
    if (does) this.#lent.attempt(step, does);
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method === "dialog") return;
    event.preventDefault();
    const data = Object.fromEntries(new FormData(form));
    const code = `${data.code ?? ""}`.replace(/\s/g, "");
    const ticket = this.#ticket;
    this.#lent.attempt(form, async () => {
      if (form.dataset.step === "second") {
        await this.#enter("session/second", { ticket, code });
      } else if (form.dataset.step === "code") {
        await this.#code({ ticket, code, ...(data.name ? { name: data.name } : {}) });
      } else if ("password" in data) await this.#password(data);
      else await this.#mail();
    });
  }

  /** @param {string} path @param {object} data */
  async #enter(path, data) {
    try {
      await this.#arrive(await this.#lent.call("POST", path, data));
    } catch (problem) {
      const { code, ticket } = /** @type {any} */ (problem);
      if (code !== "second_factor_required") throw problem;
      this.#stop();
      this.#ticket = ticket;
      this.#show("second");
    }
  }

  /** @param {object} data */
  async #password(data) {
    try {
      await this.#enter("session", data);
    } catch (problem) {
      const field = this.#field("start", "password");
      field?.focus();
      field?.select();
      if (field) field.ariaInvalid = "true";
      throw problem;
    }
  }

  /** @param {object} data */
  async #code(data) {
    try {
      await this.#enter("session/code", data);
    } catch (problem) {
      // An e-mail to an address without an account: it makes one, and that needs a name.
      const name = this.#field("code", "name");
      if (/** @type {any} */ (problem).fields?.name) {
        name?.closest("p")?.removeAttribute("hidden");
      }
      throw problem;
    }
  }

  async #mail() {
    const field = this.#field("start", "email");
    if (!field?.reportValidity() || !field.value) return field?.focus();
    const email = field.value;
    const asked = this.#here || !isSecureContext ? null : await this.#ask();
    const handoff = asked ? { handoff: asked.challenge } : {};
    const { ticket } = await this.#lent.call("POST", "session/letter", { email, ...handoff });
    this.#ticket = ticket;
    for (const place of this.#step("code").querySelectorAll("[data-email]")) {
      place.textContent = email;
    }
    this.#show("code");
    if (asked) this.#wait();
  }

  // ---- passkeys, where the page has the service's own origin

  /** @param {object} options @returns {Promise<unknown>} */
  async #withPasskey(options) {
    const { signIn } = await import(`${this.#src}passkeys.js`);
    return signIn(this.#src, options);
  }

  // Browsers offer a passkey where an address is typed; it may be taken any time, or never.
  async #offerPasskey() {
    if (!this.#dialog.querySelector("[data-act=passkey]")) return;
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    const offer = new AbortController();
    this.#offer = offer;
    const signal = AbortSignal.any([offer.signal, this.#closed.signal]);
    try {
      if (await this.#withPasskey({ signal, conditional: true })) await this.#arrive();
    } catch {
      // It was only an offer.
    }
  }

  async #passkey() {
    this.#offer?.abort();
    try {
      await this.#withPasskey({ signal: this.#closed.signal });
      await this.#arrive();
    } catch (problem) {
      const { code, message } = /** @type {any} */ (problem);
      // Who closes the browser's own question knows that he did.
      if (problem instanceof DOMException) return;
      throw code ? { status: 400, code, detail: message } : problem;
    }
  }

  // ---- the window

  /** A new secret; the service is told its hash. @returns {Promise<{url: string, challenge: string}>} */
  async #ask() {
    const secret = base64url(crypto.getRandomValues(new Uint8Array(32)));
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
    const challenge = base64url(new Uint8Array(hash));
    const { url, number } = await this.#lent.call("POST", "handoffs", { challenge });
    this.#secret = secret;
    for (const place of this.#dialog.querySelectorAll("[data-number]")) {
      place.textContent = number;
      place.closest("[hidden]:not([data-step])")?.removeAttribute("hidden");
    }
    return { url, challenge };
  }

  async #window() {
    const { url } = await this.#ask();
    const link = this.#link("open");
    if (link) link.href = url;
    this.#show("window");
    // The service's pages cut every tie to whoever opened them, so nothing is kept of it.
    const opened = window.open(url, "postil-sign-in", "popup,width=560,height=760");
    this.#say(opened ? "waiting" : "blocked");
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#until = Date.now() + WAIT_MS;
    this.#timer = setTimeout(() => this.#poll(), ASK_EVERY_MS);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#secret = "";
  }

  async #poll(back = false) {
    clearTimeout(this.#timer);
    const verifier = this.#secret;
    if (!verifier || this.#asking || document.hidden || !this.#dialog.isConnected) return;
    this.#asking = true;
    try {
      if (Date.now() > this.#until) throw { status: 404 };
      const answer = await this.#lent.call("POST", "session/handoff", { verifier });
      if ("account" in answer) await this.#arrive(answer);
      else if (back) this.#say("unfinished");
    } catch (problem) {
      this.#trouble(/** @type {any} */ (problem));
    }
    this.#asking = false;
    if (this.#secret) this.#timer = setTimeout(() => this.#poll(), ASK_EVERY_MS);
  }

  /** @param {{status?: number, code?: string, ticket?: string}} problem */
  #trouble({ status = 503, code, ticket = "" }) {
    if (code === "second_factor_required") {
      this.#stop();
      this.#ticket = ticket;
      this.#show("second");
    } else if (status < 500 && status !== 429) {
      this.#stop();
      this.#say("late");
    }
    // Anything else passes: it is asked again.
  }

  // Somebody comes back to this page: from the window, or from an e-mail that was opened beside it.
  #look() {
    if (document.hidden) return;
    if (this.#secret) this.#poll(true);
    else if (this.#here && !this.#step("code").hidden) this.#recognise();
  }

  async #recognise() {
    const me = await this.#lent.call("GET", "me").catch(() => null);
    if (me?.account) this.#finish();
  }

  // ---- signed in

  /** @param {Me} [entered] */
  async #arrive(entered) {
    this.#stop();
    const me = await this.#lent.call("GET", "me");
    if (me.account) return this.#finish();
    // The service let somebody in, and the browser did not keep the cookie.
    const name = this.#dialog.querySelector("[data-step=dropped] bdi");
    if (name && entered?.account) name.textContent = entered.account.name;
    const link = this.#link("there");
    if (link) {
      const page = `${new URL(this.#src).pathname}threads/${this.#thread.getAttribute("thread")}`;
      const draft = this.#thread.querySelector("textarea")?.value ?? "";
      const body = draft.length <= MAX_CARRIED_CHARS ? draft : "";
      const next = `${page}?${new URLSearchParams({ body })}`;
      link.href = `${this.#src}sign-in?${new URLSearchParams({ next })}`;
    }
    this.#show("dropped");
  }

  #finish() {
    this.#entered = true;
    this.#dialog.close();
  }
}

/**
 * Ask who reads. Resolves when the dialog is closed: whether somebody signed in.
 * @param {HTMLElement} thread
 * @param {string} src The service's address, with a slash at its end.
 * @param {Lent} lent
 */
export const signIn = async (thread, src, lent) =>
  new SignIn(thread, src, lent, await made("sign-in", src, lent)).run();
