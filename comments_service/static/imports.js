// @ts-check
/** How far an import is, without loading its page again and again; when it is over, the page says what came. */

const EVERY_MS = 2000;

/** @param {ParentNode} root @returns {Element | null} */
const progress = (root) => root.querySelector("#progress[data-busy]");

const look = async () => {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = progress(page);
      if (!now) {
        location.reload();
        return;
      }
      progress(document)?.replaceChildren(...now.childNodes);
    }
  } catch {
    // The service is away, or restarts: the import goes on then, and so does this.
  }
  setTimeout(look, EVERY_MS);
};

setTimeout(look, EVERY_MS);
