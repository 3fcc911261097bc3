// @ts-check
// Only in the preview that `tasks.py up` serves: shows a saved article by itself, where the author was
// reading, tells errors of the build, and lists what is not published yet. Words being typed into a
// comment are kept by the comments' own script.
(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const { status = "", drafts = "", ...says } = script.dataset;
  const here = location.pathname + location.search;
  const PLACE = `preview:${here}`;
  // Milliseconds: while a build runs, while nothing happens, and while nobody answers.
  const SOON = 60;
  const OFTEN = 150;
  const SELDOM = 3000;
  const known = { build: "", page: "", wait: OFTEN };
  /** @type {number} */
  let timer = 0;

  /** @param {string} tag @param {string} [text] @param {string} [name] */
  const element = (tag, text = "", name = "") => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return made;
  };

  const bar = element("aside", "", "preview");
  bar.setAttribute("aria-label", `${says.preview}`);
  const said = element("div", "", "preview-said");
  said.setAttribute("role", "status");
  const list = element("details", "", "preview-list");

  /** @param {string} error */
  const showError = (error) => {
    if (!error) return said.replaceChildren();
    const words = element("pre", error);
    words.tabIndex = 0;
    return said.replaceChildren(element("strong", says.failed), words);
  };

  /** @typedef {{ title: string, url: string, due: string }} Waiting */
  const showWaiting = async () => {
    const answer = await fetch(drafts, { cache: "no-cache" });
    /** @type {Waiting[]} */
    const waiting = answer.ok ? await answer.json() : [];
    const mine = waiting.find((each) => each.url === location.pathname);
    const count = waiting.length ? ` · ${says.waiting?.replace("{n}", `${waiting.length}`)}` : "";
    const what = mine
      ? says[mine.due ? "due" : "draft"]?.replace("{date}", mine.due)
      : says.preview;
    bar.dataset.state = mine ? "waiting" : "";
    list.replaceChildren(element("summary", `${what}${count}`));
    const items = element("ul");
    for (const each of waiting) {
      const link = /** @type {HTMLAnchorElement} */ (element("a", each.title));
      link.href = each.url;
      const item = element("li");
      item.append(link, ` · ${each.due || says.draft}`);
      items.append(item);
    }
    list.append(waiting.length ? items : element("p", says.nothing));
  };

  /** The version of this page that the server has, or that the browser shows. @param {RequestCache} cache */
  const version = async (cache) => {
    const answer = await fetch(here, { cache });
    return answer.ok ? `${answer.headers.get("etag")}` : "";
  };

  const reload = () => {
    sessionStorage.setItem(PLACE, `${scrollY}`);
    location.reload();
  };

  const ask = async () => {
    const answer = await fetch(status, { cache: "no-cache" });
    if (!answer.ok) {
      known.wait = SELDOM;
      return;
    }
    const { build, state, error } = await answer.json();
    known.wait = state === "building" ? SOON : OFTEN;
    if (build === known.build || state === "building") return;
    showError(state === "failed" ? error : "");
    // Of what is already shown; the browser keeps it with its version.
    known.page ||= await version("force-cache");
    const now = await version("no-cache");
    if (now && now !== known.page) reload();
    else if (!now && known.build) said.textContent = `${says.gone}`;
    known.build = build;
    await showWaiting();
  };

  const turn = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      await ask();
    } catch {
      known.wait = SELDOM; // Nobody answers: the preview was stopped, or begins again.
    }
    timer = setTimeout(turn, known.wait);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const place = sessionStorage.getItem(PLACE);
    sessionStorage.removeItem(PLACE);
    if (place) scrollTo({ top: Number(place), behavior: "instant" });
    bar.append(said, list);
    document.body.append(bar);
    turn();
  });
  document.addEventListener("visibilitychange", turn);
})();
