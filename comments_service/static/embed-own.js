// @ts-check
/**
 * Own comments: who reads, and what of the thread this reader may still edit or delete.
 * @typedef {import("./embed.js").CommentThread} Thread
 * @typedef {{id: number, parent: number | null, status: string, source: string, fragment: string, editable_until: string | null, deletable: boolean, asked?: boolean}} Comment
 */
import { focus, items, place, put } from "./embed-difference.js";
import { call, message } from "./embed-transport.js";

// Says that asking who reads is worth it.
/** @param {unknown} somebody */
export const know = (somebody) => {
  document.cookie = `postil-known=1;path=/;max-age=${somebody ? 7776e3 : 0}`;
};

export class Own {
  /** @type {Thread} */
  #thread;
  /** @type {Map<string, Comment>} */
  #comments = new Map();
  /** @type {{name: string} | null} */
  account = null;
  claimable = 0;
  /** What the account hears of the thread by e-mail. */
  level = "";
  /** What the reader signed with last. */
  name = "";
  /** How the reader voted, by comment. @type {Record<string, number>} */
  votes = {};
  /** Gives a comment that has just come into the page what one votes with. @type {((item: HTMLElement) => void) | null} */
  dress = null;

  /** @param {Thread} thread */
  constructor(thread) {
    this.#thread = thread;
  }

  async ask() {
    const thread = this.#thread;
    const { account, comments, claimable, level, votes } = await call(thread, "GET", "me");
    know(account || comments[0]);
    this.account = account;
    this.claimable = claimable;
    this.level = level;
    this.votes = votes;
    this.#comments.clear();
    this.name = comments[0]?.name ?? "";
    for (const old of thread.querySelectorAll(".postil-own, .postil-pending")) old.remove();
    for (const own of comments.reverse()) {
      // What was written just now may not stand in the page's file yet.
      if (own.editable_until || own.status === "pending" || thread.item(own.id)) this.show(own);
    }
  }

  /** Whether this browser, asked again, is still known to have written it. @param {Comment} own */
  async keeps(own) {
    const { comments } = await call(this.#thread, "GET", "me");
    return comments.some((/** @type {Comment} */ each) => each.id === own.id);
  }

  /** @param {string} id */
  source(id) {
    return this.#comments.get(id)?.source ?? "";
  }

  /** @param {string} id */
  wrote(id) {
    return this.#comments.has(id);
  }

  /** It stands in the thread's file, so it waits no more. @param {string} id */
  published(id) {
    const own = this.#comments.get(id);
    if (own) own.status = "";
  }

  /** @param {Comment} own */
  async show(own, said = "") {
    const thread = this.#thread;
    const [fresh] = items(thread.parse(own.fragment));
    if (!fresh) return;
    this.#comments.set(`${own.id}`, own);
    const shown = thread.item(own.id);
    if (shown) put(thread, shown, fresh);
    else place(thread, own.parent, fresh);
    thread.tick();
    if (!said) return;
    focus(shown ?? fresh);
    setTimeout(() => thread.refresh(), 2000);
    const told = await Promise.all(
      [said, ...(own.asked ? ["asked"] : [])].map((name) => message(thread, name)),
    );
    thread.say(told.join(" "));
  }

  /** Nothing is left of what nobody answered, else the note that its answers need. @param {Comment} gone */
  async remove(gone) {
    const thread = this.#thread;
    const item = thread.item(gone.id);
    if (!item || thread.querySelector(`[data-parent="${gone.id}"]`))
      return this.show(gone, "deleted");
    const near = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    thread.seen.delete(`${gone.id}`);
    this.#comments.delete(`${gone.id}`);
    const next = near ?? thread.querySelector(".postil-heading");
    if (next instanceof HTMLElement) focus(next);
    setTimeout(() => thread.refresh(), 2000);
    thread.say(await message(thread, "deleted"));
  }

  /** @param {HTMLElement} item */
  async mark(item) {
    const own = this.#comments.get(`${item.dataset.id}`);
    if (!own) return this.dress?.(item);
    const held = own.status === "pending";
    item.classList.toggle("postil-pending", held);
    const note = await this.#thread.clone("held");
    const asked = await this.#thread.clone("asked");
    const buttons = await this.#thread.clone("own");
    if (item.querySelector(".postil-own")) return;
    if (own.asked) item.querySelector(".postil-body")?.after(asked);
    if (held) item.querySelector(".postil-body")?.after(note);
    const [edit, remove] = buttons.children;
    if (!own.editable_until) edit?.remove();
    if (!own.deletable) remove?.remove();
    item.querySelector(".postil-actions")?.append(buttons);
  }
}
