// @ts-check
// Runs before the first paint, so that a reader who chose dark never sees a flash of light; then
// waits for the page to wire the toggle and to fetch the comments' script once it is needed.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  /** @returns {string | null} */
  const choice = () => {
    try {
      return localStorage.getItem("theme");
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

  const wireToggle = () => {
    const toggle = document.querySelector("[data-theme-toggle]");
    if (!(toggle instanceof HTMLButtonElement)) return;
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
    const thread = document.querySelector("comment-thread[data-script]");
    if (!(thread instanceof HTMLElement)) return;
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
    for (const box of document.querySelectorAll(".prose :is(pre, table)")) watch.observe(box);
  };

  apply(choice());
  document.addEventListener("DOMContentLoaded", () => {
    wireToggle();
    wireScrolling();
    wireComments();
  });
})();
