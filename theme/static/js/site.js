// @ts-check
// Runs before the first paint, so that a reader who chose dark never sees a flash of light; then
// waits for the page to wire what helps along: toggle, contents, notes beside the text, copying,
// and the comments' script once it is needed. Without any of it, everything can be read.
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
      import(/** @type {string} */ (thread.dataset.script)).catch(() => {});
    };
    const watch = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && fetchScript(),
      { rootMargin: "600px" }, // About a screen: the script is there when the reader is.
    );
    const isMeant = () => /^#(comment|reply)/.test(location.hash);
    if (isMeant()) fetchScript();
    else watch.observe(thread);
    addEventListener("hashchange", () => isMeant() && fetchScript());
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

  // Footnotes stand where their signs are, on the same line, as long as the margin has room for all;
  // they stay where they are in the document, so a screen reader still finds them at its end.
  const wireNotes = () => {
    const [prose] = all(".prose");
    const [foot] = all(".prose .footnote");
    const notes = all(".prose .footnote li");
    if (!prose || !foot) return;
    const signs = notes.map((note) => document.getElementById(note.id.replace("fn", "fnref")));
    /**
     * An empty word; how low it stands tells the baseline of its line.
     * @param {Element | null} beside
     * @param {InsertPosition} where
     */
    const probe = (beside, where) => {
      const word = document.createElement("span");
      beside?.insertAdjacentElement(where, word);
      return word;
    };
    /** @param {Element} word */
    const baseline = (word) => {
      const { bottom, height } = word.getBoundingClientRect();
      return bottom - height / 5; // Text faces hang about so far below their line.
    };
    const place = () => {
      prose.classList.toggle("noted", hasMargins.matches);
      for (const link of links.flat()) link.tabIndex = 0;
      if (!hasMargins.matches) return;
      // Taken away and put back, they appear in the margin, where they would else jump up to.
      foot.hidden = true;
      foot.getBoundingClientRect();
      foot.hidden = false;
      let free = 0;
      const placed = notes.map((note, number) => {
        note.style.setProperty("--y", "0px");
        const sign = probe(signs[number] ?? prose, "beforebegin");
        return { note, sign, first: probe(note.querySelector("p") ?? note, "afterbegin") };
      });
      for (const { note, sign, first } of placed) {
        const y = Math.max(baseline(sign) - baseline(first), free);
        note.style.setProperty("--y", `${y}px`);
        free = y + note.offsetHeight + 16; // About a line of white between two notes.
      }
      for (const { sign, first } of placed) [sign.remove(), first.remove()];
      if (free > prose.offsetHeight) prose.classList.remove("noted");
      else for (const link of links.flat()) link.tabIndex = -1;
    };
    const links = notes.map(
      (note) =>
        /** @type {HTMLElement[]} */ ([...note.querySelectorAll("a:not(.footnote-backref)")]),
    );
    // Beside the text a note comes after its sign, for the Tab key as for the eye.
    prose.addEventListener("keydown", (event) => {
      if (event.key !== "Tab" || !prose.classList.contains("noted")) return;
      const stops = all(".prose :is(a, button, summary, [tabindex='0'])").flatMap((one) => {
        const at = signs.findIndex((sign) => sign?.contains(one));
        return foot.contains(one) ? [] : [one, ...(links[at] ?? [])];
      });
      const at = stops.indexOf(/** @type {HTMLElement} */ (event.target));
      const next = at < 0 ? null : stops[at + (event.shiftKey ? -1 : 1)];
      if (!next || ![stops[at], next].some((one) => one && foot.contains(one))) return;
      event.preventDefault();
      next.focus();
    });
    hasMargins.addEventListener("change", place);
    const watch = new ResizeObserver(place);
    for (const box of [prose, ...notes]) watch.observe(box);
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
