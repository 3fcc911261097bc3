// @ts-check
// Runs before the first paint, so that a reader who chose dark never sees a flash of light; then
// waits for the page to wire what helps along: toggle, contents, copying, and what is fetched once it
// is needed: the comments' script, and footnotes.js. Without any of it, everything can be read.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  // The widths at which theme/static/css/layout.css makes room for a margin, and for the second.
  const hasMargin = matchMedia("(width >= 60rem)");
  const hasMargins = matchMedia("screen and (width >= 72rem)");

  /** @param {string} name @returns {string | null} */
  const stored = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // Storage is switched off: the system decides.
    }
  };

  /** @param {string | null} scheme */
  const remember = (scheme) => {
    try {
      if (scheme) localStorage.setItem("theme", scheme);
      else localStorage.removeItem("theme");
    } catch {
      // The choice then lasts for this page.
    }
  };

  /** @param {string | null} scheme */
  const apply = (scheme) => {
    if (scheme === "dark" || scheme === "light") root.dataset.theme = scheme;
    else delete root.dataset.theme;
  };

  const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

  /**
   * @param {string} selector
   * @returns {HTMLElement[]}
   */
  const all = (selector) => [...document.querySelectorAll(/** @type {"a"} */ (selector))];

  const wireToggle = () => {
    const [toggle] = all("[data-theme-toggle]");
    if (!toggle) return;
    const show = () => toggle.setAttribute("aria-pressed", String(isDark()));
    toggle.addEventListener("click", () => {
      const next = isDark() ? "light" : "dark";
      // Choosing what the system says anyway means: follow the system again.
      const kept = next === (system.matches ? "dark" : "light") ? null : next;
      apply(kept);
      remember(kept);
      show();
    });
    system.addEventListener("change", show);
    show();
    toggle.hidden = false;
  };

  const wireComments = () => {
    const [thread] = all("comment-thread[data-script]");
    if (!thread) return;
    let asked = false;
    const fetchScript = () => {
      if (asked) return;
      asked = true;
      watch.disconnect();
      // Without the script everything reads and posts, so a failure needs no words.
      import(/** @type {string} */ (thread.dataset.script))
        .then(() => document.dispatchEvent(new Event("selectionchange")))
        .catch(() => {});
    };
    const watch = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && fetchScript(),
      { rootMargin: "600px" }, // About a screen: the script is there when the reader is.
    );
    const isMeant = () => /^#(comment|reply)/.test(location.hash);
    if (isMeant()) fetchScript();
    else watch.observe(thread);
    addEventListener("hashchange", () => isMeant() && fetchScript());
    // Selected words may become a note.
    document.addEventListener("selectionchange", () => {
      const { type, anchorNode } = getSelection() ?? {};
      if (type === "Range" && anchorNode?.parentElement?.closest("[data-postil-text]"))
        fetchScript();
    });
  };

  // What scrolls sideways must be reachable by keyboard, and nothing else should stop the Tab key.
  const wireScrolling = () => {
    const watch = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
        else target.removeAttribute("tabindex");
      }
    });
    for (const box of all(".prose :is(pre, table, .math)")) watch.observe(box);
  };

  // Contents beside the text stand open, and say where in the text the reader is.
  const wireContents = () => {
    const [fold] = all(".contents > details");
    if (!fold) return;
    const unfold = () => fold.toggleAttribute("open", hasMargin.matches);
    hasMargin.addEventListener("change", unfold);
    unfold();
    const links = all(".contents a");
    const target = (/** @type {HTMLElement} */ link) => decodeURI(link.getAttribute("href") ?? "");
    const headings = links.map((link) => document.getElementById(target(link).slice(1)));
    // What was asked for stays marked while it is in sight, until the reader scrolls on.
    let asked = -1;
    const mark = () => {
      const tops = headings.map((one) => one?.getBoundingClientRect().top ?? Infinity);
      const top = tops[asked] ?? -1;
      const current =
        top >= 0 && top < innerHeight
          ? asked
          : tops.filter((one) => one < innerHeight / 3).length - 1;
      links.forEach((link, number) => {
        if (number === current) link.setAttribute("aria-current", "location");
        else link.removeAttribute("aria-current");
      });
    };
    const choose = () => {
      asked = links.findIndex((link) => target(link) === decodeURI(location.hash));
      mark();
    };
    addEventListener("hashchange", choose);
    addEventListener("scrollend", mark);
    for (const type of ["wheel", "touchmove"]) {
      addEventListener(type, () => (asked = -1), { passive: true });
    }
    const watch = new IntersectionObserver(mark, { rootMargin: "0px 0px -66%" });
    for (const heading of headings) if (heading) watch.observe(heading);
    choose();
  };

  // Where there is room, footnotes stand beside their signs: what places them comes to screens that have it.
  const wireNotes = () => {
    const [prose] = all("[data-footnotes]");
    const fetchScript = () =>
      prose && hasMargins.matches && import(prose.dataset.footnotes ?? "").catch(() => {});
    hasMargins.addEventListener("change", fetchScript);
    fetchScript();
  };

  const wireCopying = () => {
    for (const block of all(".prose .highlight")) {
      const { copy = "", copied = "" } = /** @type {HTMLElement} */ (block.closest(".prose"))
        .dataset;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = copy;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(block.querySelector("code")?.textContent ?? "");
        button.textContent = copied;
        setTimeout(() => (button.textContent = copy), 2000); // Long enough to be read.
      });
      block.append(button);
    }
  };

  // The key "/" opens the search from everywhere, unless it is a letter of what is being typed.
  const wireSearch = () => {
    const link = document.querySelector("[data-search]");
    if (!(link instanceof HTMLAnchorElement)) return;
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = /** @type {HTMLElement} */ (event.target);
      if (target.isContentEditable || target.closest("input, textarea, select, dialog")) return;
      if (stored("search-key") === "off") return;
      event.preventDefault();
      const field = document.querySelector("[type=search]");
      if (field instanceof HTMLElement) field.focus();
      else location.assign(link.href);
    });
  };

  apply(stored("theme"));
  if (stored("notes") === "off") root.dataset.notes = "off";
  document.addEventListener("DOMContentLoaded", () => {
    wireToggle();
    wireContents();
    wireScrolling();
    if (navigator.clipboard) wireCopying();
    wireNotes();
    wireComments();
    wireSearch();
  });
})();
