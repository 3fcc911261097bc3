// @ts-check
/**
 * Mentions: while a name is typed behind an "@", offers the people whose comments stand in the page.
 * Nobody is asked for them, so nothing here tells who else has an account.
 * @typedef {import("./embed.js").CommentThread} Thread
 */
import { grounded } from "./dialogs.js";
import { style } from "./embed-style.js";

// What fits below a line without hiding the page.
const MOST = 6;
// An address is no mention; Chinese, Japanese and Korean put no space before one.
const BEHIND_AT =
  /(?:^|[^\p{L}\p{N}_.+-]|[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}])@((?!\s)[^@\n]{0,60})$/u;

/** A name as one looks for it: without accents, in small letters. @param {string} name */
const plain = (name) => name.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();

/** Who wrote here, whoever is answered first, then the latest. @param {Thread} thread @param {Element} field */
const people = (thread, field) => {
  /** @type {Set<string>} */
  const names = new Set();
  const mine = thread.own?.account?.name ?? thread.own?.name;
  const answered = field.closest("li");
  for (const item of [answered, ...[...thread.querySelectorAll("li[data-id]")].reverse()]) {
    // A deleted account has no picture.
    const drawn = item?.querySelector("svg.postil-avatar, .postil-avatar:not(:empty)");
    const name = item?.querySelector(".postil-name")?.textContent?.trim();
    if (drawn && name && name !== mine) names.add(name);
  }
  return [...names];
};

/** Those whose name, or a later word of it, begins with what was typed. @param {string[]} names @param {string} typed */
const fitting = (names, typed) => {
  const asked = plain(typed);
  const found = names.filter((name) => ` ${plain(name)}`.includes(` ${asked}`));
  const first = found.filter((name) => plain(name).startsWith(asked));
  const shown = [...new Set([...first, ...found])].slice(0, MOST);
  // Whoever has typed the whole name wants a new line from Enter.
  return shown.length === 1 && plain(`${shown[0]}`) === asked.trim() ? [] : shown;
};

class Offer {
  #thread;
  #field;
  /** @type {HTMLElement | null} */
  #list = null;
  /** Where the name begins that is being typed. */
  #begin = 0;
  #chosen = false;
  /** What is fetched for an earlier letter comes too late. */
  #turn = 0;

  /** @param {Thread} thread @param {HTMLTextAreaElement} field */
  constructor(thread, field) {
    this.#thread = thread;
    this.#field = field;
    field.setAttribute("aria-autocomplete", "list");
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", () => this.#close());
    field.addEventListener("click", () => this.#close());
  }

  async typed() {
    const field = this.#field;
    const typed = BEHIND_AT.exec(field.value.slice(0, field.selectionStart))?.[1];
    const names =
      typed === undefined || this.#chosen ? [] : fitting(people(this.#thread, field), typed);
    this.#chosen = false;
    if (!names.length || typed === undefined) return this.#close();
    const begin = field.selectionStart - typed.length;
    this.#turn += 1;
    const turn = this.#turn;
    const [list] = await Promise.all([
      this.#thread.clone("mentions"),
      style(`${this.#thread.src}embed-mentions.css`),
    ]);
    if (turn !== this.#turn) return;
    this.#close();
    this.#begin = begin;
    list.id = `${field.id}-people`;
    list.append(...names.map((name, index) => this.#option(name, `${list.id}-${index}`)));
    list.onpointerdown = (event) => event.preventDefault();
    field.after(list);
    grounded(this.#thread, list);
    list.scrollIntoView({ block: "nearest" });
    this.#list = list;
    field.setAttribute("aria-controls", list.id);
    this.#point(0);
  }

  /** @param {string} name @param {string} id */
  #option(name, id) {
    const option = Object.assign(document.createElement("li"), { id, role: "option" });
    const shown = Object.assign(document.createElement("bdi"), { textContent: name });
    option.append(shown);
    option.onclick = () => this.#choose(option);
    return option;
  }

  get #options() {
    return /** @type {HTMLElement[]} */ ([...(this.#list?.children ?? [])]);
  }

  /** @param {number} index */
  #point(index) {
    const options = this.#options;
    const chosen = options.at(index % options.length);
    for (const each of options) each.ariaSelected = `${each === chosen}`;
    this.#field.setAttribute("aria-activedescendant", `${chosen?.id}`);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const options = this.#options;
    if (event.isComposing || !options.length) return;
    const at = options.findIndex((each) => each.ariaSelected === "true");
    const chosen = options[at];
    if (event.key === "ArrowDown") this.#point(at + 1);
    else if (event.key === "ArrowUp") this.#point(at - 1);
    else if (event.key === "Escape") this.#close();
    else if ((event.key === "Enter" || event.key === "Tab") && chosen) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      this.#choose(chosen);
    } else {
      // The name is not what is being typed any more.
      if (/^(Arrow|End|Home|Page)/.test(event.key)) this.#close();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {HTMLElement} option */
  #choose(option) {
    const field = this.#field;
    field.setRangeText(`${option.textContent} `, this.#begin, field.selectionStart, "end");
    this.#chosen = true;
    this.#close();
    // The draft and the preview follow.
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  #close() {
    this.#turn += 1;
    this.#list?.remove();
    this.#list = null;
    this.#field.removeAttribute("aria-controls");
    this.#field.removeAttribute("aria-activedescendant");
  }
}

/** @type {WeakMap<HTMLTextAreaElement, Offer>} */
const offers = new WeakMap();

/** Something was typed into a comment. @param {Thread} thread @param {HTMLTextAreaElement} field */
export const offer = (thread, field) => {
  const known = offers.get(field) ?? new Offer(thread, field);
  offers.set(field, known);
  return known.typed();
};
